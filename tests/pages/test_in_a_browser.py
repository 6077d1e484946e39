"""The page of an experiment in a real Chromium: what a person sees of it, and what nobody can make it do."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import unused_port
from playwright.async_api import Browser

from app.commands.demo import settings_for
from app.commands.running import listening, working
from app.engine.engine import Pace
from app.main import system
from app.model import Canary
from app.store.experiments import SentTick
from checks import shadow
from tests.browser import Tab, tab
from tests.pages.looking import LIVE, READERS, complaints, tabs_to
from tests.pages.trial import SHA, Trial, trial
from tests.road.stories import change, shop
from tests.road.town import SECRET, github
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

HOSTILE = "<script>window.hit = 1</script><img src=x onerror='window.hit = 1'>\"'&\u202e\u2066evil\u200f {{ 7*7 }}"
SEEN = "<script>window.hit = 1</script><img src=x onerror='window.hit = 1'>\"'&evil {{ 7*7 }}"


@pytest_asyncio.fixture(loop_scope="module")
async def here(tmp_path: Path) -> AsyncIterator[Trial]:
    async with trial(tmp_path) as opened:
        yield opened


async def shifts(open_page: Tab) -> float:
    """How much of the page moved since it was opened, as the browser counts it for whoever reads."""
    told: float = await open_page.page.evaluate(
        """() => new Promise(done => {
            let sum = 0;
            const seen = list => list.getEntries().forEach(entry => sum += entry.value);
            new PerformanceObserver(seen).observe({type: 'layout-shift', buffered: true});
            setTimeout(() => done(sum), 100);
        })"""
    )
    return told


async def test_an_open_page_follows_the_experiment_to_its_end_and_nothing_moves(here: Trial, browser: Browser) -> None:
    await here.begin()
    await here.ticks(3)
    async with tab(browser) as open_page:
        await open_page.page.goto(here.address)
        assert open_page.page.url == f"{here.root}{here.path}", "the key is put away"
        assert await open_page.text("h1") == "Not decided yet"
        await open_page.until(LIVE)
        before = await open_page.text("#rows")
        await here.ticks(1)
        await open_page.until("document.getElementById('rows').innerText.includes('40 of 4,000')")
        assert "30 of 3,000" in before
        assert await shifts(open_page) == 0
        await here.end()
        await open_page.until("document.querySelector('h1').textContent === 'No answer'")
        await open_page.until("document.getElementById('live').textContent.includes('has ended')")
        assert "nothing was asked for" in await open_page.text("#ahead")
        assert await open_page.page.title() == "No answer: canary, octo/shop at aaaaaaa"

        async def nobody_listens() -> bool:
            return not here.live._topics

        await until(nobody_listens)
        assert open_page.complaints == []


async def test_it_is_found_by_whoever_reads_the_check_run(tmp_path: Path, browser: Browser) -> None:
    """The whole App: the check run on GitHub leads to the page, and ticks that CI sends change what it says."""
    rules = "version: 1\nexperiment: {environments: [canary], gate: {baseline: 0.01, tick_seconds: 1, %s}}\n"
    port = unused_port()
    async with github() as sandbox:
        told = {"url": f"http://127.0.0.1:{port}", "port": port, "ci_grace": 0.0}
        settings = settings_for(sandbox, tmp_path, SECRET).model_copy(update=told)
        async with (
            system(settings, Pace(hand_over=0.1, lanes=0.06)) as maestro,
            listening(maestro.web, settings.host, port, 1.0) as root,
            working(maestro.engine, maestro.stores.address, 1.0),
        ):
            sandbox.webhook_url = f"{root}/webhook"
            repo = shop(sandbox, rules % "watermark_seconds: 2, max_missing_ticks: 60")
            number, sha = change(repo)
            repo.report_deployment(repo.deploy(sha, "canary").id, "success")

            async def leads() -> bool:
                return any(run.details_url for run in repo.check_runs(sha))

            await until(leads, 20)
            (address,) = {run.details_url for run in repo.check_runs(sha) if run.name == "maestro / experiment"}
            assert address is not None
            async with tab(browser) as open_page:
                await open_page.page.goto(address)
                assert await open_page.text("h1") == "Waiting"
                assert f"pull request #{number}" in await open_page.text(".where")
                await open_page.until(LIVE)
                (kept,) = await maestro.stores.experiments.of("octo/shop", sha)
                await maestro.stores.experiments.feed(kept.id, [_bad_tick(time.time())])
                await open_page.until("document.querySelector('h1').textContent === 'Roll back'")
                assert open_page.complaints == []
            await until(lambda: _linked(repo.comments(number), address), 20)


async def _linked(comments: Any, address: str) -> bool:
    return any(address in comment.body for comment in comments)


def _bad_tick(t: float) -> SentTick:
    sides = {"control": {"good": 9_900, "total": 10_000}, "canary": {"good": 8_000, "total": 10_000}}
    return SentTick(t, {"t": t, **sides})


async def test_whatever_things_are_called_they_stay_text(here: Trial, browser: Browser) -> None:
    await here.begin(Canary("octo/shop", SHA, HOSTILE, "main", 7), shadow.Config())
    await here.ticks(2)
    await here.answers(120, HOSTILE, HOSTILE)
    await here.fed.acted(here.experiment, HOSTILE)
    async with tab(browser) as open_page:
        await open_page.page.goto(here.address)
        await open_page.until(LIVE)
        await here.ticks(1)
        await open_page.until("document.getElementById('rows').innerText.includes('30 of 3,000')")
        assert SEEN.lower() in await open_page.text(".where")
        assert SEEN in await open_page.text("#fields td")
        assert SEEN in await open_page.text("#fields th[scope=row]")
        assert await open_page.page.evaluate("window.hit") is None
        assert await open_page.page.evaluate("document.querySelectorAll('img, script:not([src])').length") == 0
        shown = await open_page.page.content()
        assert not {"\u202e", "\u2066", "\u200f"} & set(shown)
        assert "49" not in await open_page.text(".where")
        assert open_page.complaints == []


async def test_without_javascript_there_is_all_but_the_news(here: Trial, browser: Browser) -> None:
    await here.begin()
    await here.ticks(6)
    async with tab(browser, java_script_enabled=False) as open_page:
        await open_page.page.goto(here.address)
        assert await open_page.text("h1") == "Not decided yet"
        assert await open_page.page.locator("svg.picture path.course").count() == 2
        assert await open_page.text("#live") == ""
        await open_page.page.click("details summary")
        assert await open_page.page.locator("details[open] tbody tr").count() == 6
        assert open_page.complaints == []


async def test_a_keyboard_reaches_everything_and_news_take_nothing_out_of_its_hands(
    here: Trial, browser: Browser
) -> None:
    await here.begin()
    await here.ticks(3)
    async with tab(browser) as open_page:
        page = open_page.page
        await page.goto(here.address)
        await open_page.until(LIVE)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "figures"
        await tabs_to(open_page, "it.tagName === 'SUMMARY'")
        await page.keyboard.press("Enter")
        await here.ticks(1)
        await open_page.until("document.querySelectorAll('details[open] tbody tr').length === 4")
        assert await page.evaluate("document.activeElement.tagName") == "SUMMARY"
        assert open_page.complaints == []


@pytest.mark.parametrize("profile", READERS.values(), ids=READERS)
async def test_everybody_can_read_it(here: Trial, browser: Browser, profile: dict[str, Any]) -> None:
    await here.begin(mirrored=shadow.Config())
    await here.ticks(6)
    await here.ticks(1, canary=None)
    await here.answers(120, "/cart", "price")
    async with tab(browser, **profile) as open_page:
        await open_page.page.goto(here.address)
        assert await complaints(open_page) == []
        paper = await open_page.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(255, 255, 255)") is (profile["color_scheme"] == "light")

        if profile["viewport"]["width"] == 1280:
            bottom = await open_page.page.evaluate("document.getElementById('promise').getBoundingClientRect().top")
            assert bottom < profile["viewport"]["height"], "standing, figures and promise are on the first screen"
