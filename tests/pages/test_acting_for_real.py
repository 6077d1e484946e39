"""The whole of Maestro in a real Chromium: somebody signs in with a click, acts, and sees what comes of it arrive."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession, DummyCookieJar, web
from playwright.async_api import Browser

from app.model import Progress, Surface
from tests.browser import Tab
from tests.pages.acting import ALERT, ATTACK, BLIND, choose, elsewhere, press, says
from tests.pages.looking import tabs_to
from tests.pages.whole import Whole, whole
from tests.road.stories import PERF
from tests.road.test_experiments import WORKFLOW
from tests.road.test_rollbacks import PATIENT

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def here(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path, PERF) as opened:
        await opened.change()
        yield opened


async def override(tab: Tab, reason: str = "measured by hand") -> None:
    """As an admin does."""
    await choose(tab.page, "Override")
    await tab.page.fill("dialog.confirm textarea", reason)
    await tab.page.click("dialog.confirm button.yes")


async def verdict(tab: Tab, word: str) -> None:
    """Wait until the page, which nobody reloads, says so."""
    await tab.page.wait_for_function("word => document.querySelector('h1 .word').textContent === word", arg=word)


async def test_what_is_asked_for_is_done_shown_logged_and_can_be_undone(here: Whole, browser: Browser) -> None:
    async with here.opened(browser, "root") as tab:
        await verdict(tab, "HOLD")
        await override(tab)
        await says(tab, "Override: done")
        await verdict(tab, "SHIP")
        (kept,) = await here.kept()
        assert (kept.verb, kept.who, kept.surface, kept.state) == ("override", "root", Surface.CENTER, Progress.DONE)
        assert (kept.role, kept.head_sha) == ("admin", here.head)
        await tab.until("document.getElementById('commands').textContent.includes('measured by hand')")
        assert "root overrode contract" in await tab.text("#lines")
        await tab.page.reload()
        await tab.until("document.querySelector('#actions li.undo')")
        await press(tab.page, "Withdraw override")
        await says(tab, "Withdraw override: done")
        await verdict(tab, "HOLD")


async def test_of_two_clicks_there_is_one_row_and_one_effect(here: Whole, browser: Browser) -> None:
    async with here.opened(browser, "root") as tab:
        await choose(tab.page, "Override")
        await tab.page.fill("dialog.confirm textarea", "measured by hand")
        await tab.page.dblclick("dialog.confirm button.yes")
        await verdict(tab, "SHIP")
        assert len(await here.kept()) == 1
        log = [line async for batch in here.maestro.stores.provenance.rows() for line in batch]
        assert sum(b'"what":"override ' in line[1] for line in log) == 1


async def test_two_tabs_ask_once_and_both_follow(here: Whole, browser: Browser) -> None:
    async with here.opened(browser, "root") as one, here.beside(one.page.context) as other:
        for tab in (one, other):
            await choose(tab.page, "Override")
            await tab.page.fill("dialog.confirm textarea", "measured by hand")
        for tab in (one, other):
            await tab.page.click("dialog.confirm button.yes")
        for tab in (one, other):
            await says(tab, "Override: done")
            await verdict(tab, "SHIP")
        assert len(await here.kept()) == 1


async def test_where_the_head_moved_nothing_is_done_and_the_page_goes_on_to_the_new_one(
    here: Whole, browser: Browser
) -> None:
    async with here.opened(browser, "root") as tab:
        moved = await here.push()
        await override(tab)
        await says(tab, f"has moved to {moved[:7]}", ALERT)
        assert await here.kept() == []
        await here.judged(moved)
        await tab.page.wait_for_function(
            "sha => document.getElementById('facts').textContent.includes(sha)", arg=moved[:7]
        )
        await tab.until("!document.querySelector('#actions .offers button').disabled")
        await override(tab)
        await says(tab, "Override: done")
        assert [one.head_sha for one in await here.kept()] == [moved]
        tab.complaints = [one for one in tab.complaints if "409" not in one]


async def test_a_server_that_fails_is_seen_and_the_button_works_again(here: Whole, browser: Browser) -> None:
    async def fails(_request: web.Request) -> web.StreamResponse:
        raise RuntimeError("a bug of ours")

    async with here.opened(browser, "root") as tab:
        here.faults["POST /api/commands"] = fails
        await override(tab)
        await says(tab, "the server answered 500", ALERT)
        here.faults.clear()
        await override(tab)
        await says(tab, "Override: done")
        assert len(await here.kept()) == 1
        tab.complaints = [one for one in tab.complaints if "500" not in one]


async def test_only_whoever_has_the_role_can_press(here: Whole, browser: Browser) -> None:
    async with here.opened(browser, "alice") as tab:
        assert await tab.page.is_disabled("#actions .offers button")
        assert "It takes the role admin or more; you have write." in await tab.text("#actions")


async def test_whoever_is_signed_out_elsewhere_does_nothing(here: Whole, browser: Browser) -> None:
    async with here.opened(browser, "root") as tab:
        await choose(tab.page, "Override")
        await tab.page.fill("dialog.confirm textarea", "measured by hand")
        here.sandbox.sign_in.forget(here.sandbox.world.account("root"))
        await tab.page.click("dialog.confirm button.yes")
        await says(tab, "you are signed out", ALERT)
        assert await here.kept() == []
        await tab.until("document.querySelector('#actions a[href*=login]')")
        tab.complaints = [one for one in tab.complaints if "Failed to load" not in one]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"], ids=["same site", "another site"])
async def test_a_page_of_somebody_else_cannot_act_with_a_cookie_that_the_browser_holds(
    here: Whole, browser: Browser, host: str
) -> None:
    wanted = {"repository": "octo/shop", "number": here.number, "head_sha": here.head, "key": str(uuid.uuid4())}
    body = json.dumps({**wanted, "verb": "override", "arguments": "contract because I can"})
    async with here.opened(browser, "root") as tab, elsewhere(host) as lure:
        await tab.page.goto(lure)
        assert await tab.page.evaluate(ATTACK, [here.url, body]) == BLIND
        assert await here.kept() == []
        tab.complaints.clear()


async def test_a_cookie_alone_wherever_it_was_taken_to_does_nothing(here: Whole, browser: Browser) -> None:
    wanted = {"repository": "octo/shop", "number": here.number, "head_sha": here.head, "key": str(uuid.uuid4())}
    asked = {**wanted, "verb": "override", "arguments": "contract because I can"}
    async with here.opened(browser, "root") as tab, ClientSession(cookie_jar=DummyCookieJar()) as thief:
        held = "; ".join(f"{one['name']}={one['value']}" for one in await tab.page.context.cookies())
        model = await tab.page.evaluate(f"fetch('/api{here.path}').then(answer => answer.json())")
        good = {"Cookie": held, "Origin": here.url, "X-CSRF": model["csrf"]}
        for without in (*good, "anything"):
            said = {name: value for name, value in good.items() if without not in (name, "anything")}
            async with thief.post(f"{here.url}/api/commands", json=asked, headers=said) as answer:
                assert answer.status in {401, 403}, without
        for wrong in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"X-CSRF": "a" * 32}):
            async with thief.post(f"{here.url}/api/commands", json=asked, headers=good | wrong) as answer:
                assert answer.status == 403, wrong
        assert await here.kept() == []
        async with thief.post(f"{here.url}/api/commands", json=asked, headers=good) as answer:
            assert answer.status == 202, "all of it together is what our own page sends"


async def test_a_keyboard_alone_has_what_failed_run_again(tmp_path: Path, browser: Browser) -> None:
    async with whole(tmp_path, "version: 1\ncontract: {mode: block, post: {tests: pass}}\n") as here:
        await here.change(failing=("ci",))
        async with here.opened(browser, "alice") as tab:
            await tabs_to(tab, "it.textContent === 'Retry'")
            await tab.page.keyboard.press("Enter")
            await tab.page.keyboard.press("Escape")
            assert await tab.page.evaluate("document.activeElement.textContent") == "Retry"
            await tab.page.keyboard.press("Enter")
            await tab.page.keyboard.press("Enter")
            await says(tab, "Retry: done")
            assert len(here.calls("rerun-failed-jobs")) == 1
            assert [one.state for one in await here.kept()] == [Progress.DONE]


async def test_a_keyboard_alone_rolls_a_canary_back_once(tmp_path: Path, browser: Browser) -> None:
    workflows = {f".github/workflows/{name}.yml": WORKFLOW for name in ("promote", "back")}
    async with whole(tmp_path, PATIENT, workflows) as here:
        await here.change()
        canary = here.repo.deploy(here.head, "canary")
        here.repo.report_deployment(canary.id, "success")
        async with here.opened(browser, "mona") as tab:
            await tab.until("document.querySelector('#actions .offers').textContent.includes('Roll back')")
            await tabs_to(tab, "it.textContent === 'Roll back'")
            await tab.page.keyboard.press("Enter")
            assert here.head[:7] in await tab.text("dialog.confirm")
            assert await tab.page.evaluate("document.activeElement.textContent") == "Cancel"
            await tab.page.keyboard.press("Escape")
            assert await here.kept() == []
            await tab.page.keyboard.press("Enter")
            await tab.page.keyboard.press("Tab")
            await tab.page.keyboard.press("Enter")
            await tab.page.keyboard.press("Enter")
            await says(tab, "Roll back: done")
            await verdict(tab, "ROLL BACK")
            (kept,) = await here.kept()
            assert (kept.verb, kept.who, kept.role, kept.head_sha) == ("rollback", "mona", "maintain", here.head)
            assert [run.path for run in here.repo.state.workflow_runs.values()] == [".github/workflows/back.yml"]
            assert canary.statuses[-1].state == "failure"


async def test_the_first_page_is_small(here: Whole, browser: Browser) -> None:
    """Server-rendered page, style, jQuery, our scripts and their first answer, by an empty cache."""
    async with here.opened(browser, "root") as tab:
        session = await tab.page.context.new_cdp_session(tab.page)
        await session.send("Network.clearBrowserCache")
        await tab.page.reload()
        await tab.until("document.querySelector('#actions .offers li')")
        sizes = await tab.page.evaluate("performance.getEntries().map(one => one.transferSize ?? 0)")
        assert 30_000 < sum(sizes) < 150_000
