"""Writes keep GitHub's pace, by installation, on a clock that only sleeping moves."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github.client import GitHub
from app.github.errors import RateLimited
from app.github.windows import GITHUBS, Limits, MemoryLedger

from .conftest import MakeGitHub
from .hub import Hub, Reply, Time

THING = "/thing"
MADE = Reply(201, {"id": 1})
OUR_MINUTE = 60 + GITHUBS.leeway


def same(data: Any) -> Any:
    return data


@given(
    gaps=st.lists(st.integers(0, 90), min_size=1, max_size=120),  # whole seconds: their sums are exact
    per_minute=st.integers(1, 8),
    per_hour=st.integers(8, 30),
)
async def test_no_window_ever_holds_more_writes_than_its_limit(gaps: list[int], per_minute: int, per_hour: int) -> None:
    now = 0.0
    ledger = MemoryLedger(lambda: now, Limits(per_minute, per_hour))
    went: list[float] = []
    for gap in gaps:
        now += gap
        while delay := await ledger.reserve(42):
            now += delay
        went.append(now)
    for count, window in ((per_minute, 60.0), (per_hour, 3_600.0)):
        assert all(late - early >= window for early, late in zip(went, went[count:], strict=False))


@given(st.lists(st.floats(0, GITHUBS.leeway), min_size=300, max_size=300))
async def test_github_counts_eighty_in_a_minute_though_some_are_longer_on_their_way(ways: list[float]) -> None:
    now, arrived = 0.0, []
    ledger = MemoryLedger(lambda: now)
    for way in ways:
        while delay := await ledger.reserve(42):
            now += delay
        arrived.append(now + way)
    arrived.sort()
    assert all(late - early > 60 - 1e-6 for early, late in zip(arrived, arrived[80:], strict=False))


async def test_a_write_within_the_pace_never_waits() -> None:
    now = 1_000.0
    ledger = MemoryLedger(lambda: now)
    for _ in range(80):
        assert await ledger.reserve(42) == 0.0
    for _ in range(2):  # to be told to wait takes nothing
        assert await ledger.reserve(42) == OUR_MINUTE
    assert await ledger.reserve(43) == 0.0
    now += OUR_MINUTE
    assert await ledger.reserve(42) == 0.0


async def test_trap_18_the_eighty_first_write_of_a_minute_waits_for_its_turn(
    make_github: MakeGitHub, hub: Hub, time: Time
) -> None:
    client = make_github(patience=120.0).installation(42)
    hub.on("POST", THING, MADE)
    start = time.now
    for _ in range(80):
        await client.post(THING, {}, {}, same)
    assert time.now == start
    await client.post(THING, {}, {}, same)
    assert time.now - start == OUR_MINUTE


async def test_a_wait_beyond_our_patience_is_a_limit_of_our_own_and_takes_no_slot(
    github: GitHub, hub: Hub, time: Time
) -> None:
    client = github.installation(42)
    hub.on("PATCH", THING, MADE)
    await asyncio.gather(*(client.patch(THING, {}, {}, same) for _ in range(80)))
    for _ in range(2):
        with pytest.raises(RateLimited, match="our own pace") as caught:
            await client.patch(THING, {}, {}, same)
        assert (caught.value.retry_after, caught.value.status) == (OUR_MINUTE, 0)
    assert len(hub.asked("PATCH", THING)) == 80
    time.now += OUR_MINUTE
    await client.patch(THING, {}, {}, same)


async def test_the_pace_is_kept_by_installation_and_shared_by_its_clients(github: GitHub, hub: Hub) -> None:
    hub.on("POST", THING, MADE)
    hub.on("GET", THING, MADE)
    await asyncio.gather(*(github.installation(42).post(THING, {}, {}, same) for _ in range(80)))
    with pytest.raises(RateLimited):
        await github.installation(42, permissions={"checks": "write"}).post(THING, {}, {}, same)
    await github.installation(43).post(THING, {}, {}, same)
    await github.installation(42).get(THING, {}, same)


async def test_tokens_are_no_content_and_are_not_paced(github: GitHub, hub: Hub, time: Time) -> None:
    hub.on("GET", THING, MADE)
    calls = deque(github.installation(number).get(THING, {}, same) for number in range(1, 101))
    await asyncio.gather(*calls)
    assert len(hub.minted) == 100
    assert time.slept == []


async def test_a_write_held_back_by_a_silence_takes_no_slot_of_the_pace(
    make_github: MakeGitHub, hub: Hub, time: Time
) -> None:
    client = make_github(patience=10.0).installation(42)
    hub.on("POST", THING, Reply(429, None, {"Retry-After": "40"}), MADE)
    for _ in range(5):
        with pytest.raises(RateLimited):
            await client.post(THING, {}, {}, same)
    time.now += 40
    for _ in range(79):  # of a minute's 80 slots the one write that went out took one
        await client.post(THING, {}, {}, same)
    assert time.slept == []
    with pytest.raises(RateLimited, match="our own pace") as caught:
        await client.post(THING, {}, {}, same)
    assert caught.value.retry_after == OUR_MINUTE - 40
