"""A page of each kind, for whoever may see it, and the news of it as long as there are any."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from aiohttp import web
from cachetools import LRUCache
from sqlalchemy.exc import SQLAlchemyError

from app.pages.browser import HEADERS, html, notice
from app.pages.door import Door
from app.pages.live import Crowded, Live, Watch
from app.render.capability import Subject
from app.store import away
from app.store.news import Edition

log = structlog.get_logger(__name__)

HEARTBEAT = 15.0  # seconds after which a silent stream says that it is still there
LIFETIME = 1_800.0  # seconds after which a stream ends, and the browser must show once more that it may look
_RETRY = 3_000  # milliseconds until a browser that was cut off comes again
_DRAWN = 64  # pages that are kept as they were drawn last
_STREAM = HEADERS | {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Unreadable(Exception):
    """What is stored was kept by another version of ours."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What an address leads to. `id`: by which its news are told, hashable; `expired`: its key opens it no longer;
    `beside`: other paths that its key opens.
    """

    id: Any
    subject: Subject
    expired: bool = False
    beside: tuple[str, ...] = ()


class Exhibits(Protocol):
    """One kind of pages."""

    @property
    def where(self) -> str:
        """The pattern of their addresses."""

    async def find(self, request: web.Request) -> Exhibit | None:
        """What the request's address leads to; None for nothing."""

    async def draw(self, exhibit: Exhibit, edition: Edition) -> str:
        """The page, whole, of what is read now. Raises Unreadable."""


@dataclass(frozen=True, slots=True)
class Showing:
    """Shows `exhibits`, each drawn once an edition. `now`: epoch seconds; `policy`: headers in the place of those that
    pages are sent with.
    """

    exhibits: Exhibits
    door: Door
    live: Live
    now: Callable[[], float] = time.time
    heartbeat: float = HEARTBEAT
    policy: Mapping[str, str] = field(default_factory=dict)
    drawn: MutableMapping[tuple[Hashable, str], str] = field(default_factory=lambda: LRUCache(_DRAWN))

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [web.get(self.exhibits.where, self.show), web.get(f"{self.exhibits.where}/stream", self.stream)]

    async def show(self, request: web.Request) -> web.Response:
        """200 with the page, 303 to it with the key put away, 304, 404 for whoever may not see it, 503; 500 for what
        another version kept.
        """
        try:
            exhibit = await self._admitted(request)
            if exhibit is None:
                return await self.door.nothing(request)
            if "key" in request.query:
                return self.door.entered(request, exhibit.subject, exhibit.beside)
            return await self._page(request, exhibit)
        except SQLAlchemyError as error:
            away.say("page.database", error, path=request.path)
            return notice(503, "The database cannot be read just now", "Reload this page in a moment.")
        except Unreadable as error:
            log.error("page.unreadable", error=str(error), path=request.path)
            return notice(500, "This page cannot be drawn", "What it shows was kept by another version of Maestro.")

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: `news` for each edition, `end` for the last. 204 once it has ended, 503 crowded."""
        exhibit = await self._admitted(request)
        if exhibit is None or "key" in request.query:
            return await self.door.nothing(request)
        if (await self._edition(exhibit)).last:
            return web.Response(status=204, headers=HEADERS)
        answer = web.StreamResponse(headers=_STREAM)
        try:
            with self.live.watching(exhibit.id) as watch:
                await answer.prepare(request)
                await self._follow(watch, answer, request.headers.get("Last-Event-ID", request.query.get("seen", "")))
        except Crowded:
            return web.Response(status=503, headers=HEADERS | {"Retry-After": "30"})
        except ConnectionError:
            pass  # the page was closed
        return answer

    async def _follow(self, watch: Watch, answer: web.StreamResponse, seen: str) -> None:
        """Tell each edition but the one `seen`, to the last, or until the stream has lived long enough."""
        await answer.write(f"retry: {_RETRY}\n\n".encode())
        until = self.now() + LIFETIME
        while not self.live.closed and self.now() < until:
            edition = await watch.newer(seen, self.heartbeat)
            await answer.write(_event(edition))
            if edition is not None:
                seen = edition.word
                if edition.last:
                    return

    async def _admitted(self, request: web.Request) -> Exhibit | None:
        exhibit = await self.exhibits.find(request)
        admitted = exhibit is not None and await self.door.admits(request, exhibit.subject, exhibit.expired)
        return exhibit if admitted else None

    async def _page(self, request: web.Request, exhibit: Exhibit) -> web.Response:
        edition = await self._edition(exhibit)
        tag = f'"{edition.word}"'
        if request.headers.get("If-None-Match") == tag:
            return html("", 304, **{**self.policy, "ETag": tag})  # what it says takes the place of what was kept
        return html(await self._drawing(exhibit, edition), 200, **{**self.policy, "ETag": tag})

    async def _edition(self, exhibit: Exhibit) -> Edition:
        return (await self.live.editions((exhibit.id,)))[exhibit.id]

    async def _drawing(self, exhibit: Exhibit, edition: Edition) -> str:
        """As drawn for this edition before, or anew: from what is read after it, which is of it or newer."""
        key = (exhibit.id, edition.word)
        if key not in self.drawn:
            self.drawn[key] = await self.exhibits.draw(exhibit, edition)
        return self.drawn[key]


def _event(edition: Edition | None) -> bytes:
    """One event, or a comment that only says that we are still here."""
    if edition is None:
        return b": \n\n"
    name = "end" if edition.last else "news"
    return f"id: {edition.word}\nevent: {name}\ndata: {edition.word}\n\n".encode()
