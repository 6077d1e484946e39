"""`/`: the open pull requests of all repositories that whoever is signed in can see."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web
from cachetools import LRUCache
from sqlalchemy.exc import SQLAlchemyError

from app.pages.browser import ACTING, html, notice
from app.pages.visitors import Visitors
from app.record import Glance, glance
from app.render.pull_list import SORTS, Asked, Listed, pull_list, welcome
from app.store import away
from app.store.decisions import Decisions, Judged

_KEPT = 20_000  # decisions that are kept as they were read: a few hundred bytes each
_AT_ONCE = 200  # records of one query: they are held in memory
_LONGEST = 200  # characters that are looked for


@dataclass(frozen=True, slots=True)
class PullList:
    """Draws what is stored. `now`: epoch seconds."""

    decisions: Decisions
    visitors: Visitors
    now: Callable[[], float] = time.time
    seen: MutableMapping[int, tuple[Glance, float]] = field(default_factory=lambda: LRUCache(_KEPT))

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [web.get("/", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        """200 with the list, or with the way to sign in; 503."""
        visitor = await self.visitors.known(request)
        if visitor is None:
            return html(welcome(self.visitors.welcome), 200, **ACTING)
        try:
            every = await self.every(await self.visitors.repositories(visitor))
        except SQLAlchemyError as error:
            away.say("page.database", error, path=request.path)
            return notice(503, "The database cannot be read just now", "Reload this page in a moment.")
        return html(pull_list(every, _asked(request), visitor.login, self.now()), 200, **ACTING)

    async def every(self, repositories: Mapping[str, int]) -> list[Listed]:
        """All open pull requests of `repositories`, as they were decided last; `repositories` has GitHub's id of each,
        and what was decided of another one that had the name is left out.
        """
        standing = await self.decisions.standing(list(repositories))
        fresh = [one.id for one in standing if one.id not in self.seen]
        for start in range(0, len(fresh), _AT_ONCE):
            await self._read(fresh[start : start + _AT_ONCE])
        found = ((one, *self.seen[one.id]) for one in standing if one.id in self.seen)
        return [
            _listed(one, seen, since)
            for one, seen, since in found
            if not seen.merged and seen.repository_id in {0, repositories[one.repository]}
        ]

    async def _read(self, keys: Sequence[int]) -> None:
        since, records = await self.decisions.since(keys), await self.decisions.records(keys)
        for key, held in records.items():
            self.seen[key] = glance(held), since[key]


def _listed(judged: Judged, seen: Glance, since: float) -> Listed:
    """GitHub's own spelling of the repository, where the record says it."""
    repository = seen.repository or judged.repository
    names = (repository, judged.number, seen.title, seen.author, seen.head_ref)
    return Listed(*names, judged.verdict, seen.why, seen.draft, judged.head_sha, since, judged.at)


def _asked(request: web.Request) -> Asked:
    """What the address asks for; what makes no sense is as if it were not there."""
    query = request.query
    sort, place = query.get("sort", ""), query.get("page", "")
    return Asked(
        query.get("q", "")[:_LONGEST].strip(),
        query.get("verdict", ""),
        query.get("repository", "").lower(),
        sort if sort in SORTS else "verdict",
        int(place) if place.isascii() and place.isdigit() and len(place) < 6 else 1,
    )
