"""The overlay as a userscript in a real Chromium. Of the manager, its three functions are imitated."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession
from playwright.async_api import Browser, Route

from app.render.overlay import Deployment, userscript
from tests.browser import Tab, tab
from tests.pages.overlaid import GITHUB, PAGE, POLICY, PULL
from tests.pages.stand_in import CODE, TOKEN, StandIn, standing_in
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

# In a page's own world, where the page lets nothing be called but itself. What is kept is kept out of the page's reach
# by a manager; here it is a variable of the test. The closed root is caught as it is made.
MANAGER = """
window.kept = {};
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) { return (window.root = attach.call(this, options)); };
const GM_getValue = (name, otherwise) => window.kept[name] ?? otherwise;
const GM_setValue = (name, value) => { window.kept[name] = value; };
const GM_xmlhttpRequest = ({ method, url, headers, data, onload, onerror }) =>
  window.called(method, url, headers, data ?? null).then(onload, onerror);
"""
NO_TYPES = POLICY.partition("; require-trusted-types-for")[0]


async def _page(route: Route) -> None:
    await route.fulfill(body=PAGE, content_type="text/html", headers={"Content-Security-Policy": NO_TYPES})


@asynccontextmanager
async def scripted(browser: Browser, maestro: StandIn) -> AsyncIterator[Tab]:
    """GitHub's page of the pull request with the userscript of this Maestro, and the page's own jQuery beside it."""
    async with tab(browser) as opened, ClientSession() as session:

        async def called(method: str, url: str, headers: Mapping[str, str], data: str | None) -> dict[str, Any]:
            async with session.request(method, url, headers=headers, data=data) as answer:
                told = "\r\n".join(f"{name.lower()}: {value}" for name, value in answer.headers.items())
                return {"status": answer.status, "responseHeaders": told, "responseText": await answer.text()}

        await opened.page.expose_function("called", called)
        await opened.page.route("https://github.com/**", _page)
        await opened.page.route("https://github.githubassets.com/**", lambda route: route.fulfill(body=""))
        await opened.page.goto(PULL)
        script = userscript(Deployment(maestro.url, GITHUB, "1.5.0"))
        await opened.page.evaluate(f"window.jQuery = 'of the page'; (() => {{ {MANAGER}\n{script} }})();")
        yield opened


async def press(opened: Tab, words: str) -> None:
    found = (
        f"[...root.querySelectorAll('button')].find(one => one.checkVisibility() && one.innerText.includes('{words}'))"
    )
    await opened.until(f"{found} && !{found}.disabled")
    await opened.page.evaluate(f"{found}.click()")


async def test_it_mounts_connects_shows_and_acts(browser: Browser) -> None:
    async with standing_in() as maestro, scripted(browser, maestro) as opened:
        await press(opened, "Maestro")
        await opened.until("root.querySelector('#code')")
        await opened.page.evaluate(f"root.querySelector('#code').value = '{CODE}'")
        await press(opened, "Connect")
        await opened.until("root.querySelector('.verdict .word')?.innerText === 'BLOCK'")
        await press(opened, "Retry")
        await opened.page.evaluate("root.querySelector('dialog .yes').click()")
        await opened.until("root.querySelector('.progress').innerText.includes('Retried 2 checks.')")
        assert [one["verb"] for one in maestro.posted] == ["retry"]
        assert await opened.page.evaluate("window.jQuery") == "of the page"
        assert await opened.page.evaluate("document.querySelectorAll('maestro-decision-center').length") == 1
        assert opened.complaints == []


async def test_it_asks_with_what_the_manager_keeps_and_forgets_what_is_revoked(browser: Browser) -> None:
    async with standing_in() as maestro, scripted(browser, maestro) as opened:
        maestro.tokens.add(TOKEN)
        await opened.page.evaluate(f"kept.paired = JSON.stringify({{token: '{TOKEN}', login: 'ada'}})")
        await opened.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await opened.until("root.querySelector('.verdict')")
        await opened.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

        async def told_that_nothing_is_new() -> bool:
            return 304 in [status for _, status in maestro.asked]

        await until(told_that_nothing_is_new)
        maestro.tokens.clear()
        await opened.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await opened.until("root.querySelector('.status').innerText === 'Not connected'")
        assert await opened.page.evaluate("kept.paired") == "null"
