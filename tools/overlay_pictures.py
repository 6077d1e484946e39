"""Draw the overlay for the documentation, as part of `make pictures`.

A local GitHub and the whole App tell the story of the demo; somebody signs in and pairs an overlay by the App's own
roads, and a real browser draws the page of a pull request with the overlay on it, to
`docs/images/overlay-<name>-<scheme>.png`. The userscript stands for both shells, which draw the same. What it would
fetch by its manager is fetched here, and given to it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from app import __version__
from app.commands.demo import beside, rest
from app.commands.story import tell
from app.github.sandbox import Sandbox
from app.render.overlay import Deployment, userscript
from tools.pictures import IMAGES, SCHEMES, Broken, Missing, Tab, browser, keep, needed

WHO = "alice"
SECRET = "pictures"
TITLE = "Render invoices as PDF"
SIZE = {"width": 1200, "height": 760}
NAMES = ("closed", "pairing", "open")
SECONDS = 120

_MANAGER = """
const GM_getValue = (name, otherwise) => name === "open" ? %(open)s : %(paired)s ?? otherwise;
const GM_setValue = () => {};
const GM_xmlhttpRequest = ({ onload }) => onload({ status: 200, responseHeaders: "", responseText: %(model)s });
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """The page of a pull request, the overlay for it, and what Maestro tells that."""

    page: str
    script: str
    model: str

    def run(self, name: str) -> str:
        """The userscript as it is to be seen in the picture of that name."""
        paired = "null" if name == "pairing" else json.dumps(json.dumps({"token": "", "login": WHO}))
        told = {"open": json.dumps(name != "closed"), "paired": paired, "model": json.dumps(self.model)}
        return f"{_MANAGER % told}\n{self.script}"


@asynccontextmanager
async def story() -> AsyncIterator[Scene]:
    """The demo's story up to its decisions. Raises Broken."""
    with tempfile.TemporaryDirectory(prefix="maestro-overlay-") as directory:
        async with (
            Sandbox(Sandbox.generate_app(), webhook_secret=SECRET) as github,
            beside(github, Path(directory), SECRET) as (maestro, address),
        ):
            shop, chapters = await tell(github, maestro, address)
            await rest(github, maestro)
            repo = shop.repo
            number = next(chapter.number for chapter in chapters if chapter.title == TITLE)
            script = userscript(Deployment(address, github.url, __version__))
            model = await _told(address, await _paired(address), f"/api/pr/{repo.full_name}/{number}")
            yield Scene(repo.url(number), script, model)


async def _paired(address: str) -> str:
    """The token of an overlay of whoever signs in."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        choice = await session.get(f"{address}/login?next=/pair")
        page = await session.get(choice.url.update_query({"as": WHO}))
        found = re.search(r'data-csrf="([^"]+)"', await page.text())
        if found is None:
            raise Broken("nobody could sign in")
        headers = {"Origin": address, "X-CSRF": found[1]}
        made = await session.post(f"{address}/api/pair/code", json={}, headers=headers)
        code = (await made.json())["code"]
    async with aiohttp.ClientSession() as session:
        given = await session.post(f"{address}/api/pair", json={"code": code, "name": "a picture"})
        return str((await given.json())["token"])


async def _told(address: str, token: str, path: str) -> str:
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as session, session.get(f"{address}{path}", headers=headers) as answer:
        if answer.status != 200:
            raise Broken(f"{path}: {answer.status}")
        return await answer.text()


async def draw(chromium: str) -> None:
    """Write every picture. Raises Broken, TimeoutError."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    async with asyncio.timeout(SECONDS), story() as scene, browser(chromium) as tab:
        for name in NAMES:
            for scheme in SCHEMES:
                keep(IMAGES / f"overlay-{name}-{scheme}.png", await _picture(tab, scene, name, scheme))


async def _picture(tab: Tab, scene: Scene, name: str, scheme: str) -> bytes:
    await tab.open(scene.page, scheme, 1.0)
    await tab.do("Emulation.setDeviceMetricsOverride", **SIZE, deviceScaleFactor=1, mobile=False)
    await tab.do("Runtime.evaluate", expression=scene.run(name))
    drawn = "new Promise((done) => setTimeout(done, 500))"  # the overlay is asked for nothing that takes longer
    await tab.do("Runtime.evaluate", expression=drawn, awaitPromise=True)
    shot = await tab.do("Page.captureScreenshot", format="png")
    return base64.b64decode(shot["data"])


def main() -> int:
    """Draw; 0 where that was done or cannot be done here, 1 where it went wrong."""
    try:
        asyncio.run(draw(needed()))
    except Missing as missing:
        print(f"no pictures of the overlay are drawn: {missing}", file=sys.stderr)
        return int(bool(os.environ.get("MAESTRO_REQUIRE_ALL")))
    except (Broken, TimeoutError, aiohttp.ClientError) as wrong:
        print(f"the overlay could not be drawn: {wrong or 'no answer in time'}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
