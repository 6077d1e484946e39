"""The drill: what it measures with, and one canary that goes bad in front of the whole product."""

from __future__ import annotations

import json
from random import Random

import aiohttp
import pytest

from campaign.drill.clock import Clock
from campaign.drill.drill import Drill, drilled
from campaign.drill.repeat import Plan, Repeat
from campaign.drill.report import BAR, lines, rows, written
from campaign.drill.service import CANARY, STABLE, Service, Version, serving
from campaign.drill.visitors import Visitors, visiting
from tests.waiting import until


def service(share: float, canary: float) -> Service:
    return Service(Random(1), {STABLE: Version(0.0), CANARY: Version(canary)}, share)


async def put(desk: str, path: str, number: float) -> None:
    async with aiohttp.ClientSession() as session, session.put(f"{desk}/{path}", data=str(number)) as answer:
        assert answer.status < 300


async def test_a_request_is_tossed_counted_and_answered_once_however_many_come_at_a_time() -> None:
    one = service(share=0.3, canary=0.5)
    async with serving([one]) as desk, visiting(one.port, 20_000) as visitors:

        async def many() -> bool:
            return visitors.answered > 1_000

        await until(many)
        visitors.transport.close()
        async with aiohttp.ClientSession() as session, session.get(f"{desk}/0/{CANARY}/metrics") as answer:
            told = await answer.text()
    stable, canary = one.versions[STABLE], one.versions[CANARY]
    assert stable.requests + canary.requests >= visitors.answered
    assert 0.2 < canary.requests / (stable.requests + canary.requests) < 0.4
    assert (stable.errors, 0.4 < canary.errors / canary.requests < 0.6) == (0, True)
    assert f"http_errors_total {canary.errors}\n" in told


async def test_visitors_see_the_first_failure_since_they_watch_and_when_nobody_is_served_any_more() -> None:
    one = service(share=0.5, canary=0.0)
    async with serving([one]) as desk, visiting(one.port, 20_000) as visitors:
        visitors.watch()

        async def gone() -> bool:
            return visitors.taken_back is not None

        async def bad() -> bool:
            return visitors.bad is not None

        async def many() -> bool:
            return visitors.answered > 1_000

        await until(many)
        assert (visitors.bad, visitors.taken_back) == (None, None)
        await put(desk, f"0/{CANARY}/failing", 1.0)
        await until(bad)
        await put(desk, "0/-/share", 0.0)
        await until(gone)
    assert visitors.bad is not None
    assert visitors.taken_back is not None
    assert visitors.bad <= visitors.taken_back


def test_an_answer_that_comes_in_pieces_is_one() -> None:
    visitors = Visitors()
    whole = b"HTTP/1.1 200 OK\r\nX-Served-By: stable\r\nContent-Length: 0\r\n\r\n"
    for at in range(len(whole)):
        visitors.data_received(whole[at : at + 1])
    assert (visitors.answered, visitors.without, visitors.begun) == (1, 1, b"")


def repeat(seconds: float, ended: str = "rollback", after: float = 0) -> Repeat:
    return Repeat(Plan(2.0, after, 0), ended, (seconds / 2, seconds / 2, 0.0, 0.0) if ended == "rollback" else ())


def test_a_drill_holds_when_95_of_100_bad_canaries_are_taken_back_in_time() -> None:
    (row,) = rows([*[repeat(100.0)] * 20, repeat(BAR * 2)])
    assert row.holds
    assert row.total == {"min": 100.0, "median": 100.0, "p95": 100.0, "max": 840.0}
    assert not rows([*[repeat(100.0)] * 10, repeat(BAR * 2)])[0].holds


def test_a_bad_canary_that_was_never_found_out_breaks_it_and_one_that_never_went_bad_does_not() -> None:
    good = repeat(0.0, "inconclusive horizon while it was good")
    assert rows([repeat(100.0), good])[0].holds
    missed = rows([repeat(100.0), repeat(0.0, "promote")])[0]
    assert not missed.holds
    assert "promote" in "\n".join(lines([missed]))
    assert not rows([good])[0].holds


def test_all_that_was_measured_stands_in_the_file() -> None:
    done = [repeat(100.0), repeat(300.0, after=10)]
    told = json.loads(written(rows(done), done, {"scale": 10}))
    assert [(row["after"], row["total"]["max"]) for row in told["rows"]] == [(0, 100.0), (10, 300.0)]
    assert told["repeats"][1]["stages"]["verdict"] == 150.0
    assert told["scale"] == 10


@pytest.mark.slow
async def test_a_canary_that_goes_bad_is_taken_back_by_the_whole_product() -> None:
    (one,) = await drilled(Drill((10.0,), (0.0,), repeats=1, pace=20.0, clock=Clock(40), at_once=1))
    assert one.ended == "rollback"
    settled, verdict, dispatched, gone = one.stages
    assert settled >= 60, "no tick counts before it is a watermark old"
    assert min(verdict, dispatched, gone) >= 0
