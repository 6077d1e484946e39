"""The example service and its router do what their pages say."""

from __future__ import annotations

from collections import Counter

from aiohttp import ClientSession

from tests.examples.canary import shop, started


async def test_a_canary_gets_its_share_and_none_once_it_is_taken_back() -> None:
    async with shop() as here:
        assert {who for who, _ in await here.visits(50)} == {"stable"}
        assert await here.put(f"{here.router}/-/share", 0.3) == 200
        served = Counter(who for who, _ in await here.visits(400))
        assert 80 < served["canary"] < 160
        assert await here.put(f"{here.router}/-/share", 0) == 200
        assert {who for who, _ in await here.visits(50)} == {"stable"}
        standing = await here.standing()
        assert standing == {"share": 0, "served": {"stable": 500 - served["canary"], "canary": served["canary"]}}


async def test_each_version_fails_as_often_as_it_is_told_and_counts_it() -> None:
    async with shop(stable=0.0, canary=1.0) as here:
        await here.put(f"{here.router}/-/share", 0.5)
        visits = await here.visits(40)
        assert set(visits) == {("stable", 200), ("canary", 500)}
        canary = await here.metrics(here.canary)
        assert canary["http_errors_total"] == canary["http_requests_total"] == visits.count(("canary", 500))
        assert (await here.metrics(here.stable))["http_errors_total"] == 0
        assert await here.put(f"{here.canary}/-/fault-rate", 0) == 204
        assert {status for _, status in await here.visits(40)} == {200}


async def test_latencies_are_waited_for_and_stand_in_cumulative_buckets() -> None:
    async with shop(p95_ms=40) as here:
        await here.visits(100)
        told = await here.metrics(here.stable)
        buckets = [value for name, value in told.items() if "_bucket" in name]
        assert buckets == sorted(buckets)
        assert buckets[-1] == told["http_request_duration_seconds_count"] == 100
        assert told['http_request_duration_seconds_bucket{le="0.05"}'] >= 80
        assert told["http_request_duration_seconds_sum"] > 0.5
        assert told["cost_dollars_total"] > 0
        assert told["carbon_grams_total"] > 0


async def test_what_is_no_share_and_no_rate_changes_nothing() -> None:
    async with shop() as here:
        for wrong in ("2", "-1", "nan", "half", ""):
            assert await here.put(f"{here.router}/-/share", wrong) == 400
            assert await here.put(f"{here.stable}/-/fault-rate", wrong) == 400
        assert await here.put(f"{here.router}/", 0.5) == 400
        assert (await here.standing())["share"] == 0


async def test_a_version_that_is_gone_is_told_as_that() -> None:
    nobody = "http://127.0.0.1:1"
    async with (
        started("router.py", f"--stable={nobody}", f"--canary={nobody}") as router,
        ClientSession() as session,
        session.get(f"{router}/") as answer,
    ):
        assert (answer.status, answer.headers["X-Served-By"]) == (502, "stable")
