"""A stand-in for CloudWatch: it answers with what the tests keep, verifies each signature with arithmetic of its own,
and holds each request to the model that AWS publishes with botocore.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from tests.sources.sigv4 import Received, signature

DATA = Path(__file__).parents[1] / "data" / "sources" / "cloudwatch"
ACCESS_KEY, SECRET_KEY = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"  # of AWS' documentation
REGION = "eu-central-1"
SKEW = timedelta(minutes=5)


def kept(name: str) -> Any:
    """The answer in `name`, anew each time."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))


@cache
def model() -> ServiceModel:
    """CloudWatch as AWS describes it."""
    return ServiceModel(Loader().load_service_model("cloudwatch", "service-2"))


def faults(given: Any, shape: Any) -> str:
    """What of `given` the model does not know, or misses."""
    return str(ParamValidator().validate(given, shape).generate_report())


@dataclass
class CloudWatchStandIn:
    """`data`: the answer of GetMetricData; `more`: that to a token; `listed`: that of ListMetrics; `throttled`: how
    often it says to be asked too often before it answers.
    """

    data: str = "data.json"
    more: str = "page_2.json"
    listed: str = "listed.json"
    throttled: int = 0
    asked: list[tuple[str, Any]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    url: str = ""

    async def serve(self, request: web.Request) -> web.Response:
        """POST / in the JSON protocol."""
        body = await request.read()
        if not _signed(request, body):
            return web.json_response(kept("mismatch.json"), status=403)
        assert request.content_type == f"application/x-amz-json-{model().metadata['jsonVersion']}"
        prefix, _, operation = request.headers["X-Amz-Target"].partition(".")
        assert prefix == model().metadata["targetPrefix"]
        asked = json.loads(body)
        assert not faults(asked, model().operation_model(operation).input_shape)
        self.asked.append((operation, asked))
        self.tokens.append(request.headers.get("X-Amz-Security-Token"))
        return self._answer(operation, asked)

    def of(self, operation: str) -> list[Any]:
        """What `operation` was asked."""
        return [asked for named, asked in self.asked if named == operation]

    def _answer(self, operation: str, asked: Any) -> web.Response:
        if self.throttled:
            self.throttled -= 1
            return web.json_response(kept("throttled.json"), status=400)
        if operation == "ListMetrics":
            return web.json_response(kept(self.listed))
        return web.json_response(kept(self.more if "NextToken" in asked else self.data))


def _signed(request: web.Request, body: bytes) -> bool:
    """By us, for CloudWatch in our region, just now, over all that decides what is answered."""
    algorithm, _, rest = request.headers["Authorization"].partition(" ")
    said = dict(part.strip().split("=", 1) for part in rest.split(","))
    key, _, scope = said["Credential"].partition("/")
    at = datetime.strptime(request.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert (algorithm, key) == ("AWS4-HMAC-SHA256", ACCESS_KEY)
    assert scope == f"{at:%Y%m%d}/{REGION}/monitoring/aws4_request"
    assert abs(datetime.now(UTC) - at) < SKEW
    assert {"host", "x-amz-date", "x-amz-target", "content-type"} <= set(said["SignedHeaders"].split(";"))
    headers = {name.lower(): value for name, value in request.headers.items()}
    received = Received(request.method, request.path_qs, headers, body)
    return signature(received, scope, said["SignedHeaders"], SECRET_KEY) == said["Signature"]


@asynccontextmanager
async def serving(stand_in: CloudWatchStandIn) -> AsyncIterator[CloudWatchStandIn]:
    """Itself, once it has an address."""
    app = web.Application()
    handler: Callable[[web.Request], Any] = stand_in.serve
    app.router.add_post("/", handler)
    async with TestServer(app) as server:
        stand_in.url = str(server.make_url("")).rstrip("/")
        yield stand_in
