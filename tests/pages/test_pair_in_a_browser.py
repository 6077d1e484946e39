"""Signing in, pairing and signing out in a real Chromium, by clicks and by keyboard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser import Tab, tab
from tests.pages.looking import READERS, complaints, tabs_to
from tests.pages.signed import Site, guest, opened

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with opened(tmp_path) as made:
        yield made


async def signs_in(open_tab: Tab, here: Site, login: str = "alice") -> None:
    page = open_tab.page
    await page.goto(f"{here.url}/pair")
    assert page.url.startswith(f"{here.sandbox.url}/login/oauth/authorize")
    await page.click(f"text=Continue as {login}")
    await page.wait_for_url(f"{here.url}/pair")


async def test_a_click_signs_in_a_code_lets_an_overlay_in_and_a_click_ends_it(here: Site, browser: Browser) -> None:
    async with tab(browser) as open_tab, guest(here.url, here.sandbox) as overlay:
        await signs_in(open_tab, here)
        page = open_tab.page
        assert await open_tab.text("h1") == "Signed in as alice"
        assert await page.evaluate("document.cookie") == "", "no script reads it"
        await page.click("#make")
        await open_tab.until("document.getElementById('code').textContent.length === 14")
        assert (await open_tab.text("#said")).endswith(" UTC, for one overlay.")
        code = await open_tab.text("#code")
        answer = await overlay.post("/api/pair", {"code": code, "name": "laptop"}, Origin="")
        token = (await answer.json())["token"]
        await page.reload()
        named = page.get_by_role("button", name="Sign out laptop, since ")
        assert await named.count() == 1
        await named.click()
        await open_tab.until("!document.body.textContent.includes('laptop (overlay)')")
        said = {"Authorization": f"Bearer {token}", "Origin": ""}
        assert (await overlay.post("/api/decision/tests", **said)).status == 401
        assert open_tab.complaints == []


async def test_a_keyboard_signs_out_and_what_fails_is_said_and_can_be_tried_again(here: Site, browser: Browser) -> None:
    async with tab(browser) as open_tab:
        await signs_in(open_tab, here)
        page = open_tab.page
        await page.route("**/api/pair/code", lambda route: route.fulfill(status=500, body="broken"))
        await page.click("#make")
        await open_tab.until("document.getElementById('trouble').textContent.includes('500')")
        await page.unroute("**/api/pair/code")
        await page.click("#make")
        await open_tab.until("document.getElementById('code').textContent.length === 14")
        assert await open_tab.text("#trouble") == ""
        await page.evaluate("document.activeElement.blur()")
        await tabs_to(open_tab, "it.id === 'leave'")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"{here.url}/")
        await page.goto(f"{here.url}/pair")
        assert page.url.startswith(here.sandbox.url), "signed out"


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
async def test_everybody_can_read_it(here: Site, browser: Browser, reader: dict[str, Any]) -> None:
    async with tab(browser, **reader) as open_tab:
        await open_tab.page.goto(f"{here.url}/experiments/1")
        assert await complaints(open_tab) == []
        await open_tab.page.click("text=Sign in with GitHub")
        assert await complaints(open_tab) == []
        await open_tab.page.click("text=Continue as alice")
        await signs_in_again(open_tab, here)
        await open_tab.page.click("#make")
        await open_tab.until("document.getElementById('code').textContent.length === 14")
        assert await complaints(open_tab) == []


async def signs_in_again(open_tab: Tab, here: Site) -> None:
    """Who is signed in is let through at once."""
    await open_tab.page.goto(f"{here.url}/pair")
    assert open_tab.page.url == f"{here.url}/pair"
