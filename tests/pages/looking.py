"""What every test of a page shares: the page on a real socket, whoever asks for it, and what a reader sees of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, ClientSession, DummyCookieJar, web
from aiohttp.test_utils import BaseTestServer, TestServer
from axe_playwright_python.async_playwright import Axe

from app.pages import browser
from app.pages.showing import Showing
from app.render.capability import Pages, Subject, derived
from app.server import Web
from app.storage import Stores, stores
from tests.browser import Tab
from tests.storage import laid

LIVE = "document.getElementById('live').textContent.startsWith('Live')"
READERS: Mapping[str, Mapping[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    "dark, phone": {"color_scheme": "dark", "viewport": {"width": 320, "height": 640}},
}
"""Whoever looks, as profiles of a browser."""


@dataclass
class Looked:
    """The server of a page, and whoever asks for it."""

    root: str
    server: BaseTestServer
    session: ClientSession
    stores: Stores
    pages: Pages
    shown: Showing

    @property
    def subject(self) -> Subject:
        """What the page is about."""
        raise NotImplementedError

    @property
    def path(self) -> str:
        return self.subject.path

    @property
    def address(self) -> str:
        """The page with its key, as GitHub's readers are led there."""
        return self.pages.address(self.subject)

    @property
    def key(self) -> str:
        return self.pages.key_of(self.subject)

    async def get(self, path: str, **headers: str) -> ClientResponse:
        """What is at `path`, for nobody in particular."""
        url = self.root + path.removeprefix(self.root)
        return await self.session.get(url, headers=headers, allow_redirects=False)

    async def opened(self, below: str = "", **headers: str) -> ClientResponse:
        """The page, or what lies below it, by the cookie."""
        return await self.get(f"{self.path}{below}", Cookie=f"maestro-page={self.key}", **headers)


Shows = Callable[[Stores, Pages], tuple[Showing, Sequence[web.RouteDef]]]
"""What is served of some stores: a page, and routes beside it."""


@asynccontextmanager
async def looked_at(directory: Path, shows: Shows) -> AsyncIterator[Looked]:
    """What `shows` makes of fresh stores, on a real socket."""
    async with (
        stores(str(laid(directory).main)) as kept,
        ClientSession(cookie_jar=DummyCookieJar()) as client,
    ):
        pages = Pages("", derived("a private key"))
        shown, more = shows(kept.reading, pages)
        app = Web([b"secret"], kept.inbox, lambda: None, [*browser.routes(), *shown.routes(), *more]).app()
        app.on_shutdown.append(shown.live.close)
        async with TestServer(app) as server:
            root = str(server.make_url("")).rstrip("/")
            yield Looked(root, server, client, kept, Pages(root, pages.key), shown)


def words(page: str) -> str:
    """The text of a page, without its pictures."""
    return re.sub(r"\s+", " ", re.sub(r"<svg.*?</svg>|<[^>]*>", " ", page, flags=re.DOTALL))


async def complaints(tab: Tab) -> list[tuple[str, list[Any]]]:
    """What axe finds fault with, by its rule: nothing is to be there. `nothing sticks out` is one of ours."""
    found = await Axe().run(tab.page)
    faults = [(one["id"], [node["target"] for node in one["nodes"]]) for one in found.response["violations"]]
    over: int = await tab.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return faults if over <= 0 else [*faults, ("nothing sticks out", [over])]


async def tabs_to(tab: Tab, holds: str, most: int = 40) -> None:
    """Press Tab until the element that has the focus, `it`, is one of which `holds` is true."""
    for _ in range(most):
        if await tab.page.evaluate(f"(it => {holds})(document.activeElement)"):
            return
        await tab.page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach where {holds}")
