"""The page of what a deployment did in a real Chromium: what a person sees of it, and what nobody can make it do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from checks.impact.series import Observed
from tests.browser import tab
from tests.pages.looking import LIVE, READERS, complaints, tabs_to
from tests.pages.studied import StudyTrial, course, rules, study_trial

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

NAME = "<script>window.hit=1</script><img src=x onerror='window.hit=1'>\"'{{ 7*7 }}"
HOSTILE = NAME + "\u202e\u2066\u200f"  # as no metric may be called, but other things are
SEEN = "<script>window.hit=1</script><img src=x onerror='window.hit=1'>\"'{{ 7*7 }}"


@pytest_asyncio.fixture(loop_scope="module")
async def here(tmp_path: Path) -> AsyncIterator[StudyTrial]:
    async with study_trial(tmp_path) as opened:
        yield opened


async def test_an_open_page_follows_from_the_deployment_to_the_last_look(here: StudyTrial, browser: Browser) -> None:
    await here.begin()
    async with tab(browser) as open_page:
        page = open_page.page
        await page.goto(here.address)
        assert page.url == f"{here.root}{here.path}", "the key is put away"
        assert await open_page.text("h1") == "Pending deploy"
        await open_page.until(LIVE)
        await here.look()
        await open_page.until("document.querySelector('h1').textContent === 'Likely worse'")
        await open_page.until("document.querySelectorAll('svg.impact path.seen').length === 2")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "figures"
        await tabs_to(open_page, "it.tagName === 'SUMMARY'")
        await page.keyboard.press("Enter")
        await here.say("ann", True)
        await open_page.until("document.getElementById('agreement').innerText.includes('1 of 1 person agrees')")
        assert await page.evaluate("document.activeElement.tagName") == "SUMMARY", "it stays where it was"
        await here.look(done=True)
        await open_page.until("document.getElementById('live').textContent.includes('has ended')")
        assert await page.locator("details[open] tbody tr").count() == 24
        assert open_page.complaints == []


@pytest.mark.parametrize("profile", READERS.values(), ids=READERS)
async def test_everybody_can_read_it(here: StudyTrial, browser: Browser, profile: dict[str, Any]) -> None:
    await here.begin()
    await here.look()
    await here.say("ann", True)
    async with tab(browser, **profile) as open_page:
        page = open_page.page
        await page.goto(here.address)
        assert await complaints(open_page) == []
        ink = await page.evaluate("getComputedStyle(document.querySelector('svg.impact path.seen')).stroke")
        assert (ink == "rgb(27, 31, 36)") is (profile["color_scheme"] == "light")
        await page.emulate_media(media="print", color_scheme="light")
        assert await page.locator("svg.impact").first.is_visible()
        assert not await page.locator("summary").first.is_visible()
        assert open_page.complaints == []


async def test_without_javascript_hostile_names_are_text_and_nothing_is_missing(
    here: StudyTrial, browser: Browser
) -> None:
    asked = rules([{"name": NAME, "better": "lower", "unit": "<img src=x>"}])
    await here.begin(asked=asked, environment=HOSTILE)
    await here.look(Observed(NAME, course("p95", 4.0)))
    for scripted in (True, False):
        async with tab(browser, java_script_enabled=scripted) as open_page:
            await open_page.page.goto(here.address)
            assert SEEN in await open_page.text("#rows th[scope=row]")
            assert SEEN in await open_page.text("#verdict")
            assert await open_page.page.locator("img, script:not([src])").count() == 0
            assert not {"\u202e", "\u2066", "\u200f"} & set(await open_page.page.content())
            assert await open_page.page.locator("svg.impact path.band").count() == 3
            if scripted:
                assert await open_page.page.evaluate("window.hit") is None
            assert open_page.complaints == []
