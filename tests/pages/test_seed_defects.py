"""The overlay that this Decision Center took the place of had these defects, each of which was measured: ours has none.

What it showed was drawn into the page as markup, what it did was one unguarded form post, and what came of that was not
said. Each test is named after one of them, and looks at our own page, web and worker both real, in a real Chromium.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession, DummyCookieJar, web
from playwright.async_api import Browser, Request

from app.render.assets import ROOT
from tests.browser import Tab
from tests.pages.acting import ALERT, choose, press, says
from tests.pages.looking import READERS, complaints
from tests.pages.whole import Whole, whole

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

HOSTILE = "<img src=x onerror='window.hit = 1'>"
RULES = "version: 1\ncontract: {mode: block, post: {tests: pass}}\n"
FIRST = ("/api/decision/alt", "/api/decision/tests", "/api/release/rollback")


@pytest_asyncio.fixture(loop_scope="module")
async def here(tmp_path: Path) -> AsyncIterator[Whole]:
    """A pull request whose tests failed: one workflow, and one check with a name that would be markup."""
    async with whole(tmp_path, RULES) as opened:
        await opened.change(title=f"Correct {HOSTILE}", failing=("ci", HOSTILE))
        yield opened


async def sent(tab: Tab) -> list[Request]:
    """The requests that act, from now on, as they are sent."""
    seen: list[Request] = []
    tab.page.on("request", lambda one: seen.append(one) if one.method == "POST" else None)
    return seen


async def test_stored_markup_ran_from_the_rationale(here: Whole, browser: Browser) -> None:
    async with here.opened(browser) as tab:
        assert HOSTILE in await tab.text("#verdict"), "the reason names the check"
        assert HOSTILE in await tab.text("h1")
        await press(tab.page, "Retry")
        await says(tab, "Retry: done")
        assert await tab.page.evaluate("window.hit") is None
        assert await tab.page.locator("img").count() == 0


async def test_a_cost_that_nobody_knows_left_the_card_empty(here: Whole, browser: Browser) -> None:
    async with here.opened(browser) as tab:
        model = await tab.page.evaluate(f"fetch('/api{here.path}').then(answer => answer.json())")
        assert (model["short"]["arm"], model["short"]["eval"], model["short"]["cost"]) == (None, None, None)
        await tab.page.click("#empty summary")
        assert "not measured: nobody reported cost_usd of this head" in await tab.text("#empty")
        assert await tab.text("h1 .word") == "BLOCK"


async def test_and_then_no_button_had_a_handler(here: Whole, browser: Browser) -> None:
    async with here.opened(browser) as tab:
        posted = await sent(tab)
        await press(tab.page, "Retry")
        await says(tab, "Retry: done")
        assert len(posted) == 1


async def test_a_500_was_not_told_to_anybody(here: Whole, browser: Browser) -> None:
    async def fails(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=500)

    async with here.opened(browser) as tab:
        here.faults["POST /api/commands"] = fails
        await press(tab.page, "Retry")
        await says(tab, "the server answered 500", ALERT)
        here.faults.clear()
        await press(tab.page, "Retry")
        await says(tab, "Retry: done")
        tab.complaints = [one for one in tab.complaints if "500" not in one]


async def test_nothing_told_that_it_was_under_way_or_done(here: Whole, browser: Browser) -> None:
    async with here.opened(browser) as tab:
        await tab.page.evaluate(
            """() => {
                window.said = [];
                const status = document.querySelector('#actions [role=status]');
                new MutationObserver(() => window.said.push(status.textContent)).observe(status, {childList: true});
            }"""
        )
        await press(tab.page, "Retry")
        await says(tab, "Retry: done")
        said = " | ".join(await tab.page.evaluate("window.said"))
        assert said.index("sending") < said.index("waiting for its turn") < said.index("Retry: done")


async def test_a_form_of_another_site_could_send_it(here: Whole, browser: Browser) -> None:
    async with here.opened(browser, "root") as tab:
        posted = await sent(tab)
        await press(tab.page, "Retry")
        await says(tab, "Retry: done")
        headers = await posted[0].all_headers()
        assert headers["content-type"] == "application/json"
        assert len(headers["x-csrf"]) >= 24
        before = len(await here.kept())
        for path in FIRST:
            for body in ({"form": {"rc": "current"}}, {"data": "{}", "headers": {"Content-Type": "text/plain"}}):
                answer = await tab.page.request.post(f"{here.url}{path}", **body)  # with the cookie, as a form has it
                assert answer.status in {403, 415}
        assert len(await here.kept()) == before


async def test_anybody_could_send_it(here: Whole, browser: Browser) -> None:
    wanted = {"repository": "octo/shop", "number": here.number, "head_sha": here.head, "key": "0123456789"}
    async with ClientSession(cookie_jar=DummyCookieJar()) as nobody:
        for path in FIRST:
            async with nobody.post(f"{here.url}{path}", json=wanted) as answer:
                assert answer.status == 401
    async with here.opened(browser, "carol") as tab:
        assert await tab.page.is_disabled("#actions .offers button >> nth=0")
        for path in FIRST:
            assert await _posted(tab, path, wanted) == 403
        tab.complaints.clear()
    assert await here.kept() == []


async def _posted(tab: Tab, path: str, body: Any) -> int:
    """What the server answers to a script on our own page, of whoever is signed in there."""
    status: int = await tab.page.evaluate(
        """async ([model, path, body]) => {
            const { csrf } = await (await fetch(model)).json();
            const headers = {'Content-Type': 'application/json', 'X-CSRF': csrf};
            return (await fetch(path, {method: 'POST', headers, body: JSON.stringify(body)})).status;
        }""",
        [f"/api{await tab.page.evaluate('location.pathname')}", path, body],
    )
    return status


async def test_it_did_not_say_of_which_pull_request_and_commit(here: Whole, browser: Browser) -> None:
    async with here.opened(browser) as tab:
        posted = await sent(tab)
        await choose(tab.page, "Retry")
        asked = await tab.text("dialog.confirm")
        assert f"octo/shop#{here.number}" in asked
        assert here.head[:7] in asked
        await tab.page.click("dialog.confirm button.yes")
        await says(tab, "Retry: done")
        body = json.loads(posted[0].post_data or "")
        assert (body["repository"], body["number"], body["head_sha"]) == ("octo/shop", here.number, here.head)
        assert len(body["key"]) == 36


async def test_two_clicks_did_it_twice(here: Whole, browser: Browser) -> None:
    async with here.opened(browser) as tab:
        await tab.page.dblclick("#actions .offers button:text-is('Retry')")
        await tab.page.dblclick("dialog.confirm button.yes")
        await says(tab, "Retry: done")
        assert len(await here.kept()) == 1
        assert len(here.calls("rerun-failed-jobs")) == 1


async def test_its_addresses_were_those_of_whatever_page_it_was_on(here: Whole, browser: Browser) -> None:
    """Our page speaks with our own server alone; the overlay's worker with the one that is written into it."""
    async with here.opened(browser) as tab:
        asked: list[str] = []
        tab.page.on("request", lambda one: asked.append(one.url))
        await tab.page.reload()
        await press(tab.page, "Retry")
        await says(tab, "Retry: done")
        assert len(asked) > 8
        assert [url for url in asked if not url.startswith(f"{here.url}/")] == []
    worker = (ROOT / "overlay" / "worker.js").read_text()
    assert "MAESTRO.root" in worker
    for script in (ROOT / "overlay").glob("*.js"):
        assert "fetch(" not in script.read_text() or script.name in {"worker.js", "userscript.js"}


async def test_its_scripts_came_from_elsewhere_or_stood_in_the_page(here: Whole, browser: Browser) -> None:
    async with here.opened(browser) as tab:
        scripts = await tab.page.eval_on_selector_all("script", "all => all.map(one => [one.src, one.textContent])")
        assert len(scripts) == 4
        assert all(source.startswith(f"{here.url}/static/") and not inline.strip() for source, inline in scripts)
        assert await tab.page.locator("[onclick], [onload], [onerror], [style], style").count() == 0
        answer = await tab.page.request.get(f"{here.url}{here.path}")
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "require-trusted-types-for 'script'" in policy


async def test_its_card_was_the_same_for_ever(here: Whole, browser: Browser) -> None:
    """Ours is read, follows by itself, and says when it may be old."""
    async with here.opened(browser) as tab:
        assert await tab.text("h1 .word") == "BLOCK"
        for run in list(here.repo.state.workflow_runs.values()):
            here.repo.state.workflow_runs.pop(run.id)
        moved = here.repo.commit("fix", {"a.py": "x = 4\n"}, message="Mend it")
        here.repo.report_check(moved, "ci")
        await tab.page.wait_for_function("() => document.querySelector('h1 .word').textContent === 'SHIP'")
        await tab.page.context.set_offline(True)
        await tab.until("document.getElementById('live').textContent.includes('may be old')")
        await tab.page.context.set_offline(False)
        await tab.until("document.getElementById('live').textContent.startsWith('Live')")
        tab.complaints = [one for one in tab.complaints if "ERR_INTERNET_DISCONNECTED" not in one]


@pytest.mark.parametrize("profile", READERS.values(), ids=READERS)
async def test_it_stuck_out_of_a_phone_and_had_no_dark_colours(
    here: Whole, browser: Browser, profile: dict[str, Any]
) -> None:
    async with here.opened(browser, **profile) as tab:
        for opened in (False, True):
            if opened:
                await choose(tab.page, "Retry")
            left, over = await tab.page.evaluate(
                """() => [Math.min(...[...document.querySelectorAll('main *, dialog *')].map(
                    one => one.checkVisibility() ? one.getBoundingClientRect().left : 0)),
                    document.documentElement.scrollWidth - innerWidth]"""
            )
            assert left >= 0
            assert over <= 0
        paper = await tab.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(255, 255, 255)") is (profile["color_scheme"] == "light")


@pytest.mark.parametrize("profile", READERS.values(), ids=READERS)
async def test_axe_found_no_language_no_landmark_and_no_heading(
    here: Whole, browser: Browser, profile: dict[str, Any]
) -> None:
    async with here.opened(browser, **profile) as tab:
        assert await complaints(tab) == []
        assert await tab.page.get_attribute("html", "lang") == "en"
        assert await tab.page.locator("main").count() == 1
        assert await tab.page.locator("h1").count() == 1
        await choose(tab.page, "Retry")
        assert await complaints(tab) == []
