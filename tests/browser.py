"""A real Chromium for the pages: one a module, a fresh profile a test, and all that it complains of."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from tools.pictures import BROWSERS

PATIENCE = 10_000  # milliseconds


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser of this machine; the test is skipped where there is none."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("there is no Chromium here (Debian: apt install chromium)")
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[*as_root, "--disable-gpu"])
        yield browser
        await browser.close()


@dataclass
class Tab:
    """A page, and whatever the browser said of it: errors, and what the policy of the page forbade."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    async def until(self, holds: str) -> None:
        """Wait until the expression `holds`."""
        await self.page.wait_for_function(f"() => {holds}", timeout=PATIENCE)

    async def text(self, selector: str) -> str:
        return await self.page.inner_text(selector)


@asynccontextmanager
async def tab(browser: Browser, **profile: Any) -> AsyncIterator[Tab]:
    """A fresh profile with one tab. `profile`: as `new_context` of playwright takes it."""
    context = await browser.new_context(**profile)
    context.set_default_timeout(PATIENCE)
    yield hearing(await context.new_page())
    await context.close()


def hearing(page: Page) -> Tab:
    """`page` as a tab that hears what the browser says of it."""
    opened = Tab(page)
    page.on("console", opened.hear)
    page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    return opened
