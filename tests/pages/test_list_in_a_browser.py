"""The list of pull requests, the history of one, and the way in, in a real Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser import Tab, tab
from tests.pages.looking import READERS, complaints
from tests.pages.pulled import NEXT, PULL, PullTrial, case, pull_trial

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def here(tmp_path: Path) -> AsyncIterator[PullTrial]:
    async with pull_trial(tmp_path) as opened:
        yield opened


async def sign_in(here: PullTrial, open_page: Tab, login: str = "carol") -> None:
    await open_page.page.context.add_cookies([{"name": "as", "value": login, "url": here.root}])


async def some(here: PullTrial) -> None:
    """Three pull requests, the second of them blocked."""
    for number, title, p95 in ((7, "Round totals", 240.0), (8, "Render invoices", 261.0), (9, "Cache", 240.0)):
        await here.decide(case(replace(PULL, number=number, title=title), p95))


@pytest.mark.parametrize("profile", READERS.values(), ids=READERS)
async def test_everybody_can_read_each_of_them(here: PullTrial, browser: Browser, profile: Mapping[str, Any]) -> None:
    async with tab(browser, **profile) as open_page:
        page = open_page.page
        await page.goto(f"{here.root}/")
        assert await complaints(open_page) == [], "signed out"
        await sign_in(here, open_page)
        await page.goto(f"{here.root}/")
        assert "There is nothing to decide" in await open_page.text("#rows")
        assert await complaints(open_page) == [], "empty"
        await some(here)
        await here.push(NEXT)
        await here.decide(p95=261.0)
        for path in ("/", "/?q=nothing+like+it", f"{here.path}/history", f"{here.path}/history/1"):
            await page.goto(f"{here.root}{path}")
            assert await complaints(open_page) == [], path
        assert open_page.complaints == []


async def test_the_keyboard_alone_finds_a_pull_request_and_opens_it(here: PullTrial, browser: Browser) -> None:
    await some(here)
    async with tab(browser) as open_page:
        page = open_page.page
        await sign_in(here, open_page)
        await page.goto(f"{here.root}/")
        await page.keyboard.press("/")
        await page.keyboard.type("jack round")  # no key of these moves anything while somebody types
        assert await page.input_value("#find") == "jack round"
        await page.keyboard.press("Escape")
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        await page.keyboard.press("k")
        assert await page.evaluate("document.activeElement.innerText") == "SHIP Round totals"
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/pr/acme/shop/7")
        assert await open_page.text("h1 .word") == "SHIP"


async def test_whoever_wants_no_keys_switches_them_off_for_good(here: PullTrial, browser: Browser) -> None:
    await some(here)
    async with tab(browser) as open_page:
        page = open_page.page
        await sign_in(here, open_page)
        await page.goto(f"{here.root}/")
        await page.click("#keys input")
        await page.reload()
        await page.keyboard.press("j")
        assert await page.evaluate("document.activeElement === document.body")
        assert not await page.is_checked("#keys input")


async def test_the_filter_works_without_javascript(here: PullTrial, browser: Browser) -> None:
    await some(here)
    async with tab(browser, java_script_enabled=False) as open_page:
        page = open_page.page
        await sign_in(here, open_page)
        await page.goto(f"{here.root}/")
        assert not await page.locator("#keys").is_visible()
        await page.fill("#find", "invoices")
        await page.select_option("[name=verdict]", "block")
        await page.click("text=Show")
        assert await page.locator(".pulls a").count() == 1
        assert await page.input_value("#find") == "invoices"
        assert open_page.complaints == []
