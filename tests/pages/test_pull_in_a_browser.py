"""The page of a pull request in a real Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Route

from tests.browser import tab
from tests.pages.guarded import static, violated
from tests.pages.looking import LIVE, READERS, complaints
from tests.pages.pulled import HEAD, PullTrial, pull_trial
from tests.render.remedied import HANDED_OVER, WORKING

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def here(tmp_path: Path) -> AsyncIterator[PullTrial]:
    async with pull_trial(tmp_path) as opened:
        yield opened


@dataclass
class _Failing:
    """A road to the page that fails as often as `most`, with `status`, or for 0 by losing the connection."""

    status: int
    most: int
    failed: int = 0

    async def __call__(self, route: Route) -> None:
        if self.failed == self.most:
            await route.continue_()
            return
        self.failed += 1
        if self.status:
            await route.fulfill(status=self.status, body="<title>No</title>", content_type="text/html")
        else:
            await route.abort()


@pytest.mark.parametrize("profile", READERS.values(), ids=READERS)
async def test_everybody_can_read_it(here: PullTrial, browser: Browser, profile: Mapping[str, Any]) -> None:
    await here.decide(p95=261.0)
    await here.canary()
    await here.answer(await here.ask(arguments="arm-b"), "dispatched `next.yml`", before="arm-a", after="arm-b")
    await here.repair(HANDED_OVER)
    await here.repair(replace(WORKING, began=WORKING.began + 900))
    await here.guard(static(HEAD), violated(sha=HEAD))
    async with tab(browser, **profile) as open_page:
        page = open_page.page
        await page.goto(here.address)
        await open_page.until(LIVE)
        assert await complaints(open_page) == []
        await page.emulate_media(media="print", color_scheme="light")
        assert await page.locator("#rows").is_visible()
        assert await page.locator(".attempts").first.is_visible()
        assert await page.locator("#violations").is_visible()
        assert open_page.complaints == []


async def test_an_open_page_follows_what_is_asked_for_and_decided(here: PullTrial, browser: Browser) -> None:
    await here.decide()
    async with tab(browser) as open_page:
        await open_page.page.goto(here.address)
        assert open_page.page.url == f"{here.root}{here.path}", "the key is put away"
        await open_page.until(LIVE)
        await open_page.page.click("#empty summary")
        command = await here.ask(arguments="arm-b")
        await open_page.until("document.getElementById('commands').innerText.includes('pending')")
        assert "Commands" not in await open_page.text("#empty"), "there are some now"
        assert "nothing is told of Spec Cards" in await open_page.text("#empty"), "it stays unfolded"
        await here.answer(command, "dispatched")
        await open_page.until("document.getElementById('commands').innerText.includes('dispatched')")
        await here.decide(p95=261.0)
        await open_page.until("document.querySelector('h1 .word').textContent === 'BLOCK'")
        assert await open_page.page.title() == "BLOCK: Faster checkout, acme/shop#7"
        assert open_page.complaints == []


async def test_an_open_page_follows_a_repair_from_its_first_attempt_to_its_end(
    here: PullTrial, browser: Browser
) -> None:
    await here.decide(p95=261.0)
    async with tab(browser) as open_page:
        await open_page.page.goto(here.address)
        await open_page.until(LIVE)
        await here.repair(replace(WORKING, attempts=WORKING.attempts[:1]))
        await open_page.until("document.getElementById('repairing').innerText.includes('attempt 2')")
        await here.repair(WORKING)
        await open_page.until("document.querySelectorAll('#repairs .attempts li').length === 3")
        assert await open_page.page.locator("#repairs .attempts .of-open").count() == 1
        await here.repair(HANDED_OVER)
        await open_page.until("document.getElementById('repairing').innerText.includes('handed over to people')")
        assert open_page.complaints == []


@pytest.mark.parametrize("status", [503, 502, 429, 404, 0], ids=str)
async def test_one_reading_that_failed_freezes_nothing(here: PullTrial, browser: Browser, status: int) -> None:
    await here.decide()
    async with tab(browser) as open_page:
        await open_page.page.goto(here.address)
        await open_page.until(LIVE)
        failing = _Failing(status, most=1)
        await open_page.page.route(f"{here.root}{here.path}", failing)
        await here.decide(p95=261.0)
        await open_page.until("document.getElementById('live').textContent.includes('may be old')")
        await open_page.until("document.querySelector('h1 .word').textContent === 'BLOCK'")
        await open_page.until(LIVE)
        assert failing.failed == 1


async def test_a_page_that_is_gone_twice_is_said_to_be_gone_until_there_is_news(
    here: PullTrial, browser: Browser
) -> None:
    await here.decide()
    async with tab(browser) as open_page:
        await open_page.page.goto(here.address)
        await open_page.until(LIVE)
        failing = _Failing(404, most=2)
        await open_page.page.route(f"{here.root}{here.path}", failing)
        await here.decide(p95=261.0)
        await open_page.until("document.getElementById('live').textContent.includes('can no longer be read')")
        assert failing.failed == 2
        await here.decide(p95=262.0)
        await open_page.until("document.querySelector('h1 .word').textContent === 'BLOCK'")
        await open_page.until(LIVE)


async def test_without_javascript_there_is_all_but_the_news_and_the_buttons(here: PullTrial, browser: Browser) -> None:
    await here.decide(p95=261.0)
    await here.canary()
    async with tab(browser, java_script_enabled=False) as open_page:
        await open_page.page.goto(here.address)
        assert await open_page.text("h1 .word") == "BLOCK"
        assert await open_page.page.locator("svg.picture").count() == 1
        assert "Buttons to act on it take JavaScript" in await open_page.text("#actions")
        await open_page.page.click("text=History of this one")
        assert await open_page.text("h1") == "History"
        assert open_page.complaints == []
