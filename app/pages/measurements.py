"""`POST /api/measurements`: numbers that CI measured, bound to one commit of the token's repository."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from app.metrics_file import BadMetrics, measurements_in
from app.model import WAKE, is_sha
from app.pages.answers import body, refuse
from app.pages.senders import Senders, confine
from app.store.inbox import Inbox
from app.store.measurements import Measurements

MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class MeasurementsApi:
    """Stores measurements and reminds the worker of their commit."""

    senders: Senders
    measurements: Measurements
    inbox: Inbox
    stored: Callable[[], None]

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [web.post("/api/measurements", self.receive)]

    async def receive(self, request: web.Request) -> web.Response:
        """202 once stored; 401 unknown token, 403 another repository or commit, 400 or 413 for what cannot be read."""
        grant = await self.senders.grant(request)
        given = await body(request, MAX_BYTES)
        repository = grant.repository
        named, sha = _place(given, repository)
        confine(grant, named, sha)
        try:
            found = measurements_in(given, "api", sha)
        except BadMetrics as error:
            refuse(400, str(error))
        await self.measurements.keep(repository, sha, found)
        reminder = {"repository": {"full_name": repository}, "sha": sha}
        await self.inbox.keep(f"measurements:{uuid.uuid4()}", WAKE, json.dumps(reminder).encode())
        self.stored()
        return web.json_response({"repository": repository, "sha": sha, "stored": len(found)}, status=202)


def _place(given: bytes, repository: str) -> tuple[str, str]:
    """The repository and the commit that the measurements belong to; without a word on it, `repository`."""
    try:
        outer: Any = json.loads(given)
    except (ValueError, RecursionError):
        refuse(400, "the body is not JSON")
    if not isinstance(outer, dict) or not isinstance(outer.get("measurements"), dict):
        refuse(400, 'send {"sha": "<commit>", "measurements": {"<name>": <value>}}')
    sha = outer.get("sha")
    if not isinstance(sha, str) or not is_sha(sha):
        refuse(400, "`sha` must be a full commit sha")
    return str(outer.get("repository", repository)), sha
