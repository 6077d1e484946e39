"""`POST /api/usage`: what work on a commit of the token's repository used, as its sender says."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import structlog
from aiohttp import web

from app import metrics
from app.model import USAGE, WAKE, Used
from app.pages.answers import body, refuse
from app.pages.senders import Senders, confine
from app.store.inbox import Inbox
from app.store.remediations import Remediations
from app.store.tokens import Grant
from app.store.usage import Outranked, TooMany, Usage
from app.usage_file import BadUsage, Report, reports_in

log = structlog.get_logger(__name__)
MAX_BYTES = 256 * 1024


class Known(Protocol):
    """What was judged."""

    async def foreign(self, repository: str, number: int | None, head_sha: str) -> bool:
        """Does the pull request `number`, or any that was judged at `head_sha`, come from a fork?"""

    async def pulls_at(self, repository: str, head_sha: str) -> Sequence[int]:
        """Pull requests that were judged at this head."""

    async def head(self, repository: str, number: int) -> str | None:
        """The head that a pull request was judged at last; None when it never was."""


@dataclass(frozen=True, slots=True)
class UsageApi:
    """Stores reports of usage and reminds the worker of their commits."""

    senders: Senders
    usage: Usage
    remediations: Remediations
    known: Known
    inbox: Inbox
    stored: Callable[[], None]

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [web.post("/api/usage", self.receive)]

    async def receive(self, request: web.Request) -> web.Response:
        """202 once all are stored, else none is: 401 unknown token, 403 what the sender does not speak for, 400 or 413
        for what cannot be read, 409 for a claim in the place of what is trusted, 422 for a commit or an attempt that
        this repository does not know, or too many reports of one commit; 503 where GitHub cannot be asked about it.
        """
        said = await self.senders.grant(request)
        try:
            reports = reports_in(await body(request, MAX_BYTES))
        except BadUsage as error:
            refuse(400, str(error))
        if any(one.pull_request or one.trace or said.sha not in {"", one.sha} for one in reports):
            said = await self.senders.widened(request, said)
        for one in reports:
            confine(said, one.repository or said.repository, one.sha)
        for sha in sorted({one.sha for one in reports} - {said.sha}):
            await self._must_exist(said.repository, sha)
        used = [await self._placed(said, one) for one in reports]
        try:
            await self.usage.keep(said.repository, used)
        except Outranked as error:
            refuse(409, str(error))
        except TooMany as error:
            refuse(422, str(error))
        await self._told(said.repository, used)
        return web.json_response({"repository": said.repository, "stored": len(used)}, status=202)

    async def _must_exist(self, repository: str, sha: str) -> None:
        """GitHub is asked of what was never judged: a cost at a mistyped commit is seen by nobody."""
        if not await self.known.pulls_at(repository, sha):
            await self.senders.must_exist(repository, sha)

    async def _placed(self, said: Grant, report: Report) -> Used:
        """With the pull request that it belongs to, where its attempt says so; and whether it is to be believed."""
        used, sent_to = report.used(), ""
        if used.trace:
            number, sent_to = await self._owner(said.repository, used)
            used = replace(used, number=number)
        if said.sha and used.number is not None and used.sha != sent_to:
            used = replace(used, number=await self._own(said.repository, used, used.number))
        return replace(used, trusted=not await self.known.foreign(said.repository, used.number, used.sha))

    async def _owner(self, repository: str, used: Used) -> tuple[int, str]:
        """The pull request whose attempt it was, and the head that was to be mended. Whoever forges a trace books
        nothing on another one's account.
        """
        known = await self.remediations.by_trace(used.trace)
        if known is None or known[0].repository.lower() != repository.lower():
            refuse(422, f"no attempt of {repository} is called {used.trace!r}")
        made, attempt = known
        if used.number not in {None, made.number}:
            refuse(422, f"the attempt {used.trace!r} is of the pull request {made.number}")
        return made.number, attempt.head_sha

    async def _own(self, repository: str, used: Used, number: int) -> int | None:
        """`number`, where whoever speaks for one commit alone may name it. None: the commit was not judged yet, and the
        report counts where it will be.
        """
        judged = await self.known.pulls_at(repository, used.sha)
        if number in judged:
            return number
        if judged or used.trace:
            refuse(403, f"who speaks for the commit {used.sha} only cannot report on pull request {number}")
        return None

    async def _told(self, repository: str, used: Sequence[Used]) -> None:
        for one in used:
            metrics.USAGE_REPORTS.labels(trusted="yes" if one.trusted else "no").inc()
        named = {one.number for one in used if one.number is not None}
        heads = {await self.known.head(repository, number) for number in named}
        for sha in sorted({one.sha for one in used} | {head for head in heads if head}):
            reminder = {"repository": {"full_name": repository}, "sha": sha, "about": USAGE}
            await self.inbox.keep(f"usage:{uuid.uuid4()}", WAKE, json.dumps(reminder).encode())
        log.info("usage.stored", repository=repository, reports=len(used))
        self.stored()
