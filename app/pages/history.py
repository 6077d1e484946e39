"""`/pr/.../history`: every decision of a pull request, and each as its page showed it then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from app.model import LogLine
from app.pages.browser import ACTING, html, notice
from app.pages.door import Door
from app.pages.pull_page import FOREIGN, WHICH, asked
from app.pages.pull_reading import Reading
from app.pages.showing import Unreadable
from app.record import Glance, Stood, glance, stood
from app.render.history import Given, Standing, history_page
from app.render.logged import cause
from app.render.pull_page import pull_then
from app.store import away
from app.store.decisions import SILENCE, Judged
from app.store.pull_news import PullKey

MOST = 100  # decisions that are listed
_LINES = 5_000  # of the log, in which those who asked for them are looked up
_DECISION = "decision"


@dataclass(frozen=True, slots=True)
class History:
    """Shows whoever may see the pull request's page."""

    reading: Reading
    door: Door

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        below = f"/pr/{WHICH}/history"
        return [web.get(below, self.show), web.get(f"{below}/{{decision:[0-9]{{1,18}}}}", self.one)]

    async def show(self, request: web.Request) -> web.Response:
        """200 with the list; 404 for what there is not and for whoever may not see it, 503."""
        return await self._answered(request, self._list)

    async def one(self, request: web.Request) -> web.Response:
        """200 with one decision; 404 as above, also for another pull request's, 503; 500 for another version's."""
        return await self._answered(request, self._then)

    async def _answered(
        self, request: web.Request, drawn: Callable[[PullKey, web.Request], Awaitable[str | None]]
    ) -> web.Response:
        key = asked(request)
        try:
            exhibit = await self.reading.exhibit(key)
            admitted = exhibit and await self.door.admits(request, exhibit.subject, exhibit.expired)
            page = await drawn(key, request) if admitted else None
        except SQLAlchemyError as error:
            away.say("page.database", error, path=request.path)
            return notice(503, "The database cannot be read just now", "Reload this page in a moment.")
        except (Unreadable, *FOREIGN):
            return notice(500, "This page cannot be drawn", "What it shows was kept by another version of Maestro.")
        return await self.door.nothing(request) if page is None else html(page, 200, **ACTING)

    async def _list(self, key: PullKey, _request: web.Request) -> str | None:
        found = (await self.reading.history(key))[: MOST + 1]
        records = await self.reading.decisions.records([one.id for one in found if one.verdict != SILENCE])
        seen = {one.id: glance(records[one.id]) if one.id in records else Glance() for one in found}
        newest = next((seen[one.id] for one in found if one.id in records), None)
        if newest is None:
            return None
        log = {
            one.decision: one for one in await self.reading.provenance.of_pull(*key, _LINES) if one.kind == _DECISION
        }
        given = [_given(one, stood(records.get(one.id, b"")), log.get(one.id)) for one in found[:MOST]]
        return history_page(newest.repository or key[0], key[1], newest.title, given, len(found) > MOST)

    async def _then(self, key: PullKey, request: web.Request) -> str | None:
        shown = await self.reading.then(key, int(request.match_info["decision"]))
        return None if shown is None else pull_then(shown)


def _given(judged: Judged, checks: Mapping[str, Stood], told: LogLine | None) -> Given:
    """`told`: its line in the log, which knows who asked; older ones are not looked for."""
    asked = cause(told.who, told.surface, told.reason) if told else cause("", "", judged.reason)
    states = {name: Standing(one.state, one.overridden, one.measures) for name, one in checks.items()}
    return Given(judged.id, judged.verdict, judged.head_sha, asked, judged.at, states)
