"""Acting in a real Chromium: what is pressed is done once, what goes wrong is said, and nobody else can press."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser

from app.model import Progress
from tests.browser import Tab
from tests.pages.acting import ALERT, ATTACK, BLIND, READY, Stage, choose, elsewhere, press, says, stage
from tests.pages.asked import deliveries
from tests.pages.looking import READERS, complaints

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

HOSTILE = "<img src=x onerror='window.hit = 1'><script>window.hit = 1</script>"


@pytest_asyncio.fixture(loop_scope="module")
async def here(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as opened:
        yield opened


async def usable(tab: Tab, label: str) -> bool:
    return await tab.page.is_enabled(f"#actions .offers button:text-is('{label}')")


async def focused(tab: Tab) -> str:
    found: str = await tab.page.evaluate("document.activeElement.textContent")
    return found


async def test_what_is_pressed_is_confirmed_taken_in_and_its_end_arrives(here: Stage, browser: Browser) -> None:
    async with here.opened(browser) as tab:
        await choose(tab.page, "Escalate tests")
        told = await tab.text("dialog.confirm")
        for part in ("Escalate tests?", "escalate tests", f"octo/shop#{here.here.number}", here.here.head[:7]):
            assert part in told
        await tab.page.click("dialog.confirm button.yes")
        await says(tab, "waiting for its turn")
        assert not await usable(tab, "Escalate tests")
        assert await usable(tab, "Retry"), "what else there is can be asked for meanwhile"
        ended = await here.answer(said="`heavy.yml` runs at `abc1234`")
        await says(tab, "Escalate tests: done. heavy.yml runs at abc1234")
        assert await tab.page.inner_text("#actions [role=status] code >> nth=0") == "heavy.yml"
        assert (ended.verb, ended.arguments, ended.head_sha) == ("escalate", "tests", here.here.head)
        assert await usable(tab, "Escalate tests")
        assert await focused(tab) == "Escalate tests"


@pytest.mark.parametrize("state", [Progress.REFUSED, Progress.FAILED])
async def test_what_was_not_done_is_said_and_can_be_asked_for_again(
    here: Stage, browser: Browser, state: Progress
) -> None:
    async with here.opened(browser) as tab:
        for said in ("the ladder has no more arms", "GitHub answered 502"):
            await press(tab.page, "Retry")
            await here.answer(state, said)
            await says(tab, f"Retry: {state}: {said}", ALERT)
            assert await usable(tab, "Retry")
        assert len(await here.kept()) == 2


async def test_who_looks_at_a_head_that_moved_acts_on_none_and_is_shown_the_new_one(
    here: Stage, browser: Browser
) -> None:
    async with here.opened(browser) as tab:
        moved = await here.moved()
        await press(tab.page, "Retry")
        await says(tab, f"the pull request has moved to {moved[:7]}", ALERT)
        assert not await usable(tab, "Retry")
        assert await here.kept() == []
        await here.judged(moved)
        await tab.until("!document.querySelector('#actions .offers button').disabled")
        await press(tab.page, "Retry")
        await here.answer()
        await says(tab, "Retry: done")
        (kept,) = await here.kept()
        assert kept.head_sha == moved
        tab.complaints = [one for one in tab.complaints if "409" not in one]


async def test_whoever_thought_for_long_acts_on_what_they_saw_or_not_at_all(here: Stage, browser: Browser) -> None:
    async with here.opened(browser) as tab:
        await choose(tab.page, "Retry")
        moved = await here.moved()
        await here.judged(moved)
        await asyncio.sleep(0.3)
        assert here.here.head[:7] in await tab.text("dialog.confirm")
        await tab.page.click("dialog.confirm button.yes")
        await says(tab, "has moved", ALERT)
        assert await here.kept() == []
        tab.complaints = [one for one in tab.complaints if "409" not in one]


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error": "a bug of ours"}'])
async def test_a_server_that_fails_is_said_and_the_button_can_be_used_again(
    here: Stage, browser: Browser, body: bytes
) -> None:
    async def fails() -> web.StreamResponse:
        return web.Response(status=500, body=body)

    async with here.opened(browser) as tab:
        here.broken["POST /api/commands"] = fails
        await press(tab.page, "Retry")
        await says(tab, "Try again: it is done once", ALERT)
        assert await usable(tab, "Retry")
        here.broken.clear()
        await press(tab.page, "Retry")
        await here.answer()
        await says(tab, "Retry: done")
        assert await tab.text(ALERT) == ""
        tab.complaints = [one for one in tab.complaints if "500" not in one]


async def test_an_answer_that_was_lost_is_asked_for_by_the_same_key(here: Stage, browser: Browser) -> None:
    async with here.opened(browser) as tab:
        keys: list[str] = []

        async def cut(route: Any) -> None:
            keys.append(route.request.post_data_json["key"])
            await route.fetch()  # it arrives, and is taken in
            await route.abort("connectionreset")

        await tab.page.route("**/api/commands", cut)
        await press(tab.page, "Retry")
        await says(tab, "nobody knows whether it arrived", ALERT)
        (kept,) = await here.kept()
        await here.answer()
        here.here.clock.at += 3_600
        await tab.page.unroute("**/api/commands")
        await press(tab.page, "Retry")
        await says(tab, "Retry: done")
        assert [one.id for one in await here.kept()] == [kept.id]
        assert kept.key.endswith(keys[0])
        tab.complaints = [one for one in tab.complaints if "ERR_CONNECTION_RESET" not in one]


async def test_the_second_of_two_clicks_neither_confirms_nor_sends_again(here: Stage, browser: Browser) -> None:
    async with here.opened(browser) as tab:
        await tab.page.dblclick("#actions button:text-is('Retry')")
        await asyncio.sleep(0.2)
        assert await here.kept() == []
        assert await tab.page.locator("dialog[open]").count() == 1
        box = await tab.page.locator("dialog.confirm button.yes").bounding_box()
        assert box is not None
        await tab.page.mouse.dblclick(box["x"] + 5, box["y"] + 5)
        await here.answer()
        await says(tab, "Retry: done")
        assert len(await here.kept()) == 1
        assert len(await deliveries(here.here)) == 1


async def test_a_second_press_too_soon_is_told_what_the_first_one_did(here: Stage, browser: Browser) -> None:
    async with here.opened(browser) as tab:
        await press(tab.page, "Retry")
        await here.answer(said="it runs again")
        await says(tab, "Retry: done. it runs again")
        await press(tab.page, "Retry")
        await tab.until("!document.querySelector('#actions .offers button').disabled")
        await says(tab, "Retry: done. it runs again")
        assert len(await here.kept()) == 1


async def test_offline_nothing_is_lost_and_back_again_it_goes_on(here: Stage, browser: Browser) -> None:
    async with here.opened(browser) as tab:
        await tab.page.context.set_offline(True)
        await press(tab.page, "Retry")
        await says(tab, "the connection is lost", ALERT)
        assert await usable(tab, "Retry")
        assert await here.kept() == []
        await tab.page.context.set_offline(False)
        await press(tab.page, "Retry")
        await says(tab, "waiting for its turn")
        await tab.page.context.set_offline(True)
        await here.answer()
        await asyncio.sleep(1)
        await tab.page.context.set_offline(False)
        await says(tab, "Retry: done")
        tab.complaints = [one for one in tab.complaints if "ERR_INTERNET_DISCONNECTED" not in one]


async def test_two_tabs_press_once_and_both_see_it(here: Stage, browser: Browser) -> None:
    async with here.opened(browser) as one, here.beside(one.page.context) as other:
        for tab in (one, other):
            await choose(tab.page, "Retry")
        for tab in (one, other):
            await tab.page.click("dialog.confirm button.yes")
            await says(tab, "waiting for its turn")
        await here.answer()
        for tab in (one, other):
            await says(tab, "Retry: done")
        assert len(await here.kept()) == 1


async def test_whoever_comes_back_is_told_the_end_of_what_they_asked_for(here: Stage, browser: Browser) -> None:
    async with here.opened(browser) as tab:
        await press(tab.page, "Retry")
        await says(tab, "waiting for its turn")
        await tab.page.reload()
        await says(tab, "waiting for its turn")
        assert not await usable(tab, "Retry")
        await here.answer()
        await says(tab, "Retry: done")


async def test_what_goes_on_elsewhere_is_not_asked_for_here(here: Stage, browser: Browser) -> None:
    async with here.opened(browser) as alice, here.opened(browser, "mona") as mona:
        await press(alice.page, "Retry")
        await says(alice, "waiting for its turn")
        here.news()
        await says(mona, "alice", "#actions .offers")
        assert not await usable(mona, "Retry")
        await here.answer()
        await mona.until("!document.querySelector('#actions .offers button').disabled")


async def test_a_keyboard_retries_and_rolls_back(here: Stage, browser: Browser) -> None:
    async with here.opened(browser, "mona") as tab:
        keyboard = tab.page.keyboard
        await keyboard.press("Tab")
        assert await focused(tab) == "Retry"
        await keyboard.press("Enter")
        assert await focused(tab) == "Retry", "whoever means it presses Enter once more"
        await keyboard.press("Escape")
        assert await tab.page.locator("dialog").count() == 0
        assert await focused(tab) == "Retry"
        await keyboard.press("Enter")
        await keyboard.press("Enter")
        await here.answer()
        await says(tab, "Retry: done")
        assert await focused(tab) == "Retry"
        for _ in range(2):
            await keyboard.press("Tab")
        assert await focused(tab) == "Roll back"
        await keyboard.press("Space")
        assert await focused(tab) == "Cancel", "what cannot be had back is not one key away"
        told = await tab.text("dialog.confirm")
        assert "canary of octo/shop" in told
        assert here.here.head[:7] in told
        await keyboard.press("Tab")
        await keyboard.press("Enter")
        ended = await here.answer()
        await says(tab, "Roll back: done")
        assert (ended.verb, ended.arguments, ended.who) == ("rollback", here.here.head[:7], "mona")


async def test_a_reason_is_asked_for_where_one_is_due(here: Stage, browser: Browser) -> None:
    async with here.opened(browser, "root") as tab:
        await choose(tab.page, "Override risk")
        assert await tab.page.evaluate("document.activeElement.tagName") == "TEXTAREA"
        for short in ("", "  \n ", "frozen"):
            await tab.page.fill("dialog.confirm textarea", short)
            await tab.page.click("dialog.confirm button.yes")
            assert await tab.page.locator("dialog[open]").count() == 1
        await tab.page.fill("dialog.confirm textarea", f"known\n flake {HOSTILE}")
        await tab.page.click("dialog.confirm button.yes")
        ended = await here.answer()
        assert ended.arguments == f"risk {here.here.head[:7]} known flake {HOSTILE}"
        await says(tab, "Override risk: done")
        assert await tab.page.locator("#actions li.undo button").inner_text() == "Withdraw override"


async def test_whoever_may_not_is_told_by_the_buttons(here: Stage, browser: Browser) -> None:
    async with here.opened(browser, "carol") as tab:
        buttons = tab.page.locator("#actions .offers button")
        assert await buttons.count() == 5
        for at in range(5):
            assert await buttons.nth(at).is_disabled()
        assert "takes the role maintain or more; you have read" in await tab.text("#actions .offers")


async def test_whoever_lost_the_role_since_is_told_by_the_server(here: Stage, browser: Browser) -> None:
    async with here.opened(browser) as tab:
        here.here.repo.state.collaborators["alice"] = "read"
        await press(tab.page, "Retry")
        await says(tab, "it takes the role `write` or more".replace("`", ""), ALERT)
        assert await here.kept() == []
        tab.complaints = [one for one in tab.complaints if "403" not in one]


async def test_whoever_is_not_signed_in_is_led_there_and_back(here: Stage, browser: Browser) -> None:
    async with here.opened(browser, "") as tab:
        assert await tab.page.locator("#actions button").count() == 0
        link = await tab.page.get_attribute("#actions a", "href")
        assert link == f"{here.here.url}/login?next=%2Fpr%2Focto%2Fshop%2F{here.here.number}"
    async with here.opened(browser) as tab:
        await choose(tab.page, "Retry")
        await tab.page.context.clear_cookies()
        await tab.page.click("dialog.confirm button.yes")
        await says(tab, "you are signed out", ALERT)
        await tab.until("document.querySelector('#actions a[href*=login]')")
        assert await here.kept() == []
        tab.complaints = [one for one in tab.complaints if "401" not in one]


async def test_who_waits_too_long_is_told_and_may_ask_again(here: Stage, browser: Browser) -> None:
    async with here.opened(browser) as tab:
        await tab.page.clock.install()
        await press(tab.page, "Retry")
        await says(tab, "waiting for its turn")
        for _ in range(40):
            await tab.page.clock.run_for(5_000)
        await says(tab, "there is no answer yet", ALERT)
        assert await usable(tab, "Retry")
        await tab.page.clock.resume()


async def test_whatever_things_are_called_they_stay_text(here: Stage, browser: Browser) -> None:
    here.offer("retry", HOSTILE, arguments=HOSTILE, target=HOSTILE, description=HOSTILE)
    async with here.opened(browser) as tab:
        await tab.page.locator("#actions .offers button").last.click()
        assert (await tab.text("dialog.confirm")).count("<img src=x") == 5
        await tab.page.click("dialog.confirm button.yes")
        await here.answer(Progress.FAILED, f"{HOSTILE} `{HOSTILE}`")
        await says(tab, f"failed: {HOSTILE} {HOSTILE}", ALERT)
        assert await tab.page.evaluate("window.hit") is None
        assert await tab.page.locator("#actions :is(img, script)").count() == 0
        almost = "<a id='jQuery1' href='' disabled='disabled'></a><img src=x>"  # as one that jQuery may have parsed
        for markup in ("<img src=x>", almost):
            refused = await tab.page.evaluate(
                "markup => { try { $('#actions').html(markup); return ''; } catch (e) { return e.name; } }", markup
            )
            assert refused == "TypeError"
        tab.complaints = [one for one in tab.complaints if "TrustedHTML" not in one]


@pytest.mark.parametrize("profile", READERS.values(), ids=READERS)
async def test_everybody_can_use_it(here: Stage, browser: Browser, profile: dict[str, Any]) -> None:
    async with here.opened(browser, "mona", **profile) as tab:
        assert await complaints(tab) == []
        for box in [await one.bounding_box() for one in await tab.page.locator("#actions button").all()]:
            assert box is not None
            assert min(box["width"], box["height"]) >= 24
        await choose(tab.page, "Roll back")
        assert await complaints(tab) == []


# --- from elsewhere ---


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"], ids=["same site", "another site"])
async def test_a_page_of_somebody_else_cannot_act_though_the_browser_holds_the_cookie(
    here: Stage, browser: Browser, host: str
) -> None:
    async with here.opened(browser, "root") as tab, elsewhere(host) as lure:
        await tab.page.goto(lure)
        body = json.dumps(here.here.wanted("rollback", here.here.head[:7]))
        said = await tab.page.evaluate(ATTACK, [here.here.url, body])
        assert said == BLIND
        await tab.page.goto(here.url)
        await tab.until(READY)
        assert await here.kept() == []
        assert await deliveries(here.here) == []
        tab.complaints.clear()


async def test_our_page_is_framed_by_nobody(here: Stage, browser: Browser) -> None:
    async with here.opened(browser, "root") as tab, elsewhere("127.0.0.1") as lure:
        await tab.page.goto(lure)
        await tab.page.evaluate(
            "url => { const f = document.createElement('iframe'); f.src = url; document.body.append(f); "
            "return new Promise(done => { f.onload = done; }); }",
            here.url,
        )
        assert await tab.page.frames[-1].locator("#actions").count() == 0
        tab.complaints.clear()
