"""The overlay as an extension of a real Chromium, on a page that GitHub's policy guards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import unused_port

from app.render.overlay import Deployment, extension
from tests.pages.overlaid import GITHUB, HOST, Overlaid, Setting, chromium_with, connect, made_for, overlaid
from tests.pages.stand_in import TOKEN, model

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


async def test_it_mounts_where_no_script_of_the_page_may_and_says_that_it_is_not_connected(on_github: Overlaid) -> None:
    assert await on_github.hosts() == 1
    await on_github.click("Maestro")
    await on_github.until("root.querySelector('.status').innerText === 'Not connected'")
    read = await on_github.text()
    assert "Make a code on Maestro's pairing page" in read
    assert read.count("Not connected") == 1


async def test_a_code_connects_it_and_it_shows_what_was_decided(on_github: Overlaid, overlay: Setting) -> None:
    await connect(on_github)
    read = await on_github.text()
    for words in ("BLOCK", "1 of 2 checks stops #7", "Why: checkout p95 is 261 ms", "claude",
                  "Repair: attempt 2 of at most 3: impl@medium tries", "Figures: eval 0.82 · $0.40 of $2.00",
                  "0.82", "$0.40",
                  "p95: 261 ms (limit 250 ms, 95 % 255 to 266, n = 1,204)", "Overridden by root: known",
                  "Connected as ada"):  # fmt: skip
        assert words in read
    assert overlay.maestro.tokens == {TOKEN}


@pytest.mark.parametrize("state", ["merged", "closed"])
async def test_what_is_merged_or_closed_is_not_spoken_of_as_open_and_all_findings_count(
    on_github: Overlaid, overlay: Setting, state: str
) -> None:
    told = model()
    told["pull"]["state"] = state
    told["checks"][0]["findings_total"] = 1_200
    told["checks"][0]["measures"][0]["n"] = 4_000
    overlay.maestro.models[7] = told
    await connect(on_github)
    read = await on_github.text()
    for words in (f"It is {state}", "Round totals, by ada", "1,200 findings", "n = 4,000"):
        assert words in read
    assert "Next:" not in read


async def test_the_token_is_out_of_the_reach_of_the_page_and_of_our_own_scripts_there(on_github: Overlaid) -> None:
    await connect(on_github)
    told = await on_github.inside(
        "const reply = await chrome.runtime.sendMessage({kind: 'model', owner: 'octo', repo: 'shop', number: 7});"
        "const session = await chrome.storage.session.get(null).catch(String);"
        "return JSON.stringify([reply, session, await chrome.storage.local.get(null)]);"
    )
    seen = await on_github.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert "BLOCK" in told
    assert TOKEN not in told + seen + await on_github.page.content()


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
async def test_the_worker_asks_nothing_but_what_it_knows(on_github: Overlaid, overlay: Setting, message: str) -> None:
    await connect(on_github)
    overlay.maestro.asked.clear()
    reply = await on_github.inside(f"return chrome.runtime.sendMessage({message});")
    assert reply == {"status": 400, "tag": "", "body": {"error": "that cannot be asked"}}
    assert overlay.maestro.asked == []


async def test_it_asks_with_the_token_alone_and_takes_no_answer_twice(on_github: Overlaid, overlay: Setting) -> None:
    await connect(on_github)
    tag = await on_github.inside(
        "return (await chrome.runtime.sendMessage({kind: 'model', owner: 'octo', repo: 'shop', number: 7})).tag;"
    )
    again = f"{{kind: 'model', owner: 'octo', repo: 'shop', number: 7, tag: {tag!r}}}"
    assert (await on_github.inside(f"return chrome.runtime.sendMessage({again});"))["status"] == 304
    sent = overlay.maestro.headers[-1]
    assert sent["Authorization"] == f"Bearer {TOKEN}"
    assert not sent.keys() & {"Cookie", "Referer"}


@pytest.mark.parametrize("way", ["turbo", "react"])
async def test_it_follows_to_another_pull_request_and_away_and_back(on_github: Overlaid, way: str) -> None:
    await connect(on_github)
    await on_github.page.evaluate(f"{way}('/octo/shop/pull/8/files')")
    await on_github.says("stops #8")
    assert await on_github.hosts() == 1
    await on_github.page.evaluate(f"{way}('/octo/shop/issues')")
    await on_github.page.locator(HOST).wait_for(state="detached")
    await on_github.page.go_back()
    await on_github.says("stops #8")
    assert await on_github.hosts() == 1


async def test_a_navigation_that_nobody_tells_of_is_noticed(on_github: Overlaid) -> None:
    await connect(on_github)
    await on_github.page.evaluate("history.pushState({}, '', '/octo/shop/pull/8')")
    await on_github.says("stops #8")
    await on_github.page.evaluate("document.body.replaceChildren()")
    await on_github.page.locator(HOST).wait_for(state="attached")
    await on_github.says("stops #8")


async def test_a_copy_of_it_that_the_page_made_is_taken_away(on_github: Overlaid) -> None:
    await on_github.page.evaluate(
        "document.body.append(document.querySelector('maestro-decision-center').cloneNode(true));"
        "document.dispatchEvent(new CustomEvent('turbo:render'));"
    )
    assert await on_github.hosts() == 1
    await on_github.until("root.querySelector('.tab')")


async def test_where_another_overlay_is_there_are_not_two(on_github: Overlaid) -> None:
    await on_github.page.evaluate(
        "const other = document.createElement('maestro-decision-center'); other.dataset.of = 'another';"
        "document.body.append(other); document.dispatchEvent(new CustomEvent('turbo:render'));"
    )
    assert await on_github.hosts() == 1
    assert await on_github.page.get_attribute(HOST, "data-of") == "another"
    await on_github.page.evaluate(f"document.querySelector('{HOST}').remove()")
    await on_github.until("root.querySelector('.tab')")


async def test_what_an_extension_left_behind_that_is_gone_takes_itself_away(overlay: Setting, tmp_path: Path) -> None:
    async with chromium_with(made_for(overlay.maestro.url), tmp_path) as context, overlaid(context) as tab:
        await tab.until("root.querySelector('.tab')")
        worker = context.service_workers[0]
        await worker.evaluate("setTimeout(() => chrome.runtime.reload(), 0)")
        await tab.page.locator(HOST).wait_for(state="detached")


async def test_a_tab_that_nobody_looks_at_asks_for_nothing(on_github: Overlaid, overlay: Setting) -> None:
    await connect(on_github)
    overlay.maestro.asked.clear()
    await on_github.inside("Object.defineProperty(document, 'hidden', { value: true, configurable: true });")
    await on_github.page.evaluate("document.dispatchEvent(new Event('visibilitychange')); react('/octo/shop/pull/8')")
    await on_github.until("root.querySelector('.where').innerText.endsWith('#8')")
    assert overlay.maestro.asked == []
    await on_github.inside("delete document.hidden;")
    await on_github.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await on_github.says("stops #8")


async def test_there_is_none_but_on_pull_requests(overlay: Setting) -> None:
    async with overlaid(overlay.context, f"{GITHUB}/octo/shop/pulls") as tab:
        await tab.page.evaluate("react('/octo/shop/pull/7x')")
        assert await tab.hosts() == 0
        await tab.page.evaluate("react('/octo/shop/pull/7#discussion')")
        await tab.until("root.querySelector('.tab')")
        assert await tab.hosts() == 1


async def test_where_nothing_listens_that_is_said(overlay: Setting, tmp_path: Path) -> None:
    nowhere = extension(Deployment(f"http://127.0.0.1:{unused_port()}", GITHUB, "1.5.0"))
    async with chromium_with(nowhere, tmp_path) as context, overlaid(context) as tab:
        await tab.click("Maestro")
        await tab.until("root.querySelector('#code')")
        await tab.inside("root.querySelector('#code').value = 'ABCD';")
        await tab.click("Connect")
        await tab.says("Maestro cannot be reached just now. Try again in a moment.")


HANDLED = "onerror=window.hit=1"
HOSTILE = (
    "<script>window.hit = 1</script>",
    "</script><script>window.hit = 1</script>",
    "<script src=data:text/javascript,window.hit=1></script>",
    "<script type=module>window.hit = 1</script>",
    "<scr<script>ipt>window.hit = 1</scr</script>ipt>",
    f"<img src=x {HANDLED}>",
    f"<IMG SRC=x {HANDLED.upper()}>",
    f"<img/src=x/{HANDLED}>",
    f"<img src=x\n{HANDLED}>",
    f'"><img src=x {HANDLED}>',
    f"'><img src=x {HANDLED}>",
    f"`><img src=x {HANDLED}>",
    f"<image href=x {HANDLED}>",
    f"<video src=x {HANDLED}></video>",
    f"<audio src=x {HANDLED}></audio>",
    f"<video><source {HANDLED}></video>",
    f"<object data=x {HANDLED}></object>",
    f"<link rel=stylesheet href=x {HANDLED}>",
    "<svg onload=window.hit=1>",
    "<svg><script>window.hit = 1</script></svg>",
    "<svg><animate onbegin=window.hit=1 attributeName=x dur=1s>",
    "<svg><a href=javascript:window.hit=1><text>x</text></a></svg>",
    "<body onload=window.hit=1>",
    "<iframe src=javascript:parent.hit=1></iframe>",
    "\"><iframe srcdoc='<script>parent.hit = 1</script>'>",
    "<embed src=javascript:window.hit=1>",
    "<a href=javascript:window.hit=1>x</a>",
    "javascript:window.hit=1",
    "JaVaScRiPt:window.hit=1",
    "java\tscript:window.hit=1",
    "data:text/html,<script>opener.hit = 1</script>",
    "//evil.example",
    "<form action=javascript:window.hit=1><button>x</button></form>",
    "<input autofocus onfocus=window.hit=1>",
    "<select autofocus onfocus=window.hit=1>",
    "<details open ontoggle=window.hit=1>",
    "<marquee onstart=window.hit=1>",
    "<style>aside { display: none }</style>",
    "</p><style>@import 'https://evil.example'</style>",
    "<base href=https://evil.example>",
    "<meta http-equiv=refresh content=0;url=javascript:window.hit=1>",
    "<template shadowrootmode=open><script>window.hit = 1</script></template>",
    f"<math><mtext><table><mglyph><style><img src=x {HANDLED}>",
    f"<noscript><p title='</noscript><img src=x {HANDLED}>'>",
    f"&lt;img src=x {HANDLED}&gt;",
    f"&#60;img src=x {HANDLED}&#62;",
    "{{constructor.constructor('window.hit = 1')()}}",
    "${window.hit = 1}",
    "<!--><script>window.hit = 1</script>-->",
    "<![CDATA[<script>window.hit = 1</script>]]>",
)


async def test_whatever_things_are_called_they_stay_text(on_github: Overlaid, overlay: Setting) -> None:
    assert len(HOSTILE) >= 40
    await connect(on_github)
    elements = "script, img, image, svg, iframe, object, embed, style, math, base, meta, link, template, video, form"
    ways = "[...root.querySelectorAll('a')].every(one => /^https?:$/.test(one.protocol))"
    safe = f"window.hit === undefined && root.querySelector('aside').checkVisibility() && {ways}"
    for hostile in HOSTILE:
        overlay.maestro.models[7] = everywhere(model(page="x"), hostile)
        await on_github.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        shown = f"root.querySelector('.headline').textContent === {json.dumps(hostile)}"
        await on_github.until(shown)
        await on_github.inside("root.querySelectorAll('details').forEach((one) => { one.open = true; });")
        assert await on_github.inside(f"return root.querySelectorAll({elements!r}).length;") == 0, hostile
        assert await on_github.inside(f"return {safe};"), hostile
        assert await on_github.page.evaluate("window.hit") is None, hostile


def everywhere(told: Any, text: str) -> Any:
    """The same, with `text` for each that is free."""
    kept = {"state", "mode", "tone", "repository", "head_sha", "verdict", "verb"}
    if isinstance(told, dict):
        return {key: value if key in kept else everywhere(value, text) for key, value in told.items()}
    if isinstance(told, list):
        return [everywhere(one, text) for one in told]
    return text if isinstance(told, str) else told
