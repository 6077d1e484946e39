"""The page of a pull request in a real Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser import tab
from tests.pages.looking import LIVE, READERS, complaints, unexpected
from tests.pages.pulled import PullTrial, pull_trial

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def here(tmp_path: Path) -> AsyncIterator[PullTrial]:
    async with pull_trial(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("profile", READERS.values(), ids=READERS)
async def test_everybody_can_read_it(here: PullTrial, browser: Browser, profile: Mapping[str, Any]) -> None:
    await here.decide(p95=261.0)
    await here.canary()
    await here.answer(await here.ask(arguments="arm-b"), "dispatched `next.yml`", before="arm-a", after="arm-b")
    async with tab(browser, **profile) as open_page:
        page = open_page.page
        await page.goto(here.address)
        await open_page.until(LIVE)
        assert await complaints(open_page) == []
        await page.emulate_media(media="print", color_scheme="light")
        assert await page.locator("#rows").is_visible()
        assert unexpected(open_page) == []
