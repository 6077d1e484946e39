"""`/kpi`: the outcome metrics of the repositories that whoever is signed in can read, of all or of one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field

from aiohttp import web
from cachetools import LRUCache
from sqlalchemy.exc import SQLAlchemyError

from app.pages.browser import ACTING, html, notice
from app.pages.visitors import Visitors
from app.record import repository_of
from app.render.kpi_page import PERIODS, USUAL, Wanted, kpi_page
from app.render.pull_list import welcome
from app.store import away
from app.store.decisions import Decisions
from app.store.kpi import Kpis
from program.kpi import report

_DAY = 86_400.0  # seconds
_KEPT = 20_000  # decisions of which it is kept whose repository they are of


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Draws what is stored. `now`: epoch seconds."""

    kpis: Kpis
    decisions: Decisions
    visitors: Visitors
    now: Callable[[], float] = time.time
    owners: MutableMapping[int, int] = field(default_factory=lambda: LRUCache(_KEPT))

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [web.get("/kpi", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        """200 with the figures, or with the way to sign in; 404 for a repository that there is nothing to tell of to
        whoever asks, whatever the reason; 503.
        """
        visitor = await self.visitors.known(request)
        if visitor is None:
            return html(welcome(self.visitors.welcome), 200, **ACTING)
        try:
            readable = await self.visitors.repositories(visitor)
            return await self._drawn(wanted(request.query), readable, visitor.login)
        except SQLAlchemyError as error:
            away.say("page.database", error, path=request.path)
            return notice(503, "The database cannot be read just now", "Reload this page in a moment.")

    async def _drawn(self, asked: Wanted, readable: Mapping[str, int], login: str) -> web.Response:
        judged = [name for name in await self.kpis.repositories() if name in readable]
        theirs = await self._theirs({name: readable[name] for name in judged})
        if asked.repository and asked.repository not in theirs:
            return notice(404, "Nothing to tell of here", "Look at all repositories: open /kpi without one.")
        end = self.now()
        names = [asked.repository] if asked.repository else theirs
        facts = await self.kpis.facts(names, end - asked.days * _DAY, end)
        told = await asyncio.to_thread(report, facts)  # webhooks are answered meanwhile
        text = kpi_page(told, facts, asked, theirs, login, len(judged) - len(theirs))
        return html(text, 200, **ACTING)

    async def _theirs(self, repositories: Mapping[str, int]) -> list[str]:
        """Those of which the first and the last decision are of the repository that bears the name now: where another
        one had it before, its figures are not for whoever reads this one.
        """
        ends = await self.kpis.ends(list(repositories))
        fresh = [key for pair in ends.values() for key in pair if key not in self.owners]
        for key, record in (await self.decisions.records(fresh)).items():
            self.owners[key] = repository_of(record)
        return [
            name
            for name, pair in ends.items()
            if all(self.owners.get(key, 0) in {0, repositories[name]} for key in pair)
        ]


def wanted(query: Mapping[str, str]) -> Wanted:
    """What the address asks for; a period that there is not is as if it were not there."""
    days = query.get("days", "")
    known = {str(one): one for one in PERIODS}
    return Wanted(known.get(days, USUAL), query.get("repository", "").lower())
