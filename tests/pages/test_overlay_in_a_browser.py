"""The overlay as an extension of a real Chromium, on a page that GitHub's policy guards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import unused_port
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext

from app.render.overlay import Deployment, extension
from tests.pages.overlaid import GITHUB, Overlaid, chromium_with, overlaid
from tests.pages.stand_in import CODE, SHA, TOKEN, StandIn, model, standing_in

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Setting:
    """A browser with the extension, and the Maestro that it was made for."""

    context: BrowserContext
    maestro: StandIn


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def setting(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Setting]:
    async with standing_in() as maestro:
        zipped = extension(Deployment(maestro.url, GITHUB, "1.5.0"))
        async with chromium_with(zipped, Path(tmp_path_factory.mktemp("overlay"))) as context:
            yield Setting(context, maestro)


@pytest_asyncio.fixture(loop_scope="module")
async def github(setting: Setting) -> AsyncIterator[Overlaid]:
    """A tab on the pull request, not yet connected, the panel closed."""
    fresh = StandIn(url=setting.maestro.url)
    vars(setting.maestro).update(vars(fresh))
    async with overlaid(setting.context) as tab:
        await tab.inside("await chrome.runtime.sendMessage({kind: 'leave'}); await chrome.storage.local.clear();")
        await tab.page.reload()
        await tab.until("root.querySelector('.tab')")
        setting.maestro.asked.clear()
        yield tab


async def connect(tab: Overlaid) -> None:
    """Open the panel and type the code in, as a person does."""
    await tab.click("Maestro")
    await tab.until("root.querySelector('#code')")
    await tab.inside("root.querySelector('#code').focus();")
    await tab.page.keyboard.type(CODE)
    await tab.page.keyboard.press("Enter")
    await tab.until("root.querySelector('.verdict')")


async def test_it_mounts_where_no_script_of_the_page_may_and_says_that_it_is_not_connected(github: Overlaid) -> None:
    assert await github.hosts() == 1
    await github.click("Maestro")
    await github.until("root.querySelector('.status').innerText === 'Not connected'")
    assert "Make a code on Maestro's pairing page" in await github.text()


async def test_a_code_connects_it_and_it_shows_what_was_decided(github: Overlaid, setting: Setting) -> None:
    await connect(github)
    read = await github.text()
    for words in ("BLOCK", "1 of 2 checks stops #7", "Why: checkout p95 is 261 ms", "claude", "0.82", "$0.40",
                  "p95: 261 ms (limit 250 ms, 95 % 255 to 266, n = 1204)", "Overridden by root: known",
                  "Connected as ada"):  # fmt: skip
        assert words in read
    assert setting.maestro.tokens == {TOKEN}


async def test_the_token_is_out_of_the_reach_of_the_page_and_of_our_own_scripts_there(github: Overlaid) -> None:
    await connect(github)
    told = await github.inside(
        "const reply = await chrome.runtime.sendMessage({kind: 'model', owner: 'octo', repo: 'shop', number: 7});"
        "const session = await chrome.storage.session.get(null).catch(String);"
        "return JSON.stringify([reply, session, await chrome.storage.local.get(null)]);"
    )
    seen = await github.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert "BLOCK" in told
    assert TOKEN not in told + seen + await github.page.content()


@pytest.mark.parametrize(
    "message",
    [
        "null",
        "{kind: 'model', owner: '..', repo: '..', number: 7}",
        "{kind: 'model', owner: 'octo', repo: 'shop/../../api', number: 7}",
        "{kind: 'model', owner: 'octo', repo: 'shop', number: '7/../../../login'}",
        "{kind: 'followed', id: '../sessions'}",
        "{kind: 'fetch', url: 'https://evil.example'}",
        "{kind: 'constructor'}",
        "{kind: 'command', body: 'a string'}",
        "{kind: 'command', body: {long: 'x'.repeat(10000)}}",
        "{kind: 'pair', code: ''}",
        "{kind: 'pair', code: {}}",
    ],
)
async def test_the_worker_asks_nothing_but_what_it_knows(github: Overlaid, setting: Setting, message: str) -> None:
    await connect(github)
    setting.maestro.asked.clear()
    reply = await github.inside(f"return chrome.runtime.sendMessage({message});")
    assert reply == {"status": 400, "tag": "", "body": {"error": "that cannot be asked"}}
    assert setting.maestro.asked == []


async def test_it_asks_with_the_token_alone_and_takes_no_answer_twice(github: Overlaid, setting: Setting) -> None:
    await connect(github)
    tag = await github.inside(
        "return (await chrome.runtime.sendMessage({kind: 'model', owner: 'octo', repo: 'shop', number: 7})).tag;"
    )
    again = f"{{kind: 'model', owner: 'octo', repo: 'shop', number: 7, tag: {tag!r}}}"
    assert (await github.inside(f"return chrome.runtime.sendMessage({again});"))["status"] == 304
    sent = setting.maestro.headers[-1]
    assert sent["Authorization"] == f"Bearer {TOKEN}"
    assert not sent.keys() & {"Cookie", "Referer"}


async def test_a_wrong_code_is_said_and_can_be_tried_again(github: Overlaid, setting: Setting) -> None:
    setting.maestro.codes = {"another"}
    await github.click("Maestro")
    await github.until("root.querySelector('#code')")
    await github.inside("root.querySelector('#code').focus();")
    await github.page.keyboard.type("wrong")
    await github.page.keyboard.press("Enter")
    await github.says("That did not work: the code is wrong, or no longer good.")
    assert (
        await github.inside("return root.querySelector('[role=alert]').innerText !== '' && root.activeElement.id;")
        == "code"
    )
    await github.page.keyboard.press("Control+a")
    await github.page.keyboard.type("another")
    await github.click("Connect")
    await github.until("root.querySelector('.verdict')")


@pytest.mark.parametrize("way", ["turbo", "react"])
async def test_it_follows_to_another_pull_request_and_away_and_back(github: Overlaid, way: str) -> None:
    await connect(github)
    await github.page.evaluate(f"{way}('/octo/shop/pull/8/files')")
    await github.says("stops #8")
    assert await github.hosts() == 1
    await github.page.evaluate(f"{way}('/octo/shop/issues')")
    await github.page.wait_for_function("!document.querySelector('maestro-decision-center')")
    await github.page.go_back()
    await github.says("stops #8")
    assert await github.hosts() == 1


async def test_a_navigation_that_nobody_tells_of_is_noticed(github: Overlaid) -> None:
    await connect(github)
    await github.page.evaluate("history.pushState({}, '', '/octo/shop/pull/8')")
    await github.says("stops #8")
    await github.page.evaluate("document.body.replaceChildren()")
    await github.page.wait_for_selector("maestro-decision-center", state="attached")
    await github.says("stops #8")


async def test_a_copy_of_it_that_the_page_made_is_taken_away(github: Overlaid) -> None:
    await github.page.evaluate(
        "document.body.append(document.querySelector('maestro-decision-center').cloneNode(true));"
        "document.dispatchEvent(new CustomEvent('turbo:render'));"
    )
    assert await github.hosts() == 1
    await github.until("root.querySelector('.tab')")


async def test_there_is_none_but_on_pull_requests(setting: Setting) -> None:
    async with overlaid(setting.context, f"{GITHUB}/octo/shop/pulls") as tab:
        await tab.page.evaluate("react('/octo/shop/pull/7x')")
        assert await tab.hosts() == 0
        await tab.page.evaluate("react('/octo/shop/pull/7#discussion')")
        await tab.until("root.querySelector('.tab')")
        assert await tab.hosts() == 1


async def test_what_is_not_judged_is_said(github: Overlaid) -> None:
    await connect(github)
    await github.page.evaluate("react('/octo/shop/pull/9')")
    await github.says("Not judged here")
    assert "BLOCK" not in await github.text()


async def test_a_token_that_was_revoked_is_forgotten(github: Overlaid, setting: Setting) -> None:
    await connect(github)
    setting.maestro.tokens.clear()
    await github.page.evaluate("react('/octo/shop/pull/8')")
    await github.says("Not connected")
    before = len(setting.maestro.asked)
    await github.page.evaluate("react('/octo/shop/pull/7')")
    await github.until("root.querySelector('.where').innerText.endsWith('#7')")
    await github.says("Not connected")
    assert setting.maestro.asked[before:] == [], "there is nothing to ask with"


async def test_whoever_disconnects_is_signed_out_there_too(github: Overlaid, setting: Setting) -> None:
    await connect(github)
    await github.click("Disconnect")
    await github.says("Not connected")
    assert setting.maestro.tokens == set()


async def test_the_keyboard_alone_opens_acts_and_closes_it_and_the_page_hears_none_of_it(
    github: Overlaid, setting: Setting
) -> None:
    setting.maestro.tokens.add(TOKEN)
    await connect(github)
    await github.page.keyboard.press("Escape")
    assert await github.inside("return root.querySelector('.panel').hidden;")
    assert await github.focused() == "Maestro: BLOCK"
    await github.page.evaluate("keys.length = 0")
    await github.page.keyboard.press("Enter")
    assert await github.focused() == "Collapse"
    for _ in range(20):
        await github.page.keyboard.press("Tab")
        if await github.focused() == "Retry":
            break
    await github.page.keyboard.press("Enter")
    await github.until("root.querySelector('dialog[open]')")
    await github.page.keyboard.press("Escape")
    await github.until("!root.querySelector('dialog[open]')")
    assert not await github.inside("return root.querySelector('.panel').hidden;"), "Escape closed the dialog alone"
    assert setting.maestro.posted == []
    assert await github.page.evaluate("keys.filter(key => key.length === 1)") == []


async def press_retry(tab: Overlaid) -> None:
    """Ask for another try, and mean it."""
    await tab.click("Retry")
    await tab.until("root.querySelector('dialog[open]')")
    await tab.inside("root.querySelector('dialog .yes').focus();")
    await tab.page.keyboard.press("Enter")


async def test_it_acts_on_the_commit_that_it_shows_and_says_what_came_of_it(github: Overlaid, setting: Setting) -> None:
    await connect(github)
    await press_retry(github)
    await github.says("Retry: done. Retried 2 checks.")
    (posted,) = setting.maestro.posted
    assert posted.pop("key")
    assert posted == {
        "repository": "octo/shop", "number": 7, "head_sha": SHA, "verb": "retry", "arguments": ""
    }  # fmt: skip
    assert await github.focused() == "Retry"


async def test_what_is_asked_for_twice_while_it_is_under_way_is_done_once(github: Overlaid, setting: Setting) -> None:
    setting.maestro.result = "running"
    await connect(github)
    await press_retry(github)
    await github.says("Retry: taken in")
    assert await github.inside("return button('Retry').disabled;")
    setting.maestro.result = "done"
    await github.says("Retry: done.")
    assert len(setting.maestro.posted) == 1


async def test_an_error_is_said_and_the_same_asking_can_be_sent_again(github: Overlaid, setting: Setting) -> None:
    setting.maestro.refusing = 500
    await connect(github)
    await press_retry(github)
    await github.says("Try again: it is done once.")
    setting.maestro.refusing = 0
    await press_retry(github)
    await github.says("Retry: done.")
    first, second = setting.maestro.posted
    assert first["key"] == second["key"]


async def test_a_head_that_moved_is_said_and_looked_at_anew(github: Overlaid, setting: Setting) -> None:
    setting.maestro.refusing = 409
    await connect(github)
    setting.maestro.models[7] = model(headline="Another head")
    await press_retry(github)
    await github.says("the pull request has moved to")
    await github.says("Another head")


async def test_what_is_drawn_anew_keeps_the_focus_and_what_was_unfolded(github: Overlaid, setting: Setting) -> None:
    await connect(github)
    await github.inside("const one = root.querySelector('summary'); one.click(); one.focus();")
    setting.maestro.models[7] = model(headline="News of it")
    await github.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await github.says("News of it")
    assert await github.inside("return root.querySelector('details').open;")
    assert await github.focused() == "1 finding"
    await github.inside("button('Retry').focus();")
    setting.maestro.models[7] = model(headline="More of it")
    await github.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await github.says("More of it")
    assert await github.focused() == "Retry"


async def test_it_stays_closed_or_open_as_it_was_left(github: Overlaid) -> None:
    await connect(github)
    await github.page.reload()
    await github.until("!root.querySelector('.panel').hidden")
    await github.click("Collapse")
    await github.page.reload()
    await github.until(
        "root.querySelector('.panel').hidden && root.querySelector('.tab').innerText === 'Maestro: BLOCK'"
    )


async def test_it_covers_no_control_of_the_page_that_has_the_focus(github: Overlaid) -> None:
    covered = (
        "const ours = root.querySelector('aside').getBoundingClientRect();"
        "const low = document.querySelector('#low').getBoundingClientRect();"
        "return ours.bottom > low.top && ours.top < low.bottom && ours.left < low.right;"
    )
    assert await github.inside(covered)
    await github.page.focus("#low")
    assert not await github.inside(covered)
    await github.click("Maestro")
    await github.page.focus("#comment")
    await github.page.focus("#low")
    assert not await github.inside(covered)


async def test_when_maestro_is_away_what_was_seen_stays_and_is_said_to_be_old(
    github: Overlaid, setting: Setting
) -> None:
    setting.maestro.models[7] = model(commands=[{"state": "pending"}])
    await connect(github)
    setting.maestro.broken = 503
    await github.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await github.says("Maestro answered with an error (503). What you see may be old.")
    assert "BLOCK" in await github.text()
    setting.maestro.broken = 0
    await github.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await github.until("!root.querySelector('.stale')")


async def test_where_nothing_listens_that_is_said(setting: Setting, tmp_path: Path) -> None:
    nowhere = extension(Deployment(f"http://127.0.0.1:{unused_port()}", GITHUB, "1.5.0"))
    async with chromium_with(nowhere, tmp_path) as context, overlaid(context) as tab:
        await tab.click("Maestro")
        await tab.until("root.querySelector('#code')")
        await tab.inside("root.querySelector('#code').value = 'ABCD';")
        await tab.click("Connect")
        await tab.says("Maestro cannot be reached just now. Try again in a moment.")


HOSTILE = (
    "<script>window.hit = 1</script>",
    '<img src=x onerror="window.hit = 1">',
    "<svg onload=window.hit=1>",
    "\"><iframe srcdoc='<script>parent.hit = 1</script>'>",
    "javascript:window.hit=1",
    "<details open ontoggle=window.hit=1>",
    "{{constructor.constructor('window.hit = 1')()}}",
    "</p><style>aside { display: none }</style>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.hit=1>",
    "&lt;img src=x onerror=window.hit=1&gt;",
)


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_whatever_things_are_called_they_stay_text(github: Overlaid, setting: Setting, hostile: str) -> None:
    setting.maestro.models[7] = everywhere(model(), hostile)
    await connect(github)
    before = await github.inside("return root.querySelectorAll('script, img, svg, iframe, style, math').length;")
    assert before == 0
    assert hostile in await github.inside("return root.querySelector('.headline').innerText;")
    assert await github.inside("return [...root.querySelectorAll('a')].every(one => one.protocol.startsWith('http'));")
    assert await github.page.evaluate("window.hit") is None
    assert await github.inside(
        "return window.hit === undefined && getComputedStyle(root.querySelector('aside')).display !== 'none';"
    )


def everywhere(told: Any, text: str) -> Any:
    """The same, with `text` for each that is free."""
    kept = {"state", "mode", "tone", "repository", "head_sha", "verdict", "verb"}
    if isinstance(told, dict):
        return {key: value if key in kept else everywhere(value, text) for key, value in told.items()}
    if isinstance(told, list):
        return [everywhere(one, text) for one in told]
    return text if isinstance(told, str) else told


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
async def test_axe_finds_no_fault_inside(github: Overlaid, scheme: Any, width: int) -> None:
    await github.page.emulate_media(color_scheme=scheme)
    await github.page.set_viewport_size({"width": width, "height": 640})
    await github.click("Maestro")
    await github.until("root.querySelector('#code')")
    assert await faults(github) == []
    await github.click("Collapse")
    await connect(github)
    assert await faults(github) == []
    assert await github.inside("return document.documentElement.scrollWidth - innerWidth;") <= 0
    await github.click("Retry")
    await github.until("root.querySelector('dialog[open]')")
    assert await faults(github) == []
    await github.page.keyboard.press("Escape")
    await github.page.keyboard.press("Escape")
    assert await faults(github) == []


async def faults(tab: Overlaid) -> list[Any]:
    """What axe finds fault with on the page and inside: run where our scripts run, it is let into the closed root."""
    await tab.devtools.send("Runtime.evaluate", {"expression": Axe().axe_script, "contextId": tab.world})
    told = await tab.inside(
        "Object.defineProperty(host, 'shadowRoot', { value: root, configurable: true });"
        "const told = await axe.run(); delete host.shadowRoot;"
        "const within = told.passes.some(one => one.nodes.some(node => Array.isArray(node.target[0])));"
        "return {within, faults: told.violations.map(one => [one.id, one.nodes.map(node => node.target)])};"
    )
    assert told["within"], "axe looked inside"
    found: list[Any] = told["faults"]
    return found
