"""Every decision of a pull request, and what each changed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.model import Cause
from tests.pages.looking import words
from tests.pages.pulled import NEXT, PULL, PullTrial, case, pull_trial

pytestmark = pytest.mark.slow


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[PullTrial]:
    async with pull_trial(tmp_path) as opened:
        yield opened


async def test_each_decision_says_when_why_at_which_head_and_what_it_changed(here: PullTrial) -> None:
    first = await here.decide()
    await here.push(NEXT)
    second = await here.decide(reason="pull_request.synchronize", p95=261.0)
    await here.stores.decisions.void("acme/shop", 7, Cause("pull_request.closed"))
    page = await (await here.opened("/history")).text()
    text = words(page)
    assert [int(one) for one in re.findall(r"/history/(\d+)", page)] == [second, first]
    assert re.search(r"BLOCK at b2c3d4e , a new head [-\d]+ [:\d]+ UTC · maestro pushed to it", text)
    assert "contract: block, was pass" in text
    assert "perf_p95_ms: 261 ms (block), was 240 ms (pass)" in text
    assert "sbom: block, was pass" in text
    assert "licences denied: 1 (block), was 0 (pass)" in text
    assert "risk:" not in text, "it did not change"
    assert text.index("Nothing was asked of it any more") < text.index("BLOCK")


async def test_a_decision_is_shown_as_its_page_did_and_nothing_can_be_asked_for(here: PullTrial) -> None:
    first = await here.decide(p95=261.0)
    await here.push(NEXT)
    await here.decide()
    then = await (await here.opened(f"/history/{first}")).text()
    assert '<span class="word">BLOCK</span>' in then
    assert "A decision of the past" in words(then)
    assert "perf_p95_ms ❌ block 261 ms &lt; 250" in words(then)
    assert 'id="actions"' not in then
    assert "data-stream" not in then
    assert '<span class="word">SHIP</span>' in await (await here.opened()).text()


async def test_strangers_and_other_pull_requests_get_nothing(here: PullTrial) -> None:
    mine = await here.decide()
    other = await here.decide(case(replace(PULL, number=8)))
    assert (await here.opened(f"/history/{mine}")).status == 200
    for answer in (
        await here.opened(f"/history/{other}"),
        await here.opened("/history/999"),
        await here.get(f"{here.path}/history"),
        await here.get(f"{here.path}/history/{mine}"),
        await here.get(f"/pr/acme/shop/8/history?key={here.key}"),
    ):
        assert answer.status == 404
