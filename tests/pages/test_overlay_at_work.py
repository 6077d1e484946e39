"""People at work with the overlay, in a real Chromium: what they see, press and are told."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe

from tests.pages.overlaid import Overlaid, Setting, connect
from tests.pages.stand_in import CODE, SHA, TOKEN, model
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


async def test_a_wrong_code_is_said_and_can_be_tried_again(on_github: Overlaid, overlay: Setting) -> None:
    overlay.maestro.codes = {"another"}
    await on_github.click("Maestro")
    await on_github.until("root.querySelector('#code')")
    await on_github.inside("root.querySelector('#code').focus();")
    await on_github.page.keyboard.type("wrong")
    await on_github.page.keyboard.press("Enter")
    await on_github.says("That did not work: the code is wrong, or no longer good.")
    assert (
        await on_github.inside("return root.querySelector('[role=alert]').innerText !== '' && root.activeElement.id;")
        == "code"
    )
    await on_github.page.keyboard.press("Control+a")
    await on_github.page.keyboard.type("another")
    await on_github.click("Connect")
    await on_github.until("root.querySelector('.verdict')")


async def test_what_is_not_judged_is_said(on_github: Overlaid) -> None:
    await connect(on_github)
    await on_github.page.evaluate("react('/octo/shop/pull/9')")
    await on_github.says("Not judged here")
    assert "BLOCK" not in await on_github.text()


async def test_a_token_that_was_revoked_is_forgotten(on_github: Overlaid, overlay: Setting) -> None:
    await connect(on_github)
    overlay.maestro.tokens.clear()
    await on_github.page.evaluate("react('/octo/shop/pull/8')")
    await on_github.says("Not connected")
    before = len(overlay.maestro.asked)
    await on_github.page.evaluate("react('/octo/shop/pull/7')")
    await on_github.until("root.querySelector('.where').innerText.endsWith('#7')")
    await on_github.says("Not connected")
    assert overlay.maestro.asked[before:] == [], "there is nothing to ask with"


async def test_whoever_disconnects_is_signed_out_there_too(on_github: Overlaid, overlay: Setting) -> None:
    await connect(on_github)
    await on_github.click("Disconnect")
    await on_github.says("Not connected")
    assert overlay.maestro.tokens == set()


async def test_the_keyboard_alone_opens_acts_and_closes_it_and_the_page_hears_none_of_it(
    on_github: Overlaid, overlay: Setting
) -> None:
    overlay.maestro.tokens.add(TOKEN)
    await connect(on_github)
    await on_github.page.keyboard.press("Escape")
    assert await on_github.inside("return root.querySelector('.panel').hidden;")
    assert await on_github.focused() == "Maestro: BLOCK"
    await on_github.page.evaluate("keys.length = 0")
    await on_github.page.keyboard.press("Enter")
    assert await on_github.focused() == "Collapse"
    for _ in range(20):
        await on_github.page.keyboard.press("Tab")
        if await on_github.focused() == "Retry":
            break
    await on_github.page.keyboard.press("Enter")
    await on_github.until("root.querySelector('dialog[open]')")
    await on_github.page.keyboard.press("Escape")
    await on_github.until("!root.querySelector('dialog[open]')")
    assert not await on_github.inside("return root.querySelector('.panel').hidden;"), "Escape closed the dialog alone"
    assert overlay.maestro.posted == []
    assert await on_github.page.evaluate("keys.filter(key => key.length === 1)") == []


async def press_retry(tab: Overlaid) -> None:
    """Ask for another try, and mean it."""
    await tab.click("Retry")
    await tab.until("root.querySelector('dialog[open]')")
    await tab.inside("root.querySelector('dialog .yes').focus();")
    await tab.page.keyboard.press("Enter")


async def test_it_acts_on_the_commit_that_it_shows_and_tells_the_result(on_github: Overlaid, overlay: Setting) -> None:
    await connect(on_github)
    await press_retry(on_github)
    await on_github.says("Retry: done. Retried 2 checks.")
    (posted,) = overlay.maestro.posted
    assert posted.pop("key")
    assert posted == {
        "repository": "octo/shop", "number": 7, "head_sha": SHA, "verb": "retry", "arguments": ""
    }  # fmt: skip
    assert await on_github.focused() == "Retry"


async def test_what_is_under_way_cannot_be_asked_for_again(on_github: Overlaid, overlay: Setting) -> None:
    overlay.maestro.result = "running"
    await connect(on_github)
    await press_retry(on_github)
    await on_github.says("Retry: taken in")
    assert await on_github.inside("return button('Retry').disabled;")
    overlay.maestro.result = "done"
    await on_github.says("Retry: done.")
    assert len(overlay.maestro.posted) == 1


async def test_an_error_is_said_and_the_same_asking_can_be_sent_again(on_github: Overlaid, overlay: Setting) -> None:
    overlay.maestro.refusing = 500
    await connect(on_github)
    await press_retry(on_github)
    await on_github.says("Try again: it is done once.")
    overlay.maestro.refusing = 0
    await press_retry(on_github)
    await on_github.says("Retry: done.")
    first, second = overlay.maestro.posted
    assert first["key"] == second["key"]


async def test_a_head_that_moved_is_said_and_looked_at_anew(on_github: Overlaid, overlay: Setting) -> None:
    overlay.maestro.refusing = 409
    await connect(on_github)
    overlay.maestro.models[7] = model(headline="Another head")
    await press_retry(on_github)
    await on_github.says("the pull request has moved to")
    await on_github.says("Another head")


async def test_that_a_newer_head_is_being_judged_is_said(on_github: Overlaid, overlay: Setting) -> None:
    overlay.maestro.models[7] = model(judging="f" * 40)
    await connect(on_github)
    await on_github.says("fffffff is being judged: what you see is of a1b2c3d before it.")


async def test_what_is_drawn_anew_keeps_the_focus_and_what_was_unfolded(on_github: Overlaid, overlay: Setting) -> None:
    await connect(on_github)
    await on_github.inside("const one = root.querySelector('summary'); one.click(); one.focus();")
    overlay.maestro.models[7] = model(headline="News of it")
    await on_github.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await on_github.says("News of it")
    assert await on_github.inside("return root.querySelector('details').open;")
    assert await on_github.focused() == "1 finding"
    await on_github.inside("button('Retry').focus();")
    overlay.maestro.models[7] = model(headline="More of it")
    await on_github.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await on_github.says("More of it")
    assert await on_github.focused() == "Retry"
    await on_github.inside("button('Disconnect').focus();")
    overlay.maestro.models[7] = model(headline="And more")
    await on_github.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await on_github.says("And more")
    assert await on_github.focused() == "Disconnect"


async def test_whoever_types_a_code_is_not_disturbed(on_github: Overlaid) -> None:
    await on_github.click("Maestro")
    await on_github.until("root.querySelector('#code')")
    await on_github.inside("root.querySelector('#code').focus();")
    await on_github.page.keyboard.type("ABCD")
    await on_github.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await on_github.inside("await chrome.runtime.sendMessage({ kind: 'followed', id: 'c1' });")
    await on_github.page.keyboard.type("-EFGH")
    assert await on_github.inside("return root.querySelector('#code').value;") == CODE


async def test_it_stays_closed_or_open_as_it_was_left(on_github: Overlaid) -> None:
    await connect(on_github)
    await on_github.page.reload()
    await on_github.until("!root.querySelector('.panel').hidden")
    await on_github.click("Collapse")

    async def remembered() -> bool:
        return bool(await on_github.inside("return (await chrome.storage.local.get('open')).open === false;"))

    await until(remembered)
    await on_github.page.reload()
    await on_github.until(
        "root.querySelector('.panel').hidden && root.querySelector('.tab').innerText === 'Maestro: BLOCK'"
    )


async def test_what_is_told_later_does_not_push_the_button_away_that_closes_it(on_github: Overlaid) -> None:
    place = "const box = root.querySelector('.close').getBoundingClientRect(); return [box.x, box.y];"
    await on_github.click("Maestro")
    await on_github.until("root.querySelector('#code')")
    before = await on_github.inside(place)
    await on_github.inside("root.querySelector('#code').focus();")
    await on_github.page.keyboard.type(CODE)
    await on_github.page.keyboard.press("Enter")
    await on_github.until("root.querySelector('.verdict')")
    assert await on_github.inside(place) == before
    assert before[1] > 64, "GitHub's own header stays free"


async def test_it_covers_no_control_of_the_page_that_has_the_focus(on_github: Overlaid) -> None:
    covered = (
        "const ours = root.querySelector('aside').getBoundingClientRect();"
        "const low = document.querySelector('#low').getBoundingClientRect();"
        "return ours.bottom > low.top && ours.top < low.bottom && ours.left < low.right;"
    )
    assert await on_github.inside(covered)
    await on_github.page.focus("#low")
    assert not await on_github.inside(covered)
    await on_github.click("Maestro")
    await on_github.page.evaluate("document.querySelector('main').tabIndex = -1")
    await on_github.page.focus("main")
    assert not await on_github.inside("return root.querySelector('.panel').hidden;"), "of that, most is seen"
    await on_github.page.evaluate("document.querySelector('#low').style.bottom = '30rem'")
    await on_github.page.focus("#low")
    assert await on_github.inside("return root.querySelector('.panel').hidden;")
    assert not await on_github.inside(covered)


async def test_when_maestro_is_away_what_was_seen_stays_and_is_said_to_be_old(
    on_github: Overlaid, overlay: Setting
) -> None:
    overlay.maestro.models[7] = model(commands=[{"state": "pending"}])
    await connect(on_github)
    overlay.maestro.broken = 503
    await on_github.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await on_github.says("Maestro answered with an error (503). What you see may be old.")
    assert "BLOCK" in await on_github.text()
    overlay.maestro.broken = 0
    await on_github.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await on_github.until("!root.querySelector('.stale')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
async def test_axe_finds_no_fault_inside(on_github: Overlaid, scheme: Any, width: int) -> None:
    await on_github.page.emulate_media(color_scheme=scheme)
    await on_github.page.set_viewport_size({"width": width, "height": 640})
    await on_github.click("Maestro")
    await on_github.until("root.querySelector('#code')")
    assert await faults(on_github) == []
    await on_github.click("Collapse")
    await connect(on_github)
    assert await faults(on_github) == []
    assert await on_github.inside("return document.documentElement.scrollWidth - innerWidth;") <= 0
    await on_github.click("Retry")
    await on_github.until("root.querySelector('dialog[open]')")
    assert await faults(on_github) == []
    await on_github.page.keyboard.press("Escape")
    await on_github.page.keyboard.press("Escape")
    assert await faults(on_github) == []


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
