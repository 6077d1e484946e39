"""Who may sign in, where the operator has set up what it takes."""

from __future__ import annotations

from collections.abc import Iterator

from aiohttp import web

from app.main.reached import Reached
from app.pages.acquainted import Acquaintances, Sealers
from app.pages.behalf import InTheirName
from app.pages.cookies import Home
from app.pages.pairing import Pairing
from app.pages.sealing import Sealer
from app.pages.signing_in import SigningIn
from app.pages.visiting import Guests
from app.pages.visitors import Nobody, Visitors
from app.publish.assign import InNameOf, nobody_signed_in
from app.render.capability import derived
from app.settings import Settings, key_text


def visitors_of(settings: Settings, reached: Reached) -> Visitors:
    """Whoever signs in; nobody, where nobody can."""
    if reached.flow is None:
        return Nobody()
    kept, secret = reached.kept, key_text(settings)
    known = Acquaintances(reached.github, reached.flow, kept.people, Sealers.of(secret))
    return Guests(Home(settings.url), kept.sessions, known, derived(secret, b"maestro csrf v1"))


def in_their_name(settings: Settings, reached: Reached) -> InNameOf:
    """Asks as people who signed in; as nobody, where nobody can."""
    if reached.flow is None:
        return nobody_signed_in
    sealers = Sealers.of(key_text(settings))
    return InTheirName(Acquaintances(reached.github, reached.flow, reached.kept.people, sealers))


def signed_in(settings: Settings, visitors: Visitors) -> Iterator[web.RouteDef]:
    """Where people sign in and out, on browsers and overlays."""
    if isinstance(visitors, Guests):
        yield from SigningIn(visitors, Sealer.of(key_text(settings), b"maestro sign-in v1")).routes()
        yield from Pairing(visitors).routes()
