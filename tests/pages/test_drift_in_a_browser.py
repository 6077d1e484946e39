"""The page of a watched module in a real Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser import tab
from tests.pages.drifted import NAMES, DriftTrial, day, drift_trial
from tests.pages.looking import LIVE, READERS, complaints

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

HOSTILE = "<script>window.hit=1</script><img src=x onerror='window.hit=1'>\u202e\u2066{{ 7*7 }}"
SEEN = "<script>window.hit=1</script><img src=x onerror='window.hit=1'>{{ 7*7 }}"


@pytest_asyncio.fixture(loop_scope="module")
async def here(tmp_path: Path) -> AsyncIterator[DriftTrial]:
    async with drift_trial(tmp_path) as opened:
        yield opened


async def test_an_open_page_follows_and_whatever_things_are_called_they_stay_text(
    here: DriftTrial, browser: Browser
) -> None:
    await here.watch(environment=HOSTILE)
    async with tab(browser) as open_page:
        await open_page.page.goto(here.address)
        assert await open_page.text("h1") == "Nobody sees whether it drifts"
        await open_page.until(LIVE)
        names = (HOSTILE, *NAMES[1:])
        await here.days([day(at, 0.0, names) for at in range(7)], [day(20 + at, 0.2, names) for at in range(3)])
        await open_page.until("document.querySelector('h1').textContent === 'Drifts since 2026-11-08'")
        await open_page.until("document.querySelectorAll('svg.days rect.drift').length === 3")
        await open_page.page.click("#bins summary")
        assert SEEN in await open_page.text("#bins details[open]")
        assert await open_page.page.evaluate("window.hit") is None
        assert await open_page.page.locator("img, script:not([src])").count() == 0
        assert not {"\u202e", "\u2066"} & set(await open_page.page.content())
        assert open_page.complaints == []


@pytest.mark.parametrize("profile", READERS.values(), ids=READERS)
async def test_everybody_can_read_it(here: DriftTrial, browser: Browser, profile: dict[str, Any]) -> None:
    await here.watch()
    await here.days([day(at) for at in range(7)], [day(10), *(day(20 + at, 0.05) for at in range(3))])
    await here.acted(issue=12)
    async with tab(browser, **profile) as open_page:
        page = open_page.page
        await page.goto(here.address)
        assert await complaints(open_page) == []
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "figures"
        await page.emulate_media(media="print", color_scheme="light")
        assert await page.locator("svg.shares").is_visible()
        assert open_page.complaints == []
