"""How often the overlay asks for news: its own module in a real Chromium, whose clock the test turns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser

from app.render.assets import ROOT
from app.render.bundle import bundle
from tests.browser import Tab, tab

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

TRIED = 'import { follow } from "./follow.js";\nwindow.follow = follow;\n'
CALM: Any = {"checks": [{"state": "pass"}], "commands": [{"state": "done"}]}
BUSY = (
    {"checks": [{"state": "wait"}], "commands": []},
    {"checks": [], "commands": [{"state": "pending"}]},
    {"checks": [], "commands": [{"state": "running"}]},
    {"checks": [], "commands": [], "judging": "f" * 40},
)
# What is told of each question, and what the view is told; `answers` may be turned by the test.
VIEW = """
window.asked = []; window.seen = [];
window.answer = { status: 200, tag: '"1"', body: null };
let model = null;
const view = {
  same: () => model,
  loading: (pull) => seen.push(`loading ${pull.number}`),
  show: (body) => { model = body; seen.push('show'); },
  signedOut: () => seen.push('signed out'),
  unknown: () => seen.push('unknown'),
  lost: (status) => seen.push(`lost ${status}`),
};
window.later = null; // where it is a list, answers wait in it
const ask = (message) => {
  asked.push(message);
  const given = answer;
  return later ? new Promise((done) => later.push(() => done(given))) : Promise.resolve(given);
};
window.followed = follow(ask, view);
"""


@asynccontextmanager
async def following(browser: Browser, told: Any) -> AsyncIterator[Tab]:
    """A page that follows pull request 7, whose model is `told`."""
    async with tab(browser) as opened:
        await opened.page.clock.install()
        module = (ROOT / "overlay" / "follow.js").read_text("utf-8")
        script = bundle("overlay/tried.js", {"overlay/tried.js": TRIED, "overlay/follow.js": module})
        await opened.page.evaluate(f"(() => {{ {script} }})(); (() => {{ {VIEW} }})();")
        await opened.page.evaluate("(body) => { answer.body = body; followed.start({ number: 7 }); }", told)
        yield opened


async def asked_in(opened: Tab, seconds: float) -> int:
    """How often it asks in so long."""
    await opened.page.evaluate("asked.length = 0")
    for _ in range(round(seconds)):
        await opened.page.clock.run_for(1_000)
    return int(await opened.page.evaluate("asked.length"))


@pytest.mark.parametrize("told", BUSY)
async def test_while_something_goes_on_it_asks_every_five_seconds(browser: Browser, told: Any) -> None:
    async with following(browser, told) as opened:
        assert await asked_in(opened, 60) == 12


async def test_else_it_asks_every_minute_and_tells_what_it_has(browser: Browser) -> None:
    async with following(browser, CALM) as opened:
        assert await asked_in(opened, 120) == 2
        assert await opened.page.evaluate("asked.map((one) => one.tag)") == ['"1"', '"1"']


async def test_that_nothing_is_new_changes_nothing_of_that(browser: Browser) -> None:
    async with following(browser, BUSY[0]) as opened:
        await opened.page.evaluate("answer = { status: 304, tag: '\"1\"', body: null }")
        assert await asked_in(opened, 60) == 12
        assert await opened.page.evaluate("seen") == ["loading 7", "show"]


@pytest.mark.parametrize(("status", "said"), [(401, "signed out"), (404, "unknown"), (500, "lost 500"), (0, "lost 0")])
async def test_what_is_no_model_is_told_and_asked_about_a_minute_later(
    browser: Browser, status: int, said: str
) -> None:
    async with following(browser, BUSY[0]) as opened:
        await opened.page.evaluate("(status) => { answer = { status, tag: '', body: null }; }", status)
        assert await asked_in(opened, 60) == 1
        assert (await opened.page.evaluate("seen"))[-1] == said
        assert await asked_in(opened, 60) == 1
        assert await opened.page.evaluate("asked[0].tag") == "", "what it had is not what it would be told of"


async def test_once_it_has_stopped_it_asks_no_more(browser: Browser) -> None:
    async with following(browser, BUSY[0]) as opened:
        await opened.page.evaluate("followed.stop()")
        assert await asked_in(opened, 120) == 0


async def test_an_answer_about_another_pull_request_comes_too_late(browser: Browser) -> None:
    async with following(browser, CALM) as opened:
        await opened.page.evaluate("later = []; followed.start({ number: 8 }); followed.start({ number: 9 });")
        await opened.page.evaluate("seen.length = 0; later[1](); ")
        await opened.until("seen.length === 1")
        await opened.page.evaluate("later[0]()")
        await opened.page.clock.run_for(1_000)
        assert await opened.page.evaluate("seen") == ["show"]
        assert await opened.page.evaluate("asked.map((one) => one.number)") == [7, 8, 9]
