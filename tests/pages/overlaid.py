"""GitHub's page of a pull request in a real Chromium that has our extension, and a Maestro behind it."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from playwright.async_api import BrowserContext, CDPSession, ConsoleMessage, Page, Route, async_playwright

from app.render.overlay import Deployment, extension
from tests.browser import PATIENCE
from tests.pages.stand_in import CODE, StandIn, standing_in
from tools.pictures import BROWSERS

HOST = "maestro-decision-center"
GITHUB = "https://github.com"
PULL = f"{GITHUB}/octo/shop/pull/7"
# As a reader of GitHub is sent it, as far as it concerns scripts, and stricter: no text becomes a script or markup.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "base-uri 'self'",
        "connect-src 'self' https://api.github.com",
        "font-src https://github.githubassets.com",
        "form-action 'self' https://github.com",
        "frame-ancestors 'none'",
        "img-src 'self' data: https://avatars.githubusercontent.com",
        "script-src https://github.githubassets.com/",
        "style-src 'unsafe-inline' https://github.githubassets.com",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
# The page has a control in each corner, and listens for shortcuts of one letter, as GitHub's does.
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A pull request</title>
<script src="https://github.githubassets.com/page.js"></script></head>
<body style="min-height: 100vh; margin: 0"><main><h1>Round totals to cents</h1>
<label>Leave a comment <textarea id="comment"></textarea></label>
<button id="low" style="position: fixed; right: 0; bottom: 1rem; height: 44px">Merge</button></main></body></html>"""
SCRIPT = """window.keys = [];
document.addEventListener("keydown", (event) => window.keys.push(event.key));
window.turbo = (path) => {
  document.dispatchEvent(new CustomEvent("turbo:before-cache"));
  history.pushState({}, "", path);
  const body = document.createElement("body");
  const main = document.createElement("main");
  main.append(document.createElement("h1"));
  main.firstChild.textContent = path;
  body.append(main);
  document.documentElement.replaceChild(body, document.body);
  document.dispatchEvent(new CustomEvent("turbo:render"));
};
window.react = (path) => {
  history.pushState({}, "", path);
  document.dispatchEvent(new CustomEvent("soft-nav:react-done"));
};"""


# What each look from inside begins with: the root, the button that says some words, and patience.
PRELUDE = f"""
const find = () => document.querySelector("{HOST}");
const host = find();
const root = host && chrome.dom.openOrClosedShadowRoot(host);
const button = (words, within = root) =>
  [...within.querySelectorAll("button")].find((one) => one.checkVisibility() && one.innerText.includes(words));
const resting = async (one) => {{
  for (let before = ""; ;) {{
    const box = one.getBoundingClientRect();
    if (before === (before = [box.x, box.y].join())) return [box.x + box.width / 2, box.y + box.height / 2];
    await new Promise((done) => setTimeout(done, 50));
  }}
}};
const patient = async (holds) => {{
  for (const end = Date.now() + {PATIENCE}; Date.now() < end;) {{
    const host = find();
    if (holds(host && chrome.dom.openOrClosedShadowRoot(host))) return true;
    await new Promise((done) => setTimeout(done, 20));
  }}
  return false;
}};
"""


@dataclass
class Overlaid:
    """One tab on GitHub. `world`: the extension's scripts there, which alone see into the closed shadow root."""

    page: Page
    devtools: CDPSession
    world: int = 0
    complaints: list[str] = field(default_factory=list)

    async def inside(self, body: str) -> Any:
        """What the function of this `body` returns; it may await. `root`: of the overlay, null where there is none."""
        asked = {"expression": f"(async () => {{ {PRELUDE} {body} }})()", "awaitPromise": True, "returnByValue": True}
        async with asyncio.timeout(PATIENCE / 1000):
            while not self.world:  # noqa: ASYNC110 - the page is being loaded
                await asyncio.sleep(0.01)
        told = await self.devtools.send("Runtime.evaluate", asked | {"contextId": self.world})
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    async def until(self, holds: str) -> None:
        """Wait until the expression `holds` of the `root`."""
        guarded = f"(root) => {{ try {{ return {holds}; }} catch {{ return false; }} }}"
        if not await self.inside(f"return patient({guarded});"):
            raise AssertionError(f"never: {holds}; it reads: {await self.text()}")

    async def says(self, words: str) -> None:
        """Wait until it says so."""
        await self.until(f"root.querySelector('aside').innerText.includes({json.dumps(words)})")

    async def text(self) -> str:
        """All that a person reads in it."""
        return str(await self.inside("return root ? root.querySelector('aside').innerText : '';"))

    async def hosts(self) -> int:
        return await self.page.locator(HOST).count()

    async def click(self, words: str) -> None:
        """Press the button that says so, where it is, with the mouse."""
        said = json.dumps(words)
        assert await self.inside(
            f"return patient((root) => root && button({said}, root) && !button({said}, root).disabled);"
        ), words
        shown = f"const one = button({said}); one.scrollIntoView({{ block: 'nearest' }}); return resting(one);"
        at = await self.inside(shown)
        await self.page.mouse.click(*at)

    async def focused(self) -> str:
        """The words of what has the focus inside."""
        return str(await self.inside("return root?.activeElement?.innerText ?? '';"))

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


@asynccontextmanager
async def chromium_with(zipped: bytes, profile: Path, **options: Any) -> AsyncIterator[BrowserContext]:
    """A browser that has this extension, on a GitHub of our own under its true name."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("there is no Chromium here (Debian: apt install chromium)")
    unpacked = profile / "extension"
    ZipFile(io.BytesIO(zipped)).extractall(unpacked)
    loaded = [f"--disable-extensions-except={unpacked}", f"--load-extension={unpacked}", "--disable-gpu"]
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            profile / "profile",
            executable_path=path,
            args=[*as_root, *loaded],
            ignore_default_args=["--disable-extensions"],
            **options,
        )
        context.set_default_timeout(PATIENCE)
        await context.route("https://github.com/**", _page)
        await context.route("https://github.githubassets.com/**", _script)
        yield context
        await context.close()


async def _page(route: Route) -> None:
    await route.fulfill(body=PAGE, content_type="text/html", headers={"Content-Security-Policy": POLICY})


async def _script(route: Route) -> None:
    await route.fulfill(body=SCRIPT, content_type="text/javascript")


@asynccontextmanager
async def overlaid(context: BrowserContext, url: str = PULL) -> AsyncIterator[Overlaid]:
    """A tab at `url`, once the extension's scripts run there."""
    page = await context.new_page()
    devtools = await context.new_cdp_session(page)
    tab = Overlaid(page, devtools)

    def heard(told: dict[str, Any]) -> None:
        made = told["context"]
        if made["origin"].startswith("chrome-extension:"):
            tab.world = made["id"]

    def left(_told: Any) -> None:
        tab.world = 0

    devtools.on("Runtime.executionContextCreated", heard)
    devtools.on("Runtime.executionContextsCleared", left)
    page.on("console", tab.hear)
    page.on("pageerror", lambda error: tab.complaints.append(str(error)))
    await devtools.send("Runtime.enable")
    await page.goto(url)
    yield tab
    await page.close()


@dataclass
class Setting:
    """A browser with the extension, and the Maestro that it was made for."""

    context: BrowserContext
    maestro: StandIn


@asynccontextmanager
async def set_up(directory: Path) -> AsyncIterator[Setting]:
    """Both of them; the profile of the browser is in `directory`."""
    async with standing_in() as maestro, chromium_with(made_for(maestro.url), directory) as context:
        yield Setting(context, maestro)


def made_for(url: str) -> bytes:
    """The extension for a Maestro at `url`, and for github.com."""
    return extension(Deployment(url, GITHUB, "1.5.0"))


@asynccontextmanager
async def fresh(setting: Setting) -> AsyncIterator[Overlaid]:
    """A tab on the pull request, not yet connected, the panel closed; Maestro has forgotten all that was."""
    vars(setting.maestro).update(vars(StandIn(url=setting.maestro.url)))
    async with overlaid(setting.context) as tab:
        await tab.inside("await chrome.runtime.sendMessage({kind: 'leave'}); await chrome.storage.local.clear();")
        await tab.page.reload()
        await tab.until("root.querySelector('.tab')")
        setting.maestro.asked.clear()
        yield tab


async def connect(tab: Overlaid) -> None:
    """Open the panel and type the code in, as a person does."""
    await tab.click("Maestro")
    await tab.until("root.querySelector('#code')")
    await tab.inside("root.querySelector('#code').focus();")
    await tab.page.keyboard.type(CODE)
    await tab.page.keyboard.press("Enter")
    await tab.until("root.querySelector('.verdict')")
