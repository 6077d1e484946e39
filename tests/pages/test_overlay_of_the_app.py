"""The overlay that a running App gives away, on the pages of its own local GitHub: fetched, paired, read and used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession
from playwright.async_api import BrowserContext

from tests.pages.overlaid import Overlaid, chromium_with, overlaid
from tests.road.stories import CONTRACT, change, shop
from tests.road.town import Town, town

pytestmark = pytest.mark.slow


@asynccontextmanager
async def equipped(where: Town, directory: Path) -> AsyncIterator[BrowserContext]:
    """A browser with the extension as the App serves it."""
    async with ClientSession() as session, session.get(f"{where.url}/static/maestro-overlay.zip") as answer:
        assert answer.status == 200
        zipped = await answer.read()
    async with chromium_with(zipped, directory / "browser") as context:
        yield context


async def paired(where: Town, tab: Overlaid, login: str) -> None:
    """Sign in on the App's own page, make a code there, and give it to the overlay: all by hand."""
    page = await tab.page.context.new_page()
    await page.goto(f"{where.url}/login?next=/pair")
    await page.get_by_role("link", name=f"Continue as {login}").click()
    assert await page.get_by_role("link", name="the extension").get_attribute("href") == "/static/maestro-overlay.zip"
    await page.click("#make")
    await page.locator("#code:not(:empty)").wait_for()
    code = await page.inner_text("#code")
    await page.close()
    await tab.click("Maestro")
    await tab.until("root.querySelector('#code')")
    await tab.inside("root.querySelector('#code').focus();")
    await tab.page.keyboard.type(code)
    await tab.page.keyboard.press("Enter")
    await tab.says(f"Connected as {login}")


async def test_a_reviewer_sees_acts_and_sees_what_came_of_it(tmp_path: Path) -> None:
    async with town(tmp_path) as where, equipped(where, tmp_path) as context:
        repo = shop(where.sandbox, CONTRACT)
        number, sha = change(repo)
        await where.rest()
        async with overlaid(context, f"{where.sandbox.url}/octo/shop/pull/{number}") as tab:
            await paired(where, tab, "root")
            await tab.says("HOLD")
            await tab.click("Override")
            await tab.until("root.querySelector('dialog[open] textarea')")
            assert sha[:7] in await tab.text()
            await tab.page.keyboard.type("known since Monday")
            await tab.inside("root.querySelector('dialog .yes').focus();")
            await tab.page.keyboard.press("Enter")
            await tab.says("Override: done.")
            await where.rest()
            await tab.says("Overridden by root: known since Monday")
            await tab.says("SHIP")
            assert tab.complaints == []


async def test_who_may_not_act_is_told_so_and_who_is_signed_out_elsewhere_is_signed_out(tmp_path: Path) -> None:
    async with town(tmp_path) as where, equipped(where, tmp_path) as context:
        number, _ = change(shop(where.sandbox, CONTRACT))
        await where.rest()
        async with overlaid(context, f"{where.sandbox.url}/octo/shop/pull/{number}") as tab:
            await paired(where, tab, "carol")
            await tab.says("It takes the role admin or more; you have read.")
            assert await tab.inside("return button('Override').disabled;")
            page = await context.new_page()
            await page.goto(f"{where.url}/pair")
            await page.get_by_role("button", name="Sign out browser extension").click()
            await page.locator("#said", has_text="done").wait_for()
            await page.close()
            await tab.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
            await tab.says("Not connected")
            assert "HOLD" not in await tab.text()
