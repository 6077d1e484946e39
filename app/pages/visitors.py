"""Who looks at a page, or acts on it: a person who signed in with GitHub, on a browser or by an overlay.

Reading asks GitHub at most once a minute whether they may; acting asks each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person by what their browser or overlay holds. `csrf`: what a form of theirs must send along."""

    id: int  # GitHub's
    login: str
    overlay: bool
    csrf: str


class Visitors(Protocol):
    """Knows visitors by their requests."""

    @property
    def welcome(self) -> bool:
        """Whether anybody can sign in here: the operator has set up what it takes."""

    async def known(self, request: web.Request) -> Visitor | None:
        """Whose request it is, by cookie or by bearer token; None for nobody who is signed in."""

    async def may_read(self, visitor: Visitor, repository: str, known: int = 0) -> bool:
        """Whether GitHub lets them see the repository, and it is the one of the id `known`, unless that is 0: another
        may bear its name by now. An answer is kept at most 60 s. Raises NoAnswer where GitHub cannot be asked.
        """

    async def repositories(self, visitor: Visitor) -> Mapping[str, int]:
        """Those, in lower case, that both they and this App can see, and the id of each; kept at most 60 s.
        Raises NoAnswer, too.
        """

    async def acting(self, request: web.Request) -> Visitor:
        """Whose request it is, and meant: their own page or overlay sent it (CSRF token, Origin, Sec-Fetch-Site), and
        GitHub says now that they are who they were; `login` is the one of now. Raises, as JSON: 401 for nobody who is
        signed in, 403 for what another site could have sent, 503 where GitHub cannot be asked.
        """


class Nobody:
    """Where nobody can sign in."""

    welcome = False

    async def known(self, request: web.Request) -> Visitor | None:
        """Nobody's."""
        del request
        return None

    async def may_read(self, visitor: Visitor, repository: str, known: int = 0) -> bool:
        """Nobody may."""
        del visitor, repository, known
        return False

    async def repositories(self, visitor: Visitor) -> Mapping[str, int]:
        """None."""
        del visitor
        return {}

    async def acting(self, request: web.Request) -> Visitor:
        """Nobody acts."""
        del request
        raise web.HTTPUnauthorized(text='{"error": "nobody can sign in here"}', content_type="application/json")
