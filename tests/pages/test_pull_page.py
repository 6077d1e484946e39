"""The page of a pull request over a real socket: who may see it, and what it says."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientResponse

from app.model import Cause
from app.pages.door import OPEN
from app.store.effects import Effect
from checks.decide import Policy
from checks.dispatching import Dispatching
from checks.model import Measurement
from checks.overridden import Overridden
from tests.pages.looking import words
from tests.pages.pulled import HEAD, NEXT, PullTrial, case, pull_trial

pytestmark = pytest.mark.slow


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[PullTrial]:
    async with pull_trial(tmp_path) as opened:
        yield opened


async def said(here: PullTrial) -> str:
    """What the page says."""
    answer = await here.opened()
    assert answer.status == 200
    return words(await answer.text())


async def unseen(answer: ClientResponse) -> tuple[int, str]:
    """What a stranger gets, but for the address to come back to."""
    return answer.status, re.sub('next=[^"]*', "next=", await answer.text())


# --- who may see it ----------------------------------------------------------------------------------------------


async def test_it_opens_for_its_key_and_for_a_token_of_its_repository_and_is_nothing_to_anybody_else(
    here: PullTrial,
) -> None:
    await here.decide()
    answer = await here.get(here.address)
    assert (answer.status, answer.headers["Location"]) == (303, here.path)
    cookies = answer.headers.getall("Set-Cookie")
    assert [f"Path={path}" in cookie for cookie, path in zip(cookies, (here.api, here.path), strict=True)] == [True] * 2
    assert (await here.opened()).status == 200
    token = await here.stores.tokens.issue("Acme/Shop")
    assert (await here.get(here.path, Authorization=f"Bearer {token}")).status == 200
    other = await here.stores.tokens.issue("acme/other")
    nothing = await unseen(await here.get("/pr/acme/shop/999"))
    for stranger in (
        await here.get(here.path),
        await here.get(here.path, Authorization=f"Bearer {other}"),
        await here.get(f"{here.path}/stream"),
        await here.get(f"/pr/acme/shop/8?key={here.key}"),
    ):
        assert await unseen(stranger) == nothing
    assert (await here.opened("", **{"If-None-Match": (await here.opened()).headers["ETag"]})).status == 304
    capitals = await here.get(f"/pr/Acme/Shop/7?key={here.key}")
    assert (capitals.status, capitals.headers["Location"]) == (303, "/pr/Acme/Shop/7")


async def test_a_key_ends_a_while_after_the_last_news_of_what_was_closed_and_never_of_what_is_open(
    here: PullTrial,
) -> None:
    await here.decide()
    here.clock.at = time.time() + OPEN + 60
    assert (await here.opened()).status == 200
    await here.stores.decisions.void("acme/shop", 7, Cause("pull_request.merged"))
    here.clock.at = time.time() + OPEN - 60
    assert (await here.opened()).status == 200
    here.clock.at += 120
    for below in ("", "/history"):
        assert (await here.opened(below)).status == 404
    assert (await here.get(f"{here.api}?key={here.key}")).status == 404
    token = await here.stores.tokens.issue("acme/shop")
    assert (await here.get(here.path, Authorization=f"Bearer {token}")).status == 200


# --- what it says ------------------------------------------------------------------------------------------------


async def test_a_reviewer_reads_what_is_decided_why_and_what_to_do_and_each_figure_with_its_limit(
    here: PullTrial,
) -> None:
    await here.decide(p95=261.0)
    answer = await here.opened()
    page = await answer.text()
    text = words(page)
    assert '<h1><span class="word">BLOCK</span> <bdi class="subject">Faster checkout</bdi></h1>' in page
    assert "perf_p95_ms 261 ms, limit &lt; 250 ms (contract)" in text
    assert "Faster checkout" in text
    assert text.index("❌ block contract") < text.index("✅ pass risk :"), "what stands in the way comes first"
    assert "perf_p95_ms ❌ block 261 ms &lt; 250 257…267 400" in text
    assert '<a href="https://ci.example/acme/shop/runs/42"><bdi>261 ms</bdi></a>' in page
    assert "Comes in by report-kit → @acme/report" in text
    assert "SpecLive nothing is told of Spec Cards of this head" in text
    assert "Arm none: not an agent&#39;s pull request" in text
    assert "Eval not measured: nobody reported eval_score of this head" in text
    assert "Commands nobody asked for anything" in text
    assert f'data-api="{here.api}"' in page


async def test_what_ci_reports_of_an_agents_work_is_in_the_short_list(here: PullTrial) -> None:
    await here.decide()
    reported = (Measurement("eval_score", 0.91, "", (0.88, 0.94), 200), Measurement("cost_usd", 0.42))
    await here.stores.measurements.keep("acme/shop", HEAD, reported)
    await here.stores.measurements.keep("acme/shop", HEAD, (Measurement("rationale", "smaller `diff`"),))
    text = await said(here)
    assert "Eval 0.91 (0.88…0.94)" in text
    assert "Cost $0.42" in text
    assert "Rationale smaller diff" in text


async def test_the_arm_of_an_agent_is_named_with_what_it_costs_unless_ci_measured_that(here: PullTrial) -> None:
    made = case()
    stated = Dispatching("careful", 0.5, stated=True, next_arm="thorough")
    policy = replace(made.policy, agent="label agent") if isinstance(made.policy, Policy) else None
    await here.decide(replace(made, snapshot=replace(made.snapshot, dispatching=stated), policy=policy))
    text = await said(here)
    assert "Arm careful (as its author says)" in text
    assert "Cost $0.50, as the rules declare of its arm" in text
    await here.stores.measurements.keep("acme/shop", HEAD, (Measurement("cost_usd", 0.42, trusted=False),))
    await here.decide()
    text = await said(here)
    assert "Cost $0.42 (as a fork reports of itself)" in text


async def test_a_check_that_was_overridden_says_by_whom_and_why_and_keeps_its_figures(here: PullTrial) -> None:
    made = case(p95=261.0)
    said_so = tuple(
        Overridden(name, "root", "the vendor confirmed it", 1_700_000_000.0) for name in ("sbom", "contract")
    )
    await here.decide(replace(made, snapshot=replace(made.snapshot, overrides=said_so)))
    page = await (await here.opened()).text()
    text = words(page)
    assert '<span class="word">SHIP</span>' in page
    assert "Overridden by root on 2023-11-14 22:13:20 UTC: the vendor confirmed it" in text
    assert "perf_p95_ms ⚠️ overridden 261 ms &lt; 250" in text
    model = await (await here.get(f"{here.api}?key={here.key}")).json()
    overridden = {one["name"]: one["overridden"] for one in model["checks"]}
    assert overridden["sbom"] == {"who": "root", "reason": "the vendor confirmed it", "at": 1_700_000_000.0}
    assert overridden["risk"] is None


async def test_a_newer_head_is_said_to_be_judged_until_it_is(here: PullTrial) -> None:
    await here.decide()
    before = (await here.opened()).headers["ETag"]
    await here.stores.effects.record("acme/shop/head/7", Effect(None, NEXT, completed=True))
    assert "Judging b2c3d4e: what you see is of a1b2c3d before it." in await said(here)
    await here.push()
    await here.decide(reason="pull_request.synchronize")
    assert "Judging" not in await said(here)
    assert (await here.opened()).headers["ETag"] != before


@pytest.mark.parametrize(
    ("reason", "says"), [("pull_request.merged", "It is merged"), ("pull_request.closed", "It is closed")]
)
async def test_the_last_page_of_what_is_merged_or_closed_stays(here: PullTrial, reason: str, says: str) -> None:
    await here.decide()
    await here.stores.decisions.void("acme/shop", 7, Cause("push"))
    await here.stores.decisions.void("acme/shop", 7, Cause(reason))
    text = await said(here)
    assert says in text
    assert "SHIP" in text


async def test_commands_experiments_and_the_log_stand_below(here: PullTrial) -> None:
    await here.decide()
    await here.canary()
    command = await here.ask(arguments="arm-b")
    assert "retry arm-b · alice , from the Decision Center · pending" in await said(here)
    await here.answer(command, "dispatched `next.yml`", before="arm-a", after="arm-b")
    answer = await here.opened()
    page = await answer.text()
    text = words(page)
    assert "retry arm-b · alice , from the Decision Center · done : dispatched next.yml arm-a → arm-b" in text
    assert "alice asked for retry arm-b · from the Decision Center" in text
    assert "Not decided yet in canary" in text
    assert 'svg class="picture"' in page
    assert f"/experiments/1?key={here.pages.key_of(here.subject)[:4]}" in page
