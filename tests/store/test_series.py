"""Series that were sent: what is kept of them, how much, and for how long."""

import asyncio
import time
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.database import connect
from app.store.fed import Full
from app.store.series import SentSeries, Step, Stream
from tests.storage import laid

START = 1_700_000_000.0
PRODUCTION = Stream("octo/shop", "production")


async def test_points_come_back_in_the_order_of_time_by_name(database: AsyncEngine) -> None:
    series = SentSeries(database)
    assert await series.keep(PRODUCTION, {"rps": {START + 60.25: 2.5, START: 1.0}, "p95": {START: None}}) == 3
    found = await series.of(PRODUCTION, START, START + 61)
    assert found == {"p95": {START: None}, "rps": {START: 1.0, START + 60.25: 2.5}}
    assert [list(found), list(found["rps"])] == [["p95", "rps"], [START, START + 60.25]]


async def test_a_window_holds_its_start_and_not_its_end_and_may_ask_for_some_names(database: AsyncEngine) -> None:
    series = SentSeries(database)
    await series.keep(PRODUCTION, {name: {START + at: at for at in range(4)} for name in ("a", "b", "c")})
    assert await series.of(PRODUCTION, START + 1, START + 3, ("a", "c", "z")) == {
        "a": {START + 1: 1.0, START + 2: 2.0},
        "c": {START + 1: 1.0, START + 2: 2.0},
    }
    assert await series.of(PRODUCTION, START, START + 3, most=4) == {
        "a": {START: 0.0, START + 1: 1.0, START + 2: 2.0},
        "b": {START: 0.0},
    }
    assert await series.of(PRODUCTION, START, START + 3, ()) == {}


async def test_the_points_of_each_step_are_added_up_and_averaged(database: AsyncEngine) -> None:
    series = SentSeries(database)
    moments = {START - 0.1: 100.0, START: 1.0, START + 10: 2.0, START + 20: None, START + 59.999999: 6.0}
    await series.keep(PRODUCTION, {"rps": moments | {START + 120: 7.0, START + 180: 100.0, START + 70: None}})
    await series.keep(Stream("octo/shop", "production", "canary"), {"rps": {START + 10: 100.0}})
    assert await series.steps(PRODUCTION, ("rps", "p95"), int(START), 60, 3) == {
        "rps": {0: Step(9.0, 3.0), 2: Step(7.0, 7.0)}
    }
    assert await series.steps(PRODUCTION, ("rps",), int(START), 60, 0) == {}


async def test_the_same_again_is_nothing_new_and_of_one_moment_the_last_word_counts(database: AsyncEngine) -> None:
    series = SentSeries(database)
    assert await series.keep(PRODUCTION, {"rps": {START: 1.0, START + 60: 2.0}}) == 2
    assert await series.keep(PRODUCTION, {"rps": {START: 1.0, START + 60: None, START + 120: 3.0}}) == 1
    assert await series.of(PRODUCTION, 0, 2e9) == {"rps": {START: 1.0, START + 60: None, START + 120: 3.0}}


async def test_environments_and_sides_stand_apart_and_no_name_has_a_case(database: AsyncEngine) -> None:
    series = SentSeries(database)
    streams = [
        PRODUCTION,
        Stream("octo/shop", "canary"),
        Stream("octo/shop", "canary", "canary"),
        Stream("o/r", "canary"),
    ]
    for value, stream in enumerate(streams):
        await series.keep(stream, {"rps": {START: value}})
    for value, stream in enumerate(streams):
        again = Stream(stream.repository.upper(), stream.environment.title(), stream.side)
        assert await series.of(again, 0, 2e9) == {"rps": {START: value}}


async def test_a_repository_has_room_for_so_many_points_and_what_is_here_already_takes_none(
    database: AsyncEngine,
) -> None:
    series = SentSeries(database, most_points=3)
    await series.keep(PRODUCTION, {"rps": {START: 1.0, START + 60: 2.0}})
    with pytest.raises(Full):
        await series.keep(Stream("octo/shop", "canary"), {"rps": {START: 1.0, START + 60: 2.0}})
    assert await series.of(Stream("octo/shop", "canary"), 0, 2e9) == {}, "nothing of it"
    assert await series.keep(PRODUCTION, {"rps": {START: 1.5, START + 60: 2.5, START + 120: 3.5}}) == 1
    assert await series.keep(Stream("octo/other", "production"), {"rps": {START: 1.0}}) == 1


async def test_a_repository_has_room_for_so_many_names(database: AsyncEngine) -> None:
    series = SentSeries(database, most_series=2)
    await series.keep(PRODUCTION, {"a": {START: 1.0}, "b": {START: 1.0}})
    with pytest.raises(Full):
        await series.keep(PRODUCTION, {"c": {START: 1.0}})
    with pytest.raises(Full):
        await series.keep(PRODUCTION, {f"m{number}": {START: 1.0} for number in range(40_000)})


async def test_what_is_old_is_forgotten_and_makes_room(database: AsyncEngine) -> None:
    series = SentSeries(database, most_series=2, most_points=3)
    await series.keep(PRODUCTION, {"gone": {START: 1.0}, "rps": {START: 1.0, START + 60: 2.0}})
    assert await series.prune(START + 60) == 2
    assert await series.prune(START + 60) == 0
    assert await series.of(PRODUCTION, 0, 2e9) == {"rps": {START + 60: 2.0}}
    assert await series.keep(PRODUCTION, {"new": {START + 60: 1.0, START + 120: 1.0}}) == 2


async def test_many_may_send_at_once_and_every_point_is_counted_once(database: AsyncEngine) -> None:
    series = SentSeries(database, most_points=40)
    same = {name: {START + at: 1.0 for at in range(10)} for name in "dabc"}
    fresh = await asyncio.gather(*(series.keep(PRODUCTION, same) for _ in range(4)), series.prune(START))
    assert sum(fresh) == 40
    with pytest.raises(Full):
        await series.keep(PRODUCTION, {"a": {START + 10: 1.0}})


async def test_nothing_sent_is_nothing_kept(database: AsyncEngine) -> None:
    series = SentSeries(database, most_series=0)
    assert await series.keep(PRODUCTION, {}) == 0
    assert await series.keep(PRODUCTION, {"rps": {}}) == 0


async def test_a_hundred_thousand_points_are_read_within_a_second_of_work(tmp_path: Path) -> None:
    engine = connect(laid(tmp_path).main)
    series = SentSeries(engine)
    await series.keep(PRODUCTION, {f"m{name}": {START: 0.0} for name in range(5)})
    async with engine.begin() as connection:
        await connection.exec_driver_sql(
            "WITH RECURSIVE step(at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM step WHERE at < 19999) "
            f"INSERT INTO series_points SELECT id, {START * 1e6:.0f} + at * 1000000, at FROM series, step"
        )
    began = time.process_time()
    found = await series.of(PRODUCTION, START, START + 20_000)
    assert time.process_time() - began < 1.0
    assert {name: (len(one), one[START + 19_999]) for name, one in found.items()} == dict.fromkeys(
        found, (20_000, 19_999)
    )
    await engine.dispose()
