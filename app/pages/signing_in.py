"""Signing in with GitHub, and out again: the web flow with state and PKCE, kept meanwhile in a sealed cookie."""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiohttp import web
from cachetools import TTLCache

from app.github.errors import Denied, GitHubError
from app.github.user import Flow
from app.pages.acquainted import Acquaintances
from app.pages.browser import HEADERS, notice
from app.pages.cookies import Home, local
from app.pages.sealing import Sealer
from app.pages.visiting import COOKIE, Guests
from app.store.sessions import BROWSER, Sessions

log = structlog.get_logger(__name__)

BACK = "/login/callback"
UNDERWAY = "maestro-login"  # the cookie of a sign-in that is not done yet
PATIENCE = 600.0  # seconds that it may take
_ABOUT = "sign-in"
_LONGEST_CODE = 200  # characters
_STORED_NOWHERE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in on its way: what GitHub must give back, what proves that we began it, and where to go then."""

    state: str
    verifier: str
    after: str
    until: float


@dataclass(frozen=True, slots=True)
class SigningIn:
    """`GET /login`, `GET /login/callback`, `POST /logout`. `now`: epoch seconds."""

    guests: Guests
    sealer: Sealer
    now: Callable[[], float] = time.time
    used: MutableMapping[str, bool] = field(default_factory=lambda: TTLCache(10_000, PATIENCE))  # states, by themselves

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [
            web.get("/login", self.begin),
            web.get(BACK, self.end),
            web.post("/logout", self.leave),
        ]

    async def begin(self, request: web.Request) -> web.Response:
        """303 to GitHub, and back to the path `next` of this site."""
        after = local(request.query.get("next", "/"))
        begun = Begun(secrets.token_urlsafe(32), secrets.token_urlsafe(48), after, self.now() + PATIENCE)
        answer = _to(self._flow.authorize(begun.state, begun.verifier, self._back))
        self._home.put(answer, UNDERWAY, self._sealed(begun), PATIENCE)
        return answer

    async def end(self, request: web.Request) -> web.Response:
        """303 to where they wanted, signed in; a page that says why not: 400, 403 or 502. Either way it was once."""
        begun = self._underway(request)
        answer = await self._ended(request, begun)
        self._home.take(answer, UNDERWAY)
        return answer

    async def leave(self, request: web.Request) -> web.Response:
        """204: this browser is signed out, and with the last one GitHub's token is taken back. 401, 403."""
        visitor = await self.guests.meant(request)
        session = await self.guests.session(request)
        if session is not None:
            await ended(self.guests, visitor.id, session.id)
        answer = web.Response(status=204, headers=HEADERS | _STORED_NOWHERE)
        self._home.take(answer, COOKIE)
        return answer

    async def _ended(self, request: web.Request, begun: Begun | None) -> web.Response:
        state = request.query.get("state", "")
        if begun is None or not hmac.compare_digest(state.encode(errors="replace"), begun.state.encode()):
            return _again(400, "This sign-in was not begun here", "It may be over ten minutes old, or have ended once.")
        self.used[begun.state] = True
        code = request.query.get("code", "")
        if "error" in request.query or not code or len(code) > _LONGEST_CODE:
            return _again(403, "You did not sign in", "GitHub says that this was not allowed.")
        try:
            who = await self._acquaintances.welcome(code, begun.verifier, self._back)
        except Denied:
            return _again(403, "GitHub did not sign you in", "Its code was used before, or is too old.")
        except GitHubError as error:
            log.warning("sign_in.no_answer", error=str(error))
            return _again(502, "GitHub cannot be asked who you are", "Nothing is wrong with your account.")
        return await self._entered(request, who.id, begun.after)

    async def _entered(self, request: web.Request, person: int, after: str) -> web.Response:
        """With a session that nobody has seen before; the one that the browser had is none from now on."""
        before = await self.guests.session(request)
        if before is not None:
            await self._sessions.end(before.person, before.id)
        secret, until = await self._sessions.begin(person, BROWSER, _browser(request))
        answer = _to(after)
        self._home.put(answer, COOKIE, secret, until - self.now())
        return answer

    def _underway(self, request: web.Request) -> Begun | None:
        """What the browser's cookie tells; None for what we did not seal, what is over, and what was used."""
        try:
            sealed = bytes.fromhex(self._home.shown(request, UNDERWAY))
        except ValueError:
            return None
        told = self.sealer.open(sealed, _ABOUT)
        begun = None if told is None else Begun(**json.loads(told))
        return begun if begun is not None and self.now() < begun.until and begun.state not in self.used else None

    def _sealed(self, begun: Begun) -> str:
        told: dict[str, Any] = {name: getattr(begun, name) for name in Begun.__slots__}
        return self.sealer.seal(json.dumps(told), _ABOUT).hex()

    @property
    def _home(self) -> Home:
        return self.guests.home

    @property
    def _sessions(self) -> Sessions:
        return self.guests.sessions

    @property
    def _acquaintances(self) -> Acquaintances:
        return self.guests.acquaintances

    @property
    def _flow(self) -> Flow:
        return self._acquaintances.flow

    @property
    def _back(self) -> str:
        return f"{self._home.root}{BACK}"


async def ended(guests: Guests, person: int, session: str) -> bool:
    """End one session of somebody; with the last GitHub's token goes. False where they have none such."""
    if not await guests.sessions.end(person, session):
        return False
    if not await guests.sessions.of(person):
        await guests.acquaintances.leave(person)
    return True


def _to(address: str) -> web.Response:
    return web.Response(status=303, headers=HEADERS | _STORED_NOWHERE | {"Location": address})


def _again(status: int, title: str, reason: str) -> web.Response:
    return notice(status, title, f"{reason} Open the page that you came from, and sign in there once more.")


def _browser(request: web.Request) -> str:
    """What a browser calls itself, in two words: it is only shown to whoever signed in on it."""
    said = request.headers.get("User-Agent", "")
    named = next((name for mark, name in _BROWSERS if mark in said), "a browser")
    system = next((name for mark, name in _SYSTEMS if mark in said), "")
    return f"{named} on {system}" if system else named


_BROWSERS = (("Firefox/", "Firefox"), ("Edg/", "Edge"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
