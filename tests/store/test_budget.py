"""The write budget in the database: shared, lasting, and not to be fooled by a clock."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.github.pacing import LedgerAway, Standing
from app.github.windows import Limits
from app.store.address import Address
from app.store.budget import SharedLedger
from app.store.database import connect
from app.store.tables import silences, writes

pytestmark = pytest.mark.slow

HOUR = 3_600
START = 1_800_000_000


@dataclass
class Clocks:
    """The true time, and what the database's clock shows: they part when somebody sets the clock back."""

    true: float = START
    astray: float = 0.0

    def now(self) -> int:
        return round((self.true + self.astray) * 1_000_000)


@dataclass
class Grants:
    """Who got a slot when, in true time."""

    clocks: Clocks
    went: list[float] = field(default_factory=list)

    async def ask(self, ledger: SharedLedger) -> float:
        delay = await ledger.reserve(42)
        if not delay:
            self.went.append(self.clocks.true)
        return delay

    def most_in(self, seconds: float) -> int:
        """The most slots of any half-open window."""
        return max((sum(at <= one < at + seconds for one in self.went) for at in self.went), default=0)


async def empty(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        for table in (writes, silences):
            await connection.execute(delete(table))


async def test_a_slot_is_taken_only_where_there_is_one(database: AsyncEngine) -> None:
    clocks = Clocks()
    ledger = SharedLedger(database, Limits(3, 5), clocks.now)
    assert [await ledger.reserve(42) for _ in range(5)] == [0, 0, 0, 60, 60]
    assert await ledger.standing(42) == Standing(minute=3, hour=3)
    assert await ledger.reserve(43) == 0
    clocks.true += 60
    assert [await ledger.reserve(42) for _ in range(3)] == [0, 0, HOUR - 60]


async def test_a_restart_forgets_nothing(either: Address) -> None:
    clocks = Clocks()
    for expected in ([0, 0], [0, 60]):
        engine = connect(either.main)
        ledger = SharedLedger(engine, Limits(3, 500), clocks.now)
        assert [await ledger.reserve(42) for _ in range(2)] == expected
        await engine.dispose()


async def test_what_has_left_the_hour_is_thrown_away(database: AsyncEngine) -> None:
    clocks = Clocks()
    ledger = SharedLedger(database, now=clocks.now)
    for _ in range(30):
        await ledger.reserve(42)
    clocks.true += HOUR
    await ledger.reserve(42)
    async with database.connect() as connection:
        assert (await connection.execute(select(func.count()).select_from(writes))).scalar_one() == 1


async def test_workers_that_ask_together_never_get_more_than_there_is(either: Address) -> None:
    engines = [connect(either.main) for _ in range(3)]
    ledgers = [SharedLedger(engine, Limits(20, 500)) for engine in engines]
    asked = await asyncio.gather(*(ledgers[n % 3].reserve(42) for n in range(60)))
    assert sum(delay == 0 for delay in asked) == 20
    assert all(0 < delay <= 60 for delay in asked if delay)
    for engine in engines:
        await engine.dispose()


Deeds = st.lists(
    st.one_of(
        st.sampled_from(["first", "second"]),
        st.tuples(st.just("wait"), st.integers(1, 4_000)),
        st.tuples(st.just("set back"), st.integers(1, 2 * HOUR)),
    ),
    min_size=5,
    max_size=60,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(deeds=Deeds, limits=st.builds(Limits, st.integers(1, 4), st.integers(2, 9)))
async def test_two_ledgers_over_one_database_never_grant_more_than_the_limit_whatever_the_clock_does(
    database: AsyncEngine, deeds: list[str | tuple[str, int]], limits: Limits
) -> None:
    await empty(database)
    clocks = Clocks()
    ledgers = {name: SharedLedger(database, limits, clocks.now) for name in ("first", "second")}
    grants = Grants(clocks)
    for deed in deeds:
        match deed:
            case str(name):
                await grants.ask(ledgers[name])
            case ("wait", int(seconds)):
                clocks.true += seconds
            case (_, seconds):
                clocks.astray -= seconds
    assert grants.most_in(60) <= limits.per_minute
    assert grants.most_in(HOUR) <= limits.per_hour


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(order=st.lists(st.sampled_from([0, 1]), min_size=10, max_size=40), limit=st.integers(1, 12))
async def test_no_interleaving_of_two_workers_grants_more_than_the_limit(
    either: Address, order: list[int], limit: int
) -> None:
    engines = [connect(either.main) for _ in range(2)]
    await empty(engines[0])
    clocks = Clocks()
    grants = Grants(clocks)
    ledgers = [SharedLedger(engine, Limits(limit, 500), clocks.now) for engine in engines]
    for _ in range(3):
        await asyncio.gather(*(grants.ask(ledgers[turn]) for turn in order))
        clocks.true += 31
    assert grants.most_in(60) == min(limit, len(order) * 2)
    for engine in engines:
        await engine.dispose()


async def test_a_clock_set_back_an_hour_holds_nobody_up_longer_than_a_full_window(database: AsyncEngine) -> None:
    clocks = Clocks()
    ledger = SharedLedger(database, Limits(3, 500), clocks.now)
    await ledger.silence(42, 50, 1)
    for _ in range(3):
        await ledger.reserve(42)
    clocks.true += 10
    clocks.astray = -HOUR
    assert (await ledger.standing(42)).silent == 50
    assert await ledger.reserve(42) == 60
    assert (await ledger.standing(42)).silent == 50
    clocks.true += 60
    assert (await ledger.standing(42)).silent == 0
    assert await ledger.reserve(42) == 0


async def test_the_longer_silence_stays_and_so_do_more_strikes(database: AsyncEngine) -> None:
    clocks = Clocks()
    ledger = SharedLedger(database, now=clocks.now)
    await ledger.silence(42, 100, 2)
    await ledger.silence(42, 10, 1)
    standing = await ledger.standing(42)
    assert (standing.silent, standing.strikes) == (100, 2)
    await ledger.silence(42, 200, 3)
    standing = await ledger.standing(42)
    assert (standing.silent, standing.strikes) == (200, 3)


async def test_strikes_are_forgiven_once_the_silence_is_over(database: AsyncEngine) -> None:
    clocks = Clocks()
    ledger = SharedLedger(database, now=clocks.now)
    await ledger.silence(42, 100, 2)
    await ledger.forgive(42)
    assert (await ledger.standing(42)).strikes == 2
    clocks.true += 100
    await ledger.forgive(42)
    assert (await ledger.standing(42)).strikes == 0


async def test_all_that_is_used_can_be_listed(database: AsyncEngine) -> None:
    clocks = Clocks()
    ledger = SharedLedger(database, now=clocks.now)
    await ledger.reserve(41)
    clocks.true += HOUR
    await ledger.reserve(42)
    await ledger.silence(43, 5, 0)
    every = await ledger.standings()
    assert every.keys() == {42, 43}
    assert (every[42].minute, every[42].hour, every[43].silent) == (1, 1, 5)


async def test_without_a_clock_of_our_own_the_database_s_counts(database: AsyncEngine) -> None:
    ledger = SharedLedger(database)
    await ledger.silence(42, 100, 1)
    standing = await ledger.standing(42)
    assert abs(standing.until - time.time() - 100) < 5
    assert 95 < standing.silent <= 100


@pytest.mark.parametrize("method", ["reserve", "standing", "forgive"])
async def test_a_ledger_that_cannot_be_read_says_so(database: AsyncEngine, method: str) -> None:
    async with database.begin() as connection:
        for table in ("writes", "silences"):
            await connection.execute(text(f"ALTER TABLE {table} RENAME TO {table}_gone"))
    with pytest.raises(LedgerAway):
        await getattr(SharedLedger(database), method)(42)
