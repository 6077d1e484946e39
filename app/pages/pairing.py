"""`/pair`: what somebody is signed in on, and a code that signs in an overlay, once and soon."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from app.pages.answers import body, refuse
from app.pages.browser import HEADERS, html
from app.pages.cookies import CONTENT, of_no_page
from app.pages.signing_in import ended
from app.pages.visiting import Guests
from app.pages.visitors import Visitor
from app.render.html import page
from app.store.people import Person
from app.store.sessions import OVERLAY

WRONG = 10  # codes that a minute may bring, of whoever; then nobody is let in for as long
_MINUTE = 60.0
_MOST = 2_000  # bytes of a body
_PRIVATE = HEADERS | {"Cache-Control": "no-store", "Vary": "Cookie, Authorization"}


class _Paired(msgspec.Struct):
    code: str
    name: str = "overlay"


class _Revoked(msgspec.Struct):
    session: str


@dataclass(frozen=True, slots=True)
class Pairing:
    """`GET /pair`, `POST /api/pair/code`, `POST /api/pair`, `POST /api/sessions/revoke`. `now`: never runs back."""

    guests: Guests
    now: Callable[[], float] = time.monotonic
    wrong: deque[float] = field(default_factory=lambda: deque(maxlen=WRONG))  # when codes were that nobody had

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [
            web.get("/pair", self.show),
            web.post("/api/pair/code", self.code),
            web.post("/api/pair", self.pair),
            web.post("/api/sessions/revoke", self.revoke),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """200 with the page; 303 to the sign-in for who is not signed in on a browser."""
        visitor = await self.guests.known(request)
        if visitor is None or visitor.overlay:
            return web.Response(status=303, headers=_PRIVATE | {"Location": "/login?next=/pair"})
        here = await self.guests.session(request)
        sessions = await self.guests.sessions.of(visitor.id)
        own = here.id if here else ""
        shown = page("pages/pair.html.j2", visitor=visitor, sessions=sessions, own=own, overlay=OVERLAY)
        answer = html(shown)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    async def code(self, request: web.Request) -> web.Response:
        """201 `{"code", "until"}`: good for one overlay, for five minutes. 401, 403."""
        visitor = await self._on_a_browser(request)
        made = await self.guests.sessions.code(visitor.id)
        return web.json_response({"code": made.text, "until": made.until}, status=201, headers=_PRIVATE)

    async def pair(self, request: web.Request) -> web.Response:
        """201 `{"token", "until", "login"}` for a code that was not used; 400, 403 for a page, 404, 429."""
        if request.content_type != CONTENT or not of_no_page(request):
            refuse(403, f"this is for overlays, which send {CONTENT}")
        told = await _read(request, _Paired)
        kept = await self._redeemed(told.code)
        if kept is None:
            refuse(404, "this code is not known: it is good once, for five minutes")
        token, until = await self.guests.sessions.begin(kept.id, OVERLAY, told.name.strip() or "overlay")
        return web.json_response({"token": token, "until": until, "login": kept.login}, status=201, headers=_PRIVATE)

    async def revoke(self, request: web.Request) -> web.Response:
        """200 with what is left; 404 for a session that is not theirs. An overlay may end its own alone. 401, 403."""
        visitor = await self.guests.meant(request)
        told = await _read(request, _Revoked)
        here = await self.guests.session(request)
        if visitor.overlay and (here is None or here.id != told.session):
            refuse(403, "an overlay signs nobody else out")
        if not await ended(self.guests, visitor.id, told.session):
            refuse(404, "you are not signed in on that")
        left = [one.id for one in await self.guests.sessions.of(visitor.id)]
        return web.json_response({"sessions": left}, headers=_PRIVATE)

    async def _on_a_browser(self, request: web.Request) -> Visitor:
        visitor = await self.guests.meant(request)
        if visitor.overlay:
            refuse(403, "an overlay lets no other in")
        return visitor

    async def _redeemed(self, code: str) -> Person | None:
        """Whose code it is. It counts as wrong until it is known to be right: many at once are no way around."""
        tried = self.now()
        if len(self.wrong) == WRONG and tried - self.wrong[0] < _MINUTE:
            refuse(429, "too many codes were wrong; please try again in a minute", _MINUTE)
        self.wrong.append(tried)
        person = await self.guests.sessions.redeem(code)
        kept = None if person is None else await self.guests.acquaintances.people.get(person)
        if kept is not None:
            self.wrong.remove(tried)
        return kept


async def _read(request: web.Request, shape: type[Any]) -> Any:
    try:
        return msgspec.json.decode(await body(request, _MOST), type=shape)
    except (msgspec.ValidationError, msgspec.DecodeError):
        refuse(400, f"send JSON with {' and '.join(shape.__struct_fields__)}")
