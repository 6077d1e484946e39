"""Reports of usage and the minutes of jobs, on both databases: what stands, and what a pull request comes to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.model import Cause, Spent, Used
from app.store.address import Address
from app.store.database import connect, migrate
from app.store.decisions import Decisions
from app.store.measurements import Measurements
from app.store.remediations import Remediations
from app.store.spending import Spending
from app.store.usage import MOST, Outranked, TooMany, Usage
from checks.model import Measurement
from program.remediation import Attempted, Failure, Remediation, Step

FIRST, SECOND, ELSEWHERE = "a" * 40, "b" * 40, "c" * 40
SHOP = "octo/shop"
USED = Used(FIRST, "agent", usd=0.4, tokens=100, cached_tokens=60)


@pytest.fixture
async def spending(either: Address) -> AsyncIterator[Spending]:
    engine = connect(either.main)
    await migrate(engine)
    decisions = Decisions(engine)
    for head in (FIRST, SECOND):
        await decisions.keep(SHOP, 7, head, "hold", b"{}", Cause())
    yield Spending(Usage(engine), Measurements(engine), decisions)
    await engine.dispose()


async def trace(spending: Spending, name: str, arm: str) -> None:
    made = Attempted(1, Step.AGENT, Failure.CONTRACT, FIRST, name, 1.0, arm, "web", "$0.08")
    store, begun = Remediations(spending.usage.engine), Remediation(0, SHOP, 7, FIRST, 1.0, Failure.CONTRACT, "maestro")
    had = await store.begin(begun)
    await store.keep(replace(had, attempts=(*had.attempts, replace(made, n=len(had.attempts) + 1))))


async def test_where_nobody_said_anything_nothing_is_known(spending: Spending) -> None:
    assert await spending.of(SHOP, 7) == Spent()
    assert await spending.spent(SHOP, 7) == 0.0


async def test_the_reports_of_all_heads_sum_up_whatever_the_case_of_the_name(spending: Spending) -> None:
    await spending.usage.keep("Octo/Shop", [USED, replace(USED, sha=SECOND, ci_minutes=2.5)])
    found = await spending.of(SHOP, 7, 2.0)
    assert found == Spent(0.8, None, 200, 120, 2.0, 2, 2.5)
    assert not found.over
    assert (await spending.of(SHOP, 7, 0.8)).over


async def test_a_tenth_ten_times_is_one(spending: Spending) -> None:
    await spending.usage.keep(SHOP, [Used(FIRST, f"r{n}", usd=0.1) for n in range(10)])
    assert (await spending.of(SHOP, 7)).usd == 1.0


async def test_a_report_counts_where_it_says_else_where_its_commit_was_judged(spending: Spending) -> None:
    named = Used(ELSEWHERE, "named", 7, usd=1.0)
    of_another = Used(FIRST, "another", 8, usd=10.0)
    nowhere = Used(ELSEWHERE, "nowhere", usd=100.0)
    await spending.usage.keep(SHOP, [USED, named, of_another, nowhere])
    assert [await spending.spent(SHOP, number) for number in (7, 8)] == [1.4, 10.0]
    assert await spending.spent("octo/other", 7) == 0.0


async def test_a_claim_never_takes_the_place_of_what_is_trusted(spending: Spending) -> None:
    await spending.usage.keep(SHOP, [USED])
    with pytest.raises(Outranked, match="'agent'"):
        await spending.usage.keep(SHOP, [replace(USED, usd=0.01, trusted=False), replace(USED, report="b")])
    assert await spending.spent(SHOP, 7) == 0.4
    await spending.usage.keep(SHOP, [replace(USED, usd=0.5)])
    assert await spending.spent(SHOP, 7) == 0.5


async def test_of_what_is_claimed_the_newest_stands_and_the_trusted_takes_its_place(spending: Spending) -> None:
    for usd, trusted in ((0.1, False), (0.2, False), (0.3, True)):
        await spending.usage.keep(SHOP, [replace(USED, usd=usd, trusted=trusted)])
        found = await spending.of(SHOP, 7)
        assert (found.usd, found.untrusted) == (usd, int(not trusted))


async def test_what_turns_out_to_be_a_forks_is_a_claim_and_can_be_put_right(spending: Spending) -> None:
    await spending.usage.keep(SHOP, [USED, replace(USED, sha=SECOND), replace(USED, sha=ELSEWHERE, number=7)])
    await spending.usage.claimed(SHOP.upper(), 7, FIRST)
    found = await spending.of(SHOP, 7)
    assert (found.reports, found.untrusted) == (3, 2)
    await spending.usage.keep(SHOP, [replace(USED, usd=0.01, trusted=False)])
    assert (await spending.of(SHOP, 7)).usd == pytest.approx(0.81)


async def test_an_arm_is_charged_with_what_is_trusted_alone(spending: Spending) -> None:
    for name, arm in (("t1", "impl@small"), ("t2", "impl@large"), ("t3", "impl@small")):
        await trace(spending, name, arm)
    reports = [Used(FIRST, name, 7, name, usd=usd) for name, usd in (("t1", 0.08), ("t2", 0.8), ("t3", 0.12))]
    await spending.usage.keep(SHOP, [*reports, Used(FIRST, "forged", 7, "t1", usd=50.0, trusted=False), USED])
    arms = (await spending.of(SHOP, 7)).by_arm
    assert [(arm, round(usd, 9)) for arm, usd in arms] == [("impl@large", 0.8), ("impl@small", 0.2)]
    assert await spending.usage.of_trace("t1") == 0.08
    assert await spending.usage.of_trace("t4") is None
    assert await spending.usage.of_trace("") is None


async def test_a_measured_cost_counts_for_each_head_that_no_report_prices(spending: Spending) -> None:
    for sha, usd in ((FIRST, 0.3), (SECOND, 0.5)):
        await spending.measurements.keep(SHOP, sha, [Measurement("cost_usd", usd, source="api")])
    assert (await spending.of(SHOP, 7)).usd == 0.8
    await spending.usage.keep(SHOP, [USED])
    found = await spending.of(SHOP, 7)
    assert (found.usd, found.reports) == (0.9, 2)
    await spending.usage.keep(SHOP, [Used(SECOND, "minutes", ci_minutes=3)])  # it gives no price
    assert (await spending.of(SHOP, 7)).usd == 0.9


@pytest.mark.parametrize("value", ["cheap", True, -1.0, 1e300])
async def test_a_measured_cost_that_is_no_amount_counts_as_none(spending: Spending, value: float | str) -> None:
    await spending.measurements.keep(SHOP, FIRST, [Measurement("cost_usd", value, source="api")])
    assert (await spending.of(SHOP, 7)).usd is None


async def test_what_an_artifact_says_counts_where_nothing_was_sent(spending: Spending) -> None:
    left = {FIRST: (Measurement("cost_usd", 0.7, source="artifact"), Measurement("eval_score", 0.9))}
    assert (await spending.of(SHOP, 7, left=left)).usd == 0.7
    await spending.measurements.keep(SHOP, FIRST, [Measurement("cost_usd", 0.3, source="api")])
    assert (await spending.of(SHOP, 7, left=left)).usd == 0.3


async def test_a_job_counts_once_and_each_time_that_it_runs_again(spending: Spending) -> None:
    await spending.usage.keep_jobs(SHOP, FIRST, [(1, 3), (2, 5)])
    await spending.usage.keep_jobs(SHOP, FIRST, [(1, 3), (3, 4)])  # 3: the second try of 2, which is listed no more
    await spending.usage.keep_jobs(SHOP, SECOND, [(4, 6)])
    await spending.usage.keep_jobs(SHOP, ELSEWHERE, [(5, 100)])
    await spending.usage.keep_jobs(SHOP, SECOND, [])
    assert (await spending.of(SHOP, 7)).ci_minutes == 18


async def test_evaluations_that_race_count_no_job_twice(spending: Spending) -> None:
    jobs = [(n, 1) for n in range(50)]
    await asyncio.gather(*(spending.usage.keep_jobs(SHOP, FIRST, jobs[::step]) for step in (1, -1, 1, -1)))
    assert await spending.usage.minutes(SHOP, [FIRST]) == 50


async def test_more_reports_of_one_commit_than_are_kept_leave_all_as_it_was(spending: Spending) -> None:
    await spending.usage.keep(SHOP, [Used(FIRST, f"r{n}", usd=0.01) for n in range(MOST)])
    with pytest.raises(TooMany, match=f"{MOST} reports"):
        await spending.usage.keep(SHOP, [Used(FIRST, "r0", usd=5.0), Used(FIRST, "one-more", usd=5.0)])
    assert await spending.spent(SHOP, 7) == pytest.approx(0.01 * MOST)
