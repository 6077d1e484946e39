"""A stand-in for Datadog: it answers with what the tests keep, and takes no request that the API would not take."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

DATA = Path(__file__).parents[1] / "data" / "sources" / "datadog"
API_KEY, APPLICATION_KEY = "api-key-of-nobody-else", "application-key-of-nobody-else"
QUERY = re.compile(r"sum:[a-z.]+\{[^{}]+\}\.as_count\(\)\.rollup\(sum, \d+\)")


def kept(name: str) -> Any:
    """The answer in `name`, anew each time."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def status(code: int, name: str, **headers: str) -> web.Response:
    """The error in `name`."""
    return web.json_response(kept(name), status=code, headers=headers)


@dataclass
class DatadogStandIn:
    """`answer`: of the query API, to a query; `types`: the file that describes each metric, all others are unknown."""

    answer: Callable[[str], Any] = lambda _query: kept("query.json")
    types: dict[str, str] = field(
        default_factory=lambda: {"http.requests": "count.json", "http.errors": "count.json", "http.cost": "count.json"}
    )
    queries: list[dict[str, str]] = field(default_factory=list)
    described: list[str] = field(default_factory=list)
    url: str = ""

    async def query(self, request: web.Request) -> web.StreamResponse:
        """GET /api/v1/query: `from`, `to` and `query`, all required."""
        asked = dict(request.query)
        assert asked.keys() == {"from", "to", "query"}
        assert 0 < int(asked["from"]) < int(asked["to"])
        assert all(QUERY.fullmatch(one) for one in re.split(r",(?=sum:)", asked["query"])), asked["query"]
        self.queries.append(asked)
        found = self.answer(asked["query"])
        return found if isinstance(found, web.Response) else web.json_response(found)

    async def describe(self, request: web.Request) -> web.Response:
        """GET /api/v1/metrics/{metric_name}."""
        assert not request.query
        name = request.match_info["name"]
        self.described.append(name)
        if name not in self.types:
            return status(404, "unknown.json")
        return web.json_response(kept(self.types[name]))


@web.middleware
async def _known(request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
    """Both keys, each in its header, and in nothing else."""
    held = (request.headers.get("DD-API-KEY"), request.headers.get("DD-APPLICATION-KEY"))
    assert API_KEY not in request.path_qs
    found: web.StreamResponse = (
        await handler(request) if held == (API_KEY, APPLICATION_KEY) else status(403, "forbidden.json")
    )
    return found


@asynccontextmanager
async def serving(stand_in: DatadogStandIn) -> AsyncIterator[DatadogStandIn]:
    """Itself, once it has an address."""
    app = web.Application(middlewares=[_known])
    app.router.add_get("/api/v1/query", stand_in.query)
    app.router.add_get("/api/v1/metrics/{name}", stand_in.describe)
    async with TestServer(app) as server:
        stand_in.url = str(server.make_url("")).rstrip("/")
        yield stand_in
