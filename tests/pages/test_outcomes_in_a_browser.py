"""The page of outcomes in a real Chromium: everybody can read it, and it needs no script."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser
from sqlalchemy import text

from tests.browser import Tab, tab
from tests.pages.looking import READERS, complaints
from tests.pages.pulled import PULL, PullTrial, case, pull_trial

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def here(tmp_path: Path) -> AsyncIterator[PullTrial]:
    async with pull_trial(tmp_path) as opened:
        yield opened


async def sign_in(here: PullTrial, open_page: Tab) -> None:
    await open_page.page.context.add_cookies([{"name": "as", "value": "carol", "url": here.root}])


async def a_month(here: PullTrial) -> None:
    """Twenty-four pull requests over a month, a third of them acted on."""
    for number in range(24):
        await here.decide(case(replace(PULL, number=number + 1)))
        if number % 3 == 0:
            await here.answer(await here.ask(number=number + 1), "done")
    async with here.stores.main.begin() as connection:
        older = "UPDATE decisions SET decided_at = decided_at - (number % 4) * 7 * 86400000000"
        await connection.execute(text(older))


@pytest.mark.parametrize("profile", READERS.values(), ids=READERS)
async def test_everybody_can_read_it(here: PullTrial, browser: Browser, profile: Mapping[str, Any]) -> None:
    async with tab(browser, **profile) as open_page:
        page = open_page.page
        await page.goto(f"{here.root}/kpi")
        assert await complaints(open_page) == [], "signed out"
        await sign_in(here, open_page)
        await page.goto(f"{here.root}/kpi")
        assert await complaints(open_page) == [], "empty"
        await a_month(here)
        await page.goto(f"{here.root}/kpi?days=30")
        assert await page.locator("svg.trend").count() > 0
        for one in await page.locator("details").all():
            await one.evaluate("it => { it.open = true; }")
        assert await complaints(open_page) == [], "with figures"
        await page.emulate_media(media="print")
        assert not await page.locator(".filter").is_visible()
        assert "30 days to" in await open_page.text("header")
        assert open_page.complaints == []


async def test_it_is_used_without_a_script(here: PullTrial, browser: Browser) -> None:
    await a_month(here)
    async with tab(browser, java_script_enabled=False) as open_page:
        page = open_page.page
        await sign_in(here, open_page)
        await page.goto(f"{here.root}/kpi")
        await page.click("text=7 days")
        await page.select_option("[name=repository]", "acme/shop")
        await page.click("text=Show")
        assert page.url.endswith("/kpi?days=7&repository=acme%2Fshop")
        assert "too few" not in await open_page.text("section:has(#adoption)")
        assert open_page.complaints == []
