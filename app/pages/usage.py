"""`POST /api/usage`: what work on a commit of the token's repository used, as its sender says."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import structlog
from aiohttp import web

from app import metrics
from app.model import USAGE, WAKE, Used
from app.pages.answers import body, refuse
from app.pages.senders import Senders
from app.store.inbox import Inbox
from app.store.remediations import Remediations
from app.store.usage import TooMany, Usage
from app.usage_file import BadUsage, Report, reports_in

log = structlog.get_logger(__name__)
MAX_BYTES = 256 * 1024

Foreign = Callable[[str, int | None, str], Awaitable[bool]]
"""Does the pull request of this number, or that at this head, come from a fork, as far as it was judged?"""


@dataclass(frozen=True, slots=True)
class UsageApi:
    """Stores reports of usage and reminds the worker of their commits."""

    senders: Senders
    usage: Usage
    remediations: Remediations
    foreign: Foreign
    inbox: Inbox
    stored: Callable[[], None]

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [web.post("/api/usage", self.receive)]

    async def receive(self, request: web.Request) -> web.Response:
        """202 once all are stored, else none is: 401 unknown token, 403 another repository or commit, 400 or 413 for
        what cannot be read, 422 for an attempt that this repository does not know, or too many reports of one commit.
        """
        said = await self.senders.grant(request)
        try:
            reports = reports_in(await body(request, MAX_BYTES))
        except BadUsage as error:
            refuse(400, str(error))
        named = {(one.repository or said.repository, one.sha) for one in reports}
        repository = await self.senders.covering(request, said, sorted(named))
        used = [await self._placed(repository, one) for one in reports]
        try:
            await self.usage.keep(repository, used)
        except TooMany as error:
            refuse(422, str(error))
        await self._told(repository, used)
        return web.json_response({"repository": repository, "stored": len(used)}, status=202)

    async def _placed(self, repository: str, report: Report) -> Used:
        """With the pull request that it belongs to, where its attempt says so; and whether it is to be believed."""
        used = report.used()
        if used.trace:
            used = replace(used, number=await self._owner(repository, used))
        return replace(used, trusted=not await self.foreign(repository, used.number, used.sha))

    async def _owner(self, repository: str, used: Used) -> int:
        """The pull request whose attempt it was. Whoever forges a trace books nothing on another one's account."""
        known = await self.remediations.by_trace(used.trace)
        if known is None or known[0].repository.lower() != repository.lower():
            refuse(422, f"no attempt of {repository} is called {used.trace!r}")
        number = known[0].number
        if used.number not in {None, number}:
            refuse(422, f"the attempt {used.trace!r} is of the pull request {number}")
        return number

    async def _told(self, repository: str, used: Sequence[Used]) -> None:
        for one in used:
            metrics.USAGE_REPORTS.labels(trusted="yes" if one.trusted else "no").inc()
        for sha in sorted({one.sha for one in used}):
            reminder = {"repository": {"full_name": repository}, "sha": sha, "about": USAGE}
            await self.inbox.keep(f"usage:{uuid.uuid4()}", WAKE, json.dumps(reminder).encode())
        log.info("usage.stored", repository=repository, reports=len(used))
        self.stored()
