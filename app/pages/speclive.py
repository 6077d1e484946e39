"""`/api/speclive`: what services and their CI tell of Spec Cards, and what holds for guards."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol

import structlog
from aiohttp import web
from cachetools import TTLCache
from msgspec import Meta, MsgspecError, Struct
from msgspec.json import decode, encode

from app import metrics
from app.body import unpacked
from app.github.errors import GitHubError
from app.github.id_token import looks_like_one
from app.model import SPECLIVE, WAKE, Cause, SpecReport, SpecSwitch, Surface
from app.pages.answers import bearer, body, refuse
from app.pages.senders import Senders, confine
from app.pages.sent_spec import KEY, SIGNATURE, BadReport, OutOfTime, Unsigned, report_in, signature, verify
from app.store.drift import Came
from app.store.fed import Full, digest_of
from app.store.inbox import Full as Crowded
from app.store.inbox import Inbox
from app.store.spec_reading import TESTS
from app.store.speclive import SpecLive
from app.store.tokens import Grant

log = structlog.get_logger(__name__)
MOST_SENT, MOST_UNPACKED = 1024 * 1024, 8 * 1024 * 1024  # bytes
_OFF = {"version": 1, "off": True, "settings": []}
MOST_A_MINUTE = 6_000  # reports of one repository: a thousand instances, each ten seconds


class Known(Protocol):
    """What was judged."""

    async def foreign(self, repository: str, number: int | None, head_sha: str) -> bool:
        """Does any pull request that was judged at `head_sha` come from a fork?"""


class Feed(Protocol):
    """Where distributions of inputs and outputs go."""

    async def take(self, repository: str, report: SpecReport) -> None:
        """Add what a report watched, once."""


class Guards(Protocol):
    """What the rules of a default branch say of guards."""

    async def of(self, repository: str) -> Mapping[str, Any]:
        """`Remote` of `speclive/wire.py`."""


class _Turned(Struct, forbid_unknown_fields=True):
    off: bool
    reason: Annotated[str, Meta(max_length=200)] = ""


@dataclass(frozen=True, slots=True)
class SpecLiveApi:
    """Adds reports to what is known, and says what holds for guards. `now`: epoch seconds."""

    senders: Senders
    kept: SpecLive
    known: Known
    feed: Feed
    guards: Guards
    inbox: Inbox
    stored: Callable[[], None]
    now: Callable[[], float] = time.time
    came: TTLCache[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "came", TTLCache(10_000, 120.0, self.now))

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        config = "/api/speclive/config"
        return [
            web.post("/api/speclive/reports", self.receive),
            web.get(config, self.config),
            web.put(config, self.turn),
        ]

    async def receive(self, request: web.Request) -> web.Response:
        """202 once stored, or known already; 400 with the place of what cannot be read, 401 unknown token or another
        signature, 403 what the sender does not speak for, 409 another report of this id, 413 too large, 422 a window
        that is over or to come, a commit that GitHub does not show, or more than is kept; 429 too many, 503 without
        GitHub.
        """
        said = await self.senders.grant(request)
        self._paced(said.repository)
        content = await _sent(request)
        self._signed(request, content)
        report, digest = await asyncio.to_thread(self._read, request, content)
        await self._may(request, said, report)
        if request.headers.get(KEY, report.id) != report.id:
            refuse(400, f"`{KEY}` is the id of the report")
        repository = said.repository
        if report.sha != said.sha and not await self.kept.knows(repository, report.sha):
            await self.senders.must_exist(repository, report.sha)
        claimed = _of_the_commit_itself(report) and await self.known.foreign(repository, None, report.sha)
        came, news = await self._keep(repository, report, digest, not claimed)
        if report.watched and not _of_the_commit_itself(report):  # what is in service tells how its inputs lie
            await self.feed.take(repository, report)
        if news:
            await self._wake(repository, report.sha)
        metrics.SPEC_REPORTS.labels(kind=report.kind).inc()
        return web.json_response({"stored": came is Came.ADDED}, status=202)

    async def config(self, request: web.Request) -> web.Response:
        """200 with what holds for guards, signed with the bearer's token, or 304; 401 unknown token, 503 where GitHub
        was never reached.
        """
        said = await self.senders.grant(request)
        switch = await self.kept.switch(said.repository)
        told = encode(_OFF if switch.off else await self._remote(said.repository))
        tag = f'"{digest_of(told)[:20]}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        headers[SIGNATURE] = signature(bearer(request), told)
        return web.Response(body=told, content_type="application/json", headers=headers)

    async def turn(self, request: web.Request) -> web.Response:
        """200 once guards of the repository are off, or on again; 400, 401, 403 as above."""
        repository = await self.senders.repository(request)
        try:
            asked = decode(await body(request, 4_096), type=_Turned)
        except (MsgspecError, RecursionError, UnicodeError) as error:
            refuse(400, f'send {{"off": true, "reason": "..."}}: {error}')
        cause = Cause(reason=asked.reason, who="a token", surface=Surface.API)
        await self.kept.turn(repository, SpecSwitch(asked.off, asked.reason, "a token"), cause)
        log.info("speclive.turned", repository=repository, off=asked.off)
        return web.json_response({"repository": repository, "off": asked.off, "reason": asked.reason})

    async def _remote(self, repository: str) -> Mapping[str, Any]:
        try:
            return await self.guards.of(repository)
        except GitHubError:
            refuse(503, "GitHub cannot be asked about the configuration; please ask again", 30)

    # --- one report ----------------------------------------------------------------------------------------------

    def _paced(self, repository: str) -> None:
        key = f"{repository.lower()} {int(self.now() // 60)}"
        so_far = self.came.get(key, 0)
        if so_far >= MOST_A_MINUTE:
            refuse(429, f"more than {MOST_A_MINUTE:,} reports of {repository} in a minute", 60)
        self.came[key] = so_far + 1

    def _signed(self, request: web.Request, content: bytes) -> None:
        """Whoever has a token of ours signs with it; an id-token is of one job, and may."""
        token = bearer(request)
        if looks_like_one(token) and SIGNATURE not in request.headers:
            return
        try:
            verify(request.headers, token, content, self.now())
        except Unsigned as error:
            refuse(401, str(error))

    def _read(self, request: web.Request, content: bytes) -> tuple[SpecReport, str]:
        """It, and a digest of what it says: packed anew the same bytes are others."""
        try:
            told = unpacked(request, content, MOST_UNPACKED)
            return report_in(told, self.now()), digest_of(told)
        except web.HTTPRequestEntityTooLarge:
            refuse(413, f"the body is larger than {MOST_UNPACKED} bytes, unpacked")
        except BadReport as error:
            refuse(400, str(error))
        except OutOfTime as error:
            refuse(422, str(error))

    async def _may(self, request: web.Request, said: Grant, report: SpecReport) -> None:
        """A commit says of itself what its CI counted, as it sends measurements; of what runs elsewhere the repository
        does.
        """
        if said.sha not in {"", report.sha} or not _of_the_commit_itself(report):
            said = await self.senders.widened(request, said)
        confine(said, said.repository, report.sha)
        if not _of_the_commit_itself(report) and (said.sha or said.path):
            refuse(403, "this takes a token of the whole repository: a commit is not what is in service")

    async def _keep(self, repository: str, report: SpecReport, digest: str, trusted: bool) -> tuple[Came, bool]:
        try:
            heard = await self.kept.keep(repository, report, digest, trusted=trusted)
        except Full:
            refuse(422, f"as much is told of {repository} as is kept")
        if heard.came is Came.DIFFERENT:
            refuse(409, f"another report called {report.id} was sent before")
        return heard.came, heard.news

    async def _wake(self, repository: str, sha: str) -> None:
        """Without room for the reminder the next one tells: what was told is kept."""
        reminder = {"repository": {"full_name": repository}, "sha": sha, "about": SPECLIVE}
        try:
            await self.inbox.keep(f"speclive:{uuid.uuid4()}", WAKE, json.dumps(reminder).encode())
        except Crowded:
            return
        self.stored()


def _of_the_commit_itself(report: SpecReport) -> bool:
    return report.kind == "static" or report.environment == TESTS


async def _sent(request: web.Request) -> bytes:
    """The body as it was sent: what is signed."""
    content = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        content += chunk
        if len(content) > MOST_SENT:
            refuse(413, f"the body is larger than {MOST_SENT} bytes")
    return bytes(content)
