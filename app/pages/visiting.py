"""Who looks at a page, or acts on it, where people can sign in: visitors, as GitHub has them."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from aiohttp import web

from app.github.client import Client
from app.github.errors import TooLarge
from app.github.user import Who, seen, sees, whoami
from app.pages.acquainted import Acquaintances, Gone
from app.pages.answers import refuse
from app.pages.believing import Belief, NoAnswer
from app.pages.cookies import CONTENT, CSRF, Home, of_no_page
from app.pages.visitors import Visitor
from app.store.sessions import BEARER_PREFIX, BROWSER, OVERLAY, Session, Sessions

COOKIE = "maestro"
_BUSY = 10.0  # seconds after which to try again where GitHub cannot be asked
_CSRF = 24  # bytes


@dataclass(frozen=True, slots=True)
class Guests:
    """Whoever signed in. `csrf`: the key that each session's own token is made with."""

    home: Home
    sessions: Sessions
    acquaintances: Acquaintances
    csrf: bytes = field(repr=False)
    _sees: Belief[tuple[int, str], int] = field(init=False)
    _seen: Belief[int, Mapping[str, int]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_sees", Belief(self._asked_of_one))
        object.__setattr__(self, "_seen", Belief(self._asked_of_all))

    @property
    def welcome(self) -> bool:
        """Here, people can sign in."""
        return True

    async def known(self, request: web.Request) -> Visitor | None:
        """Whose request it is. A request with an Authorization header shows no cookie that counts, and a bearer of ours
        beside a cookie of ours is nobody's: only one of both can be meant.
        """
        session = await self.session(request)
        if session is None:
            return None
        secret, _ = self._shown(request)
        return Visitor(session.person, session.login, session.kind == OVERLAY, self._token(session, secret))

    async def session(self, request: web.Request) -> Session | None:
        """What they are signed in on: a browser by its cookie, an overlay by its bearer token, neither by the other."""
        secret, kind = self._shown(request)
        found = await self.sessions.get(secret) if secret else None
        return found if found is not None and found.kind == kind else None

    async def may_read(self, visitor: Visitor, repository: str, known: int = 0) -> bool:
        """See `app.pages.visitors`; as GitHub said within the last minute."""
        found = await self._sees.of((visitor.id, repository.lower()))
        return found != 0 and known in {0, found}

    async def repositories(self, visitor: Visitor) -> Mapping[str, int]:
        """See `app.pages.visitors`; as GitHub said within the last minute."""
        return await self._seen.of(visitor.id)

    async def meant(self, request: web.Request) -> Visitor:
        """Whose request it is, if their own page or overlay sent it; what they do is between them and us, and GitHub is
        not asked. 401, 403.
        """
        visitor = await self.known(request)
        if visitor is None:
            refuse(401, "sign in first")
        self._of_their_own(request, visitor)
        return visitor

    async def acting(self, request: web.Request) -> Visitor:
        """See `app.pages.visitors`."""
        visitor = await self.meant(request)
        try:
            who = await self.acquaintances.ask(visitor.id, whoami)
        except Gone:
            refuse(401, "GitHub lets us act for you no longer: sign in again")
        except NoAnswer:
            refuse(503, "GitHub cannot be asked who you are; please try again", _BUSY)
        return await self._as_now(visitor, who)

    def _of_their_own(self, request: web.Request, visitor: Visitor) -> None:
        """403 for what another site's page could have sent in their name."""
        if request.content_type != CONTENT:
            refuse(403, f"send {CONTENT}")
        if visitor.overlay:
            if not of_no_page(request):
                refuse(403, "the token of an overlay is not for web pages")
        elif not self.home.own(request):
            refuse(403, "this was sent by another site's page")
        elif not hmac.compare_digest(request.headers.get(CSRF, "").encode(errors="replace"), visitor.csrf.encode()):
            refuse(403, f"the {CSRF} header is not that of your session: reload the page")

    async def _as_now(self, visitor: Visitor, who: Who) -> Visitor:
        """Under the login of now, which may be new; the login of then may be somebody else's."""
        if who.id != visitor.id:
            refuse(401, "GitHub says that you are somebody else: sign in again")
        if who.login.lower() != visitor.login.lower():
            await self.acquaintances.people.called(who.id, who.login)
        return replace(visitor, login=who.login)

    def _shown(self, request: web.Request) -> tuple[str, str]:
        """What the request shows of a session, or "", and of which kind such a one must be."""
        cookie = self.home.shown(request, COOKIE)
        if "Authorization" not in request.headers:
            return cookie, BROWSER
        scheme, _, token = request.headers["Authorization"].partition(" ")
        ours = scheme.lower() == "bearer" and token.strip().startswith(BEARER_PREFIX)
        return token.strip() if ours and not cookie else "", OVERLAY

    def _token(self, session: Session, secret: str) -> str:
        """What a form of this session must send along; overlays send none."""
        if session.kind == OVERLAY:
            return ""
        mac = hmac.digest(self.csrf, secret.encode(errors="replace"), "sha256")[:_CSRF]
        return urlsafe_b64encode(mac).decode()

    async def _asked_of_one(self, about: tuple[int, str]) -> int:
        person, repository = about
        try:
            return await self.acquaintances.ask(person, partial(sees, repository=repository))
        except Gone:
            return 0

    async def _asked_of_all(self, person: int) -> Mapping[str, int]:
        try:
            return await self.acquaintances.ask(person, _listed)
        except Gone:
            return {}


async def _listed(person: Client) -> Mapping[str, int]:
    """None where there are too many to be read: asking again would not help."""
    try:
        return await seen(person)
    except TooLarge:
        return {}
