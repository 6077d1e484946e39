"""What is done about a failing change, on its page, in its JSON and in the news, over a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.model import Cause, Used
from checks.dispatching import Dispatching
from checks.model import Measurement
from program.remediation import Course, Result
from tests.pages.looking import words
from tests.pages.pulled import HEAD, PullTrial, case, pull_trial
from tests.render.remedied import HANDED_OVER, MENDED, WORKING

pytestmark = pytest.mark.slow


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[PullTrial]:
    async with pull_trial(tmp_path) as opened:
        await opened.decide(p95=261.0)
        yield opened


async def said(here: PullTrial, below: str = "") -> str:
    answer = await here.opened(below)
    assert answer.status == 200
    return words(await answer.text())


async def told(here: PullTrial, **headers: str) -> dict[str, Any]:
    answer = await here.get(here.api, Cookie=headers.pop("Cookie", f"maestro-page={here.key}"))
    assert answer.status == 200
    model: dict[str, Any] = await answer.json()
    return model


async def test_the_page_says_what_is_tried_now_and_lists_every_attempt(here: PullTrial) -> None:
    await here.repair(WORKING)
    page = await said(here)
    assert "Repair: attempt 3 of at most 3: arm impl@medium : $0.25, expected chain $0.34" in page
    assert "repairing begun 2026-11-22 07:40:00 UTC" in page
    assert "what failed runs again fails still flaky" in page
    assert "impl@small tries fails still contract" in page
    assert "6 min · $0.08 · its run Chosen: arm impl@small : $0.08, expected chain $0.26" in page
    assert 'href="https://github.com/acme/shop/actions/runs/42"' in await (await here.opened()).text()


async def test_where_nothing_was_repaired_the_page_says_so_at_its_end(here: PullTrial) -> None:
    page = await said(here)
    assert "Repairs nothing was repaired by itself" in page
    assert "Repair:" not in page


async def test_what_was_handed_over_before_stands_below_what_goes_on(here: PullTrial) -> None:
    await here.repair(HANDED_OVER)
    await here.repair(replace(WORKING, began=WORKING.began + 900, attempts=()))
    page = await said(here)
    assert "1 before this one" in page
    assert page.index("repairing begun") < page.index("handed over to people begun")


async def test_the_json_has_the_newest_with_its_attempts_and_what_was_spent(here: PullTrial) -> None:
    await here.stores.measurements.keep("acme/shop", HEAD, (Measurement("eval_score", 0.91),))
    await here.repair(MENDED)
    model = await told(here)
    remediation = model["remediation"]
    assert (remediation["course"], remediation["word"], remediation["failure"]) == ("mended", "mended", "contract")
    assert remediation["said"] == "mended by attempt 3 (impl@medium) after 14 min · $0.33"
    assert [(one["n"], one["step"], one["result"], one["arm"], one["usd"]) for one in remediation["attempts"]] == [
        (1, "rerun", "failed", "", None),
        (2, "agent", "failed", "impl@small", 0.08),
        (3, "agent", "mended", "impl@medium", 0.25),
    ]
    assert model["repairing"] == "", "it fails again: what was mended is of the past"
    assert model["reported"] == {"eval_score": 0.91}
    assert model["spending"] == "eval 0.91"


async def test_whoever_may_is_offered_to_stop_it(here: PullTrial) -> None:
    await here.repair(WORKING)
    offered = [one for one in (await told(here, Cookie="as=alice"))["actions"] if one["verb"] == "remediate stop"]
    assert [(one["label"], one["allowed"]) for one in offered] == [("Stop repairing", True)]
    await here.repair(replace(WORKING, course=Course.STOPPED, why="stopped by alice", ended=WORKING.began + 60))
    offered = (await told(here, Cookie="as=carol"))["actions"]
    assert [(one["verb"], one["allowed"]) for one in offered if one["verb"].startswith("remediate")] == [
        ("remediate", False)
    ]


async def test_each_step_is_news_and_nothing_else_is(here: PullTrial) -> None:
    async def edition() -> str:
        return (await here.stores.pull_news.of((("acme/shop", 7),)))[("acme/shop", 7)].word

    seen = [await edition()]
    await here.repair(replace(WORKING, attempts=WORKING.attempts[:1]))
    seen.append(await edition())
    await here.repair(WORKING)
    seen.append(await edition())
    assert len(set(seen)) == 3
    await here.repair(replace(WORKING, number=8))
    await here.repair(replace(WORKING, repository="acme/other"))
    assert await edition() == seen[-1], "what is done about another pull request is no news of this one"


async def test_a_decision_of_the_past_says_nothing_of_what_is_done_now(here: PullTrial) -> None:
    first = await here.decide(p95=262.0)
    await here.repair(WORKING)
    then = await said(here, f"/history/{first}")
    assert "attempt" not in then
    assert "Repair" not in then


async def test_of_what_is_merged_nothing_goes_on(here: PullTrial) -> None:
    await here.repair(WORKING)
    await here.stores.decisions.void("acme/shop", 7, Cause("pull_request.merged"))
    page = await said(here)
    assert "Repair: attempt" not in page
    assert "repairing begun" in page, "what was done stays to be read"
    assert (await told(here))["repairing"] == ""


async def test_an_attempt_without_an_outcome_yet_has_no_time_and_no_cost(here: PullTrial) -> None:
    await here.repair(replace(WORKING, attempts=(replace(WORKING.attempts[1], n=1, ended=None, usd=None, run=None),)))
    page = await said(here)
    assert "its run" not in page
    assert "min ·" not in page
    await here.repair(replace(WORKING, attempts=(replace(WORKING.attempts[1], n=1, result=Result.INFRA),)))
    assert "did not run: infrastructure" in await said(here)


async def test_what_was_reported_is_summed_up_against_the_budget_of_the_rules(here: PullTrial) -> None:
    assert (await told(here))["spent"] is None
    made = case(p95=261.0)
    budget = replace(made, snapshot=replace(made.snapshot, dispatching=Dispatching(budget_usd=2.0)))
    await here.decide(budget)
    used = Used(HEAD, "job-1", 7, usd=0.42, tokens=1_000, cached_tokens=610)
    await here.stores.usage.keep("acme/shop", (used,))
    await here.stores.usage.keep_jobs("acme/shop", HEAD, ((1, 12), (2, 6)))
    page = await said(here)
    assert "Cost $0.42 of $2.00" in page
    assert "Cost and scores Models $0.42 of $2.00 CI 18.0 min Tokens 1,000, 61 % of them from a cache" in page
    model = await told(here)
    assert model["short"]["cost"] == "$0.42 of $2.00"
    assert model["spending"] == "$0.42 of $2.00 · 18 CI min · cache 61 %"
    assert (model["spent"]["usd"], model["spent"]["budget_usd"], model["spent"]["over"]) == (0.42, 2.0, False)
    await here.stores.usage.keep("acme/shop", (replace(used, report="job-2", usd=1.6),))
    assert "$2.02 of $2.00, budget used up" in await said(here), "a report is news by itself"
