"""Days of a module as a source tells them, and what is said where it does not. No test waits for a clock."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from app.gather.pulled import AT_ONCE, EMPTY, PulledDays
from app.model import Pulled
from app.sources import Sources
from checks.drift import NameSketch
from checks.drift.block import Module
from tests.sources.prometheus import StandIn, standing_in

TODAY = date(2026, 11, 30).toordinal()
YESTERDAY = TODAY - 1
CARD = {"name": "card", "kind": "categorical", "counts": "orders", "by": "card"}
TOOK = {"name": "took", "kind": "categorical", "counts": "took_bucket", "by": "le"}
RULES = Module.model_validate({"name": "ranking", "source": "production", "features": [CARD, TOOK]})
ORDERS = 'sum by (card) (increase(orders{team="x"}[86400s]))'
BUCKETS = 'sum by (le) (increase(took_bucket{team="x"}[86400s]))'
Told = Callable[[float], Mapping[str, object]]


def midnight(day: int) -> float:
    """Where a day begins, epoch seconds."""
    return datetime.combine(date.fromordinal(day), datetime.min.time(), UTC).timestamp()


def known(days: range, **counts: object) -> Told:
    """These counts, of these days alone."""
    return lambda at: counts if any(at == midnight(day + 1) for day in days) else {}


@dataclass
class Scene:
    """One source, and whoever reads it."""

    source: StandIn
    reader: PulledDays

    async def of(self, back: int = 1, rules: Module = RULES) -> Pulled:
        """Of so many days before today."""
        found = await self.reader.of("octo/shop", rules, range(YESTERDAY, YESTERDAY - back, -1))
        assert found is not None, "a glance is long enough here"
        return found


@asynccontextmanager
async def scene(hours: float = 1.5, longest: float = 5.0, **entry: object) -> AsyncIterator[Scene]:
    async with standing_in(StandIn()) as source, aiohttp.ClientSession() as session:
        source.told = {ORDERS: lambda _: {"visa": 70, "amex": 30}, BUCKETS: lambda _: {"0.1": 60, "+Inf": 100}}
        told = {"kind": "prometheus", "url": source.url, "repositories": ["octo/*"], "demand": {"team": "x"}} | entry
        held = {name: value for name, value in told.items() if value is not None}
        sources = Sources.model_validate_json(json.dumps({"sources": {"production": held}}))
        yield Scene(source, PulledDays(sources, session, lambda: midnight(TODAY) + hours * 3_600, longest, glance=30.0))


async def test_a_day_is_one_batch_of_all_its_features_and_the_same_when_it_is_asked_for_again() -> None:
    async with scene() as here:
        once, again = await here.of(), await here.of()
    (batch,) = once.batches
    assert once == again
    assert (batch.name, batch.day, once.trouble) == ("pull:2026-11-29", YESTERDAY, "")
    assert batch.features == {
        "card": NameSketch(rows=100, counts={"amex": 30, "visa": 70}),
        "took": NameSketch(rows=100, counts={"> 0.1": 40, "≤ 0.1": 60}),
    }
    assert [query for query, _ in here.source.asked[:2]] == [ORDERS, BUCKETS]


async def test_each_day_is_asked_about_at_its_own_end() -> None:
    async with scene() as here:
        here.source.told[ORDERS] = lambda at: {"visa": (at - midnight(TODAY)) / 86_400 + 10}
        found = await here.of(3)
    assert [(one.day, one.features["card"].rows) for one in found.batches] == [
        (YESTERDAY, 10),
        (YESTERDAY - 1, 9),
        (YESTERDAY - 2, 8),
    ]


async def test_a_day_whose_figures_may_be_on_their_way_waits_for_the_next_look() -> None:
    async with scene(lag_seconds=7_200) as here:
        found = await here.of(2)
    assert ([one.day for one in found.batches], found.trouble) == ([YESTERDAY - 1], "")


async def test_a_feature_without_a_series_is_absent_and_one_that_stood_still_has_no_rows() -> None:
    async with scene() as here:
        here.source.told = {ORDERS: lambda _: {"visa": 0}}
        found = await here.of()
    (batch,) = found.batches
    assert (batch.features, found.trouble) == ({"card": NameSketch()}, "")


async def test_days_of_which_nothing_is_known_are_passed_over_until_there_are_too_many() -> None:
    async with scene() as here:
        there = range(YESTERDAY - 6, YESTERDAY - 1)
        here.source.told = {ORDERS: known(range(there.start, there.start + 1), visa=5)}
        here.source.told[BUCKETS] = known(range(there.stop - 1, there.stop), **{"+Inf": 7})
        found = await here.of(20)
    assert [one.day for one in found.batches] == [YESTERDAY - 2]
    assert found.trouble == "the source production: no series of 2026-11-29"
    assert len(here.source.asked) == 2 * (3 + EMPTY)


async def test_one_feature_in_trouble_spoils_its_day_and_the_days_before_it_but_not_those_after() -> None:
    def answered(request: web.Request) -> Any:
        if "took" in request.query["query"] and float(request.query["time"]) < midnight(TODAY):
            return web.json_response({"error": "query processing would load too many samples"}, status=422)
        return None

    async with scene() as here:
        here.source.wrong = answered
        with capture_logs() as logs:
            found = await here.of(3)
    assert [one.day for one in found.batches] == [YESTERDAY]
    assert found.trouble == "the source production: HTTP 422: query processing would load too many samples"
    assert [(line["event"], line["module"]) for line in logs] == [("drift.trouble", "ranking")]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"repositories": ["others/*"]}, "the operator lets octo/shop use no source of this name"),
        ({"url": "http://127.0.0.1:1"}, "connection refused"),
        ({"kind": "cloudwatch", "region": "eu-central-1", "url": None, "demand": {}}, "is read for experiments alone"),
    ],
)
async def test_a_source_that_cannot_be_asked_is_a_word(entry: dict[str, Any], said: str) -> None:
    async with scene(**entry) as here:
        found = await here.of(3)
    assert found.batches == ()
    assert said in found.trouble


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"0.1": 60, "0.2": 10, "+Inf": 100}, "took: a bucket holds less"),
        ({"quick": 60}, "took: 'quick' is no bound"),
        ({"0.1": 60, "+Inf": 10**13}, "took: more than 1,000,000,000,000 rows"),
        ({"0.1": "NaN", "+Inf": 10}, "a count that is no number of rows"),
    ],
)
async def test_counts_that_are_no_distribution_are_a_word(told: dict[str, object], said: str) -> None:
    async with scene() as here:
        here.source.told[BUCKETS] = lambda _: told
        found = await here.of()
    assert found.batches == ()
    assert said in found.trouble


async def test_a_source_that_hangs_is_left_after_a_while_and_is_asked_few_questions_at_a_time() -> None:
    rules = RULES.model_copy(update={"features": RULES.features * AT_ONCE})
    async with scene(longest=0.05) as here:
        here.source.slow = 3_600
        found = await here.of(3, rules)
    assert (found.batches, found.trouble) == ((), "the source production: no answer within 0.05 s")
    assert len(here.source.asked) == AT_ONCE, "the others wait for a seat"


async def test_whoever_closes_it_leaves_what_is_being_read_and_it_can_be_asked_for_again() -> None:
    async with scene() as here:
        reader = replace(here.reader, glance=0.0)
        assert await reader.of("octo/shop", RULES, [YESTERDAY]) is None
        (reading,) = reader.begun.values()
        await reader.close()
        assert reading.cancelled()
        assert len((await here.of()).batches) == 1


async def test_a_bug_in_an_adapter_is_a_word_and_a_line_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scene() as here:
        monkeypatch.setattr("app.sources.query_api._vector", lambda _: 1 / 0)
        with capture_logs() as logs:
            found = await here.of()
    assert found.trouble == "the source production: its answer could not be used: ZeroDivisionError"
    assert "drift.unforeseen" in {line["event"] for line in logs}
