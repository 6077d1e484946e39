"""Draw what the documentation shows: `make pictures`.

`maestro demo` runs, and a real browser draws the comment on three of its pull requests, in light and in dark, to
`docs/images/card-<name>-<scheme>.png`; and pages of what is made up to `page-<name>-<scheme>.png`, one of them as a
phone shows it. Without Chromium, or without a font for the card's marks, nothing is drawn: that is said, and is a
failure only where MAESTRO_REQUIRE_ALL is set.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from itertools import count
from math import ceil
from pathlib import Path
from typing import Any

import aiohttp

from tools import center, drift, experiment, study

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
CARDS = {"ship": "Round totals to cents", "block": "Render invoices as PDF", "hold": "Cache the catalogue"}
SCHEMES = ("light", "dark")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

COMMENT = "section[id^=issuecomment-]"
PAGES: Mapping[str, tuple[Callable[[], AbstractAsyncContextManager[str]], str]] = {  # and the part that is drawn
    "experiment": (partial(experiment.served, 44), "main"),  # ticks: its evidence is on its way
    "drift": (drift.served, "main"),
    "study": (study.served, "section[aria-labelledby=metric-1]"),
    "center": (center.served, "main"),
}
HIGHEST = {"center": 1_200}  # pixels of a page that is too long to be drawn whole
PHONES = {"center": "light"}  # pages that are drawn as a phone shows them, too, and in which scheme
WIDTH = 900  # about that of a comment on GitHub
PHONE, SCREEN = 360, 780  # of a phone: its width, and the height of the part that is drawn
PHONE_SCALE = 2.0
MARGIN = 8
SCALE = 1.5  # of a card: sharp on screens of high resolution, and still within BYTES
PAGE_SCALE = 1.0  # a page is larger
BYTES = 220_000  # a picture is read with every visit of its page
SECONDS = 120

_SETTLED = "new Promise(done => setTimeout(done, 600))"  # what scripts draw is there by then
_DRIVEN = re.compile(r"DevTools listening on ws://(?P<host>[\d.]+:\d+)/")
_LISTED = re.compile(r"\s+(?P<url>http://\S+/pull/\d+)  (?P<title>.+)")


class Missing(Exception):
    """A tool of this machine that the pictures need."""


class Broken(Exception):
    """The demo or the browser did not do what the pictures need."""


class Tab:
    """One tab of Chromium, driven by the DevTools protocol (chromedevtools.github.io/devtools-protocol)."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._scale = SCALE
        self._width = WIDTH
        self._numbers = count(1)

    async def do(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call `method`; its result. Raises Broken with the browser's own words."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        answer = await self._heard("id", number)
        if "error" in answer:
            raise Broken(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    async def open(self, url: str, scheme: str, scale: float = SCALE, width: int = WIDTH) -> None:
        """Show `url` as to a reader who prefers `scheme`, and wait until it is there."""
        self._scale, self._width = scale, width
        await self.do("Page.enable")
        await self._see(width)
        await self.do("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        await self.do("Page.navigate", url=url)
        await self._heard("method", "Page.loadEventFired")

    async def picture(self, selector: str, most: int | None = None) -> bytes:
        """The first element that `selector` finds, with a margin, as a PNG; of the height `most` where it is higher."""
        await self.do("Runtime.evaluate", expression=_SETTLED, awaitPromise=True)
        document = await self.do("DOM.getDocument")
        found = await self.do("DOM.querySelector", nodeId=document["root"]["nodeId"], selector=selector)
        box = (await self.do("DOM.getBoxModel", nodeId=found["nodeId"]))["model"]
        left, top = (max(edge - MARGIN, 0) for edge in box["border"][:2])
        clip = {
            "x": left,
            "y": top,
            "width": min(box["width"] + 2 * MARGIN, self._width),
            "height": min(box["height"] + 2 * MARGIN, most or box["height"] + 2 * MARGIN),
        }
        await self._see(ceil(top + clip["height"]))  # what lies beyond the window would be taken at another scale
        shot = await self.do("Page.captureScreenshot", format="png", clip=clip | {"scale": 1})
        return base64.b64decode(shot["data"])

    async def _see(self, height: int) -> None:
        """Make the window that high."""
        size = {"width": self._width, "height": height}
        await self.do("Emulation.setDeviceMetricsOverride", **size, deviceScaleFactor=self._scale, mobile=False)

    async def _heard(self, key: str, value: object) -> dict[str, Any]:
        async for received in self._socket:
            message: dict[str, Any] = received.json()
            if message.get(key) == value:
                return message
        raise Broken("the browser went away")


@asynccontextmanager
async def demo() -> AsyncIterator[Mapping[str, str]]:
    """The demo as it serves: the address of each pull request by its title."""
    maestro = Path(sys.executable).with_name("maestro")
    process = await asyncio.create_subprocess_exec(maestro, "demo", "--serve", stdout=asyncio.subprocess.PIPE)
    try:
        yield await _listed(process.stdout)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.wait()


async def _listed(output: asyncio.StreamReader | None) -> Mapping[str, str]:
    pages: dict[str, str] = {}
    while output is not None and (line := (await output.readline()).decode()):
        if match := _LISTED.fullmatch(line.rstrip("\n")):
            pages[match["title"]] = match["url"]
        if line.startswith("Ctrl-C"):
            return pages
    raise Broken("the demo ended before it served")


@asynccontextmanager
async def browser(chromium: str) -> AsyncIterator[Tab]:
    """A tab of a fresh, headless Chromium."""
    with tempfile.TemporaryDirectory(prefix="maestro-pictures-", ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(chromium, *_arguments(profile), stderr=asyncio.subprocess.PIPE)
        try:
            address = await _devtools(process.stderr)
            async with aiohttp.ClientSession() as session, session.get(f"{address}/json/list") as tabs:
                (tab,) = (tab for tab in await tabs.json() if tab["type"] == "page")
                async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    yield Tab(socket)
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


def _arguments(profile: str) -> tuple[str, ...]:
    as_root = ("--no-sandbox",) if os.geteuid() == 0 else ()  # Chromium refuses root else; the page is our own
    quiet = ("--headless", "--disable-gpu", "--hide-scrollbars", "--disable-lcd-text", "--no-first-run")
    return (*quiet, *as_root, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank")


async def _devtools(output: asyncio.StreamReader | None) -> str:
    """The address at which the browser can be driven: it says which port it chose."""
    while output is not None and (line := (await output.readline()).decode(errors="replace")):
        if match := _DRIVEN.search(line):
            return f"http://{match['host']}"
    raise Broken("the browser did not start")


def needed() -> str:
    """The path of Chromium. Raises Missing."""
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        raise Missing("there is no Chromium here (Debian: apt install chromium)")
    fonts = shutil.which("fc-list")
    if fonts and not subprocess.run([fonts, ":charset=2705"], capture_output=True, check=False).stdout:  # noqa: S603
        raise Missing("no font here has ✅ (Debian: apt install fonts-noto-color-emoji)")
    return chromium


async def draw(chromium: str) -> None:
    """Write every picture. Raises Broken, TimeoutError."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    async with asyncio.timeout(SECONDS), demo() as pages, browser(chromium) as tab:
        for name, title in CARDS.items():
            for scheme in SCHEMES:
                await tab.open(pages[title], scheme)
                keep(IMAGES / f"card-{name}-{scheme}.png", await tab.picture(COMMENT))
        for name, (served, part) in PAGES.items():
            async with served() as address:
                for scheme in SCHEMES:
                    await tab.open(address, scheme, PAGE_SCALE)
                    keep(IMAGES / f"page-{name}-{scheme}.png", await tab.picture(part, HIGHEST.get(name)))
                if name in PHONES:
                    await tab.open(address, PHONES[name], PHONE_SCALE, PHONE)
                    keep(IMAGES / f"page-{name}-phone.png", await tab.picture(part, SCREEN))


def keep(path: Path, png: bytes) -> None:
    """Write a picture, unless it is too large for the repository: raises Broken."""
    if len(png) > BYTES:
        raise Broken(f"{path.name} would have {len(png):,} bytes, more than {BYTES:,}")
    path.write_bytes(png)
    print(f"{path.relative_to(ROOT)}: {len(png):,} bytes")


def main() -> int:
    """Draw; 0 where that was done or cannot be done here, 1 where it went wrong."""
    try:
        asyncio.run(draw(needed()))
    except Missing as missing:
        print(f"no pictures are drawn: {missing}", file=sys.stderr)
        return int(bool(os.environ.get("MAESTRO_REQUIRE_ALL")))
    except (Broken, TimeoutError, aiohttp.ClientError) as wrong:
        print(f"the pictures could not be drawn: {wrong or 'no answer in time'}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
