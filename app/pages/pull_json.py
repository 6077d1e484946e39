"""`GET /api/pr/{owner}/{repo}/{number}`: a pull request as JSON, and what whoever asks may do about it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web
from cachetools import LRUCache, TLRUCache
from sqlalchemy.exc import SQLAlchemyError

from app.model import Place
from app.pages.answers import refuse
from app.pages.believing import FAILED
from app.pages.browser import HEADERS
from app.pages.door import Door
from app.pages.live import Editions
from app.pages.pull_page import FOREIGN, WHICH, asked
from app.pages.pull_reading import Reading
from app.pages.showing import Unreadable
from app.pages.visitors import Visitor
from app.render.capability import Subject
from app.render.offers import Offer
from app.render.pull_json import action, offered, pull_json
from app.store import away
from app.store.pull_news import PullKey

_KEPT = 256  # pull requests that are kept as they were told last
_ROLES = 60.0  # seconds for which a role is shown; who acts is asked about anew


def known_roles(now: Callable[[], float] = time.monotonic) -> TLRUCache[tuple[int, str, str], str]:
    """Roles by id, login and repository, each for as long as it is shown; where GitHub said none, it is asked soon."""
    return TLRUCache(1_024, lambda _, role, at: at + (_ROLES if role else FAILED), timer=now)


class Roles(Protocol):
    """Says what people may do."""

    async def of(self, place: Place, login: str) -> str:
        """GitHub's `role_name` of `login` in the repository; "" where GitHub does not say."""


@dataclass(frozen=True, slots=True)
class Told:
    """All of a pull request but for who looks, and what can be asked for."""

    model: Mapping[str, Any]
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class PullJson:
    """Tells whoever may see the page. `least`: the least role that each verb takes; `suffices`: whether a role is that
    or more.
    """

    reading: Reading
    door: Door
    roles: Roles
    editions: Editions
    least: Mapping[str, str]
    suffices: Callable[[str, str], bool]
    told: MutableMapping[PullKey, tuple[str, Told]] = field(default_factory=lambda: LRUCache(_KEPT))
    known_roles: MutableMapping[tuple[int, str, str], str] = field(default_factory=known_roles)

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [web.get(f"/api/pr/{WHICH}", self.one)]

    async def one(self, request: web.Request) -> web.Response:
        """200 with all there is, 304, 404 for what there is not and for whoever may not see it, 503; 500 for what
        another version kept.
        """
        key = asked(request)
        try:
            exhibit = await self.reading.exhibit(key)
            admitted = exhibit and await self.door.admits(request, exhibit.subject, exhibit.expired)
            told = await self._told(key) if admitted else None
            if exhibit is None or told is None:
                refuse(404, "there is no such pull request")
            model = {**told.model, **await self._looking(request, exhibit.subject, key, told.offers)}
        except SQLAlchemyError as error:
            away.say("page.database", error, path=request.path)
            refuse(503, "the database cannot be read just now; please ask again", 5)
        except (Unreadable, *FOREIGN):
            refuse(500, "what is stored of it was kept by another version of Maestro")
        return _answer(request, json.dumps(model, separators=(",", ":")))

    async def _told(self, key: PullKey) -> Told | None:
        """As told for this edition before, or anew; None where nothing was ever decided."""
        edition = (await self.editions((key,))).get(key)
        if edition is None:
            return None
        word, told = self.told.get(key, ("", None))
        if told is None or word != edition.word:
            try:
                shown = await self.reading.of(key, edition.word)
            except LookupError:
                return None
            told = Told(pull_json(shown), tuple(one for one in offered(shown) if one.verb in self.least))
            self.told[key] = edition.word, told
        return told

    async def _looking(
        self, request: web.Request, subject: Subject, key: PullKey, offers: tuple[Offer, ...]
    ) -> dict[str, Any]:
        """Who looks, and which of the `offers` their role allows."""
        visitor = await self.door.visitors.known(request)
        if visitor is None or not await self.door.reads(request, subject):
            return {"actions": [action(one, self._least(one), None) for one in offers], "viewer": None, "csrf": None}
        role = await self._role(visitor, key)
        actions = [action(one, self._least(one), self.suffices(role, self._least(one))) for one in offers]
        return {"actions": actions, "viewer": {"login": visitor.login, "role": role}, "csrf": visitor.csrf}

    def _least(self, offer: Offer) -> str:
        return self.least[offer.verb]

    async def _role(self, visitor: Visitor, key: PullKey) -> str:
        """As it was shown lately. By the person's id: their login may be somebody else's by now."""
        whose = visitor.id, visitor.login, key[0]
        if whose not in self.known_roles:
            self.known_roles[whose] = await self.roles.of(Place(key[0]), visitor.login)
        return self.known_roles[whose]


def _answer(request: web.Request, text: str) -> web.Response:
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:20]}"'
    headers = HEADERS | {"Cache-Control": "private, no-cache", "Vary": "Cookie, Authorization", "ETag": tag}
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers=headers)
    answer = web.Response(text=text, content_type="application/json", headers=headers)
    answer.enable_compression()
    return answer
