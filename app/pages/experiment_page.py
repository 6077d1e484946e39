"""`/experiments/{id}`: the page of an experiment, for whoever may see it, and the news of it as long as it runs.

The key of the check run's address is taken once, and exchanged for a cookie of this page alone: it then stands in no
address bar, no history and no line of a log. Whoever may not see a page, and whatever there is not, get the same 404.
"""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from urllib.parse import quote

import structlog
from aiohttp import web
from cachetools import LRUCache
from sqlalchemy.exc import SQLAlchemyError

from app.model import KeptExperiment
from app.pages.browser import HEADERS, html, notice
from app.pages.live import Crowded, Live, Watch
from app.render.capability import Pages
from app.render.experiment_page import Shown, experiment_page, goes_on
from app.store import away
from app.store.experiments import Experiments
from app.store.news import Edition, News
from app.store.points import Points
from app.store.provenance import Provenance
from app.store.tokens import Tokens
from checks import shadow
from checks.experiment import StateError

log = structlog.get_logger(__name__)

OPEN = 30 * 86_400.0  # seconds for which the key of an experiment opens its page, once that has ended
HEARTBEAT = 15.0  # seconds after which a silent stream says that it is still there
LIFETIME = 1_800.0  # seconds after which a stream ends, and the browser must show once more that it may look
_RETRY = 3_000  # milliseconds until a browser that was cut off comes again
_DRAWN = 64  # pages that are kept as they were drawn last
_STREAM = HEADERS | {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a page comes from."""

    experiments: Experiments
    points: Points
    provenance: Provenance
    news: News
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class ExperimentPages:
    """Shows what is stored. `github`: the root of GitHub's own pages; `now`: epoch seconds."""

    sources: Sources
    pages: Pages
    live: Live
    github: str
    now: Callable[[], float] = time.time
    heartbeat: float = HEARTBEAT
    drawn: MutableMapping[tuple[int, str], str] = field(default_factory=lambda: LRUCache(_DRAWN))

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        one = "/experiments/{experiment:[0-9]{1,18}}"
        return [web.get(one, self.show), web.get(f"{one}/stream", self.stream)]

    async def show(self, request: web.Request) -> web.Response:
        """200 with the page, 303 to it with the key put away, 304, 404 for whoever may not see it, 503; 500 for what
        another version kept.
        """
        try:
            kept = await self._allowed(request)
            if kept is None:
                return _nothing()
            return self._entered(request, kept) if "key" in request.query else await self._page(request, kept)
        except SQLAlchemyError as error:
            away.say("page.database", error, path=request.path)
            return notice(503, "The database cannot be read just now", "Reload this page in a moment.")
        except (StateError, shadow.StateError) as error:
            log.error("page.unreadable", error=str(error), path=request.path)
            return notice(500, "This experiment cannot be read", "It was kept by another version of Maestro.")

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: `news` for each edition, `end` for the last. 204 once it has ended, 503 crowded."""
        kept = await self._allowed(request)
        if kept is None or "key" in request.query:
            return _nothing()
        if not goes_on(kept):
            return web.Response(status=204, headers=HEADERS)
        answer = web.StreamResponse(headers=_STREAM)
        try:
            with self.live.watching(kept.id) as watch:
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

    # --- who may see it ------------------------------------------------------------------------------------------

    async def _allowed(self, request: web.Request) -> KeptExperiment | None:
        """The experiment, for the key of its page in the address or the cookie, or a token of its repository."""
        kept = await self.sources.experiments.get(int(request.match_info["experiment"]))
        if kept is None:
            return None
        key = request.query.get("key", request.cookies.get(self._cookie, ""))
        return kept if self._opens(key, kept) or await self._speaks(request, kept) else None

    def _opens(self, key: str, kept: KeptExperiment) -> bool:
        expired = kept.ended and self.now() - kept.changed > OPEN
        return self.pages.opens(key, kept.id, kept.canary.repository, kept.canary.sha) and not expired

    async def _speaks(self, request: web.Request, kept: KeptExperiment) -> bool:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return False
        grant = await self.sources.tokens.grant(token.strip())
        return grant is not None and (grant.repository, grant.sha, grant.path) == (kept.canary.repository, "", "")

    @property
    def _cookie(self) -> str:
        return "__Secure-maestro-page" if self._secure else "maestro-page"

    @property
    def _secure(self) -> bool:
        return self.pages.root.startswith("https:")

    def _entered(self, request: web.Request, kept: KeptExperiment) -> web.Response:
        """Off to the page itself, the key in a cookie that goes nowhere else and ends with the browser."""
        answer = web.Response(status=303, headers=HEADERS | {"Location": request.path, "Cache-Control": "no-store"})
        key = self.pages.key_of(kept.id, kept.canary.repository, kept.canary.sha)
        answer.set_cookie(self._cookie, key, path=request.path, httponly=True, secure=self._secure, samesite="Lax")
        return answer

    # --- the page ------------------------------------------------------------------------------------------------

    async def _page(self, request: web.Request, kept: KeptExperiment) -> web.Response:
        edition = (await self.sources.news.of((kept.id,)))[kept.id]
        tag = f'"{edition.word}"'
        if request.headers.get("If-None-Match") == tag:
            return html("", 304, ETag=tag)
        return html(await self._drawing(kept.id, edition), ETag=tag)

    async def _drawing(self, experiment: int, edition: Edition) -> str:
        """As drawn for this edition before, or anew: from what is read after it, which is of it or newer."""
        key = (experiment, edition.word)
        if key not in self.drawn:
            self.drawn[key] = experiment_page(await self._read(experiment, edition))
        return self.drawn[key]

    async def _read(self, experiment: int, edition: Edition) -> Shown:
        kept = await self.sources.experiments.get(experiment)
        assert kept is not None, "experiments are never removed"
        points = await self.sources.points.of(experiment)
        log = await self.sources.provenance.of_experiment(experiment, kept.canary.repository, kept.canary.sha)
        return Shown(kept, points, log, self._home(kept), self.now(), edition.word)

    def _home(self, kept: KeptExperiment) -> str:
        canary = kept.canary
        what = f"pull/{canary.number}" if canary.number else f"commit/{canary.sha}"
        return f"{self.github}/{quote(canary.repository)}/{what}"


def _event(edition: Edition | None) -> bytes:
    """One event, or a comment that only says that we are still here."""
    if edition is None:
        return b": \n\n"
    name = "end" if edition.last else "news"
    return f"id: {edition.word}\nevent: {name}\ndata: {edition.word}\n\n".encode()


def _nothing() -> web.Response:
    advice = (
        "Open it from its check run on GitHub: what leads here ends 30 days after the experiment, and takes a cookie."
    )
    return notice(404, "There is no such page", advice)
