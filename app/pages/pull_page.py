"""`/pr/{owner}/{repo}/{number}`: the page of a pull request, where everything that is known of it comes together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import msgspec
from aiohttp import web
from pydantic import ValidationError

from app.pages.pull_reading import Reading
from app.pages.showing import Exhibit, Unreadable
from app.render.pull import Shown
from app.render.pull_page import pull_page
from app.store.news import Edition
from app.store.pull_news import PullKey
from checks import shadow
from checks.experiment import StateError
from checks.impact.panels import PanelsError
from checks.impact.told import ToldError

WHICH = "{owner:[^/]{1,100}}/{repo:[^/]{1,100}}/{number:[0-9]{1,9}}"
FOREIGN = (StateError, shadow.StateError, ToldError, PanelsError, ValidationError, msgspec.MsgspecError)
"""What is raised where something was kept by another version."""


@dataclass(frozen=True, slots=True)
class PullPages:
    """Draws what is stored."""

    reading: Reading
    where: str = f"/pr/{WHICH}"

    async def find(self, request: web.Request) -> Exhibit | None:
        """The pull request of that number, as soon as anything was decided of it."""
        return await self.reading.exhibit(asked(request))

    async def draw(self, exhibit: Exhibit, edition: Edition) -> str:
        """The page, whole. Raises Unreadable."""
        shown = await self.reading.of(exhibit.id, edition.word)
        return await asyncio.to_thread(_drawn, shown)


def asked(request: web.Request) -> PullKey:
    """Which pull request the address names."""
    where = request.match_info
    return f"{where['owner']}/{where['repo']}".lower(), int(where["number"])


def _drawn(shown: Shown) -> str:
    try:
        return pull_page(shown)
    except FOREIGN as error:
        raise Unreadable(str(error)) from None
