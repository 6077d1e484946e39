"""The ledger behind the pace: shared by processes, heard of in time, and never guessed at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from app.github.auth import Identity
from app.github.caller import Tuning
from app.github.client import GitHub
from app.github.errors import RateLimited, Unavailable
from app.github.meter import Metrics
from app.github.pacing import Ledger, LedgerAway, Standing
from app.github.windows import MemoryLedger

from .hub import Hub, Reply, Time

THING = "/thing"
MADE = Reply(201, {"id": 1})


def same(data: Any) -> Any:
    return data


@dataclass
class Watched:
    """A ledger that counts what it is asked, and can be away."""

    ledger: Ledger
    asked: Counter[str] = field(default_factory=Counter)
    away: bool = False

    def _note(self, name: str) -> None:
        self.asked[name] += 1
        if self.away:
            raise LedgerAway

    async def reserve(self, installation: int) -> float:
        self._note("reserve")
        return await self.ledger.reserve(installation)

    async def silence(self, installation: int, seconds: float, strikes: int) -> None:
        self._note("silence")
        await self.ledger.silence(installation, seconds, strikes)

    async def forgive(self, installation: int) -> None:
        self._note("forgive")
        await self.ledger.forgive(installation)

    async def standing(self, installation: int) -> Standing:
        self._note("standing")
        return await self.ledger.standing(installation)

    async def standings(self) -> dict[int, Standing]:
        self._note("standings")
        return await self.ledger.standings()


@pytest.fixture
def ledger(time: Time) -> Watched:
    return Watched(MemoryLedger(lambda: time.now))


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@dataclass
class Workers:
    """Processes that share a ledger."""

    hub: Hub
    session: aiohttp.ClientSession
    time: Time
    pem: str
    ledger: Ledger

    def start(self, registry: CollectorRegistry | None = None, patience: float = 0.0) -> GitHub:
        tuning = Tuning(clock=self.time.clock(), patience=patience)
        identity, url, metrics = Identity(7, self.pem), self.hub.url(), Metrics(registry)
        return GitHub(identity, self.session, api_url=url, tuning=tuning, metrics=metrics, ledger=self.ledger)


@pytest.fixture
def workers(hub: Hub, session: aiohttp.ClientSession, time: Time, pem: str, ledger: Watched) -> Workers:
    hub.on("GET", THING, MADE)
    hub.on("POST", THING, MADE)
    return Workers(hub, session, time, pem, ledger)


async def test_two_workers_share_one_pace(workers: Workers, hub: Hub) -> None:
    one, other = (workers.start().installation(42) for _ in range(2))
    for _ in range(40):
        await one.post(THING, {}, {}, same)
        await other.post(THING, {}, {}, same)
    for worker in (one, other, workers.start().installation(42)):
        with pytest.raises(RateLimited, match="our own pace"):
            await worker.post(THING, {}, {}, same)
    assert len(hub.asked("POST", THING)) == 80


async def test_a_silence_is_heard_by_the_other_worker_within_a_second_and_by_a_new_one_at_once(
    workers: Workers, hub: Hub, time: Time
) -> None:
    one, other = (workers.start().installation(42) for _ in range(2))
    await other.get(THING, {}, same)
    hub.on("GET", THING, Reply(429, None, {"Retry-After": "40"}), MADE)
    with pytest.raises(RateLimited):
        await one.get(THING, {}, same)
    time.now += 1
    for worker in (other, workers.start().installation(42)):
        with pytest.raises(RateLimited) as caught:
            await worker.get(THING, {}, same)
        assert (caught.value.status, caught.value.retry_after) == (0, 39.0)
    time.now += 39
    await other.get(THING, {}, same)


async def test_limits_without_a_time_grow_across_workers_until_github_is_kind(
    workers: Workers, hub: Hub, time: Time, ledger: Watched
) -> None:
    secondary = Reply(403, {"message": "You have exceeded a secondary rate limit."})
    hub.on("GET", THING, secondary, secondary, MADE)
    for expected in (60.0, 120.0):
        with pytest.raises(RateLimited) as caught:
            await workers.start().installation(42).get(THING, {}, same)
        assert caught.value.retry_after == expected
        time.now += expected
    await workers.start().installation(42).get(THING, {}, same)
    assert (await ledger.standing(42)).strikes == 0


async def test_reads_ask_the_ledger_once_a_second_and_nothing_but_the_silence(
    workers: Workers, ledger: Watched, time: Time
) -> None:
    client = workers.start().installation(42)
    await client.get(THING, {}, same)  # makes a token too, which has a page of its own
    ledger.asked.clear()
    for _ in range(50):
        await client.get(THING, {}, same)
    assert ledger.asked == {}
    time.now += 1
    for _ in range(50):
        await client.get(THING, {}, same)
    assert ledger.asked == {"standing": 1}


async def test_without_the_ledger_nothing_is_written(workers: Workers, ledger: Watched, hub: Hub) -> None:
    client = workers.start().installation(42)
    await client.get(THING, {}, same)
    ledger.away = True
    with pytest.raises(Unavailable, match="write budget") as caught:
        await client.post(THING, {}, {}, same)
    assert not caught.value.outcome_unknown
    assert hub.asked("POST", THING) == []
    ledger.away = False
    await client.post(THING, {}, {}, same)


async def test_a_silence_that_the_ledger_could_not_keep_is_still_heeded_here(
    workers: Workers, ledger: Watched, hub: Hub
) -> None:
    client = workers.start().installation(42)
    await client.get(THING, {}, same)
    hub.on("GET", THING, Reply(429, None, {"Retry-After": "40"}), MADE)
    ledger.away = True
    for _ in range(2):
        with pytest.raises(RateLimited):
            await client.get(THING, {}, same)
    assert len(hub.asked("GET", THING)) == 2


async def test_a_clock_set_back_makes_no_silence_longer(
    hub: Hub, session: aiohttp.ClientSession, time: Time, pem: str
) -> None:
    wall = [0.0]
    ledger = MemoryLedger(lambda: time.now + wall[0])  # a ledger by the wall clock, as the database's is
    client = Workers(hub, session, time, pem, ledger).start().installation(42)
    hub.on("GET", THING, Reply(429, None, {"Retry-After": "40"}), MADE)
    with pytest.raises(RateLimited):
        await client.get(THING, {}, same)
    time.now += 1
    with pytest.raises(RateLimited):
        await client.get(THING, {}, same)
    wall[0] = -3_600.0
    time.now += 39
    await client.get(THING, {}, same)


async def test_the_state_of_the_budget_can_be_seen(
    workers: Workers, hub: Hub, time: Time, registry: CollectorRegistry
) -> None:
    github = workers.start(registry)
    client = github.installation(42)
    for _ in range(3):
        await client.post(THING, {}, {}, same)
    hub.on("GET", THING, Reply(429, None, {"Retry-After": "40"}))
    with pytest.raises(RateLimited):
        await client.get(THING, {}, same)
    assert (await github.standings())[42] == Standing(3, 3, 40.0, 0, time.now + 40)
    assert gauges(registry) == {"writes_minute": 3, "writes_hour": 3, "silent_seconds": 40}
    time.now += 3_600
    assert await github.standings() == {}
    assert gauges(registry) == {"writes_minute": 0, "writes_hour": 0, "silent_seconds": 0}


def gauges(registry: CollectorRegistry) -> dict[str, float | None]:
    names = ("writes_minute", "writes_hour", "silent_seconds")
    return {name: registry.get_sample_value(f"maestro_github_{name}", {"installation": "42"}) for name in names}
