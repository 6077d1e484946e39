"""What was counted in a day by a label: what a Prometheus may answer, over real HTTP, and what is made of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest
from aiohttp import web

from app.sources import BadSelector, PrometheusCounts, SourceError
from app.sources.counts import MOST_VALUES
from app.wire import Tuning, Wire, root
from tests.sources.prometheus import StandIn, standing_in

END = 1_700_006_400  # a midnight
SENT = 'sum by (card) (increase(orders{team="shop"}[86400s]))'


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    async with standing_in(StandIn()) as started:
        yield started


async def by(stand_in: StandIn, counter: str = "orders") -> Mapping[str, float]:
    async with aiohttp.ClientSession() as session:
        wire = Wire(session, root(stand_in.url), Tuning(attempts=1, total=5), "secret")
        return await PrometheusCounts(wire, {"team": "shop"}).by("card", counter, END)


async def test_it_is_asked_once_at_the_end_of_the_day_with_what_is_demanded(stand_in: StandIn) -> None:
    stand_in.told = {SENT: lambda at: {"visa": at - END, "": 3.25}}
    assert await by(stand_in) == {"visa": 0.0, "": 3.25}
    assert stand_in.asked == [(SENT, "Bearer secret")]


async def test_what_there_is_no_series_of_is_empty(stand_in: StandIn) -> None:
    assert await by(stand_in) == {}


@pytest.mark.parametrize("counter", ["rate(orders[5m])", "orders or up", "orders[5m]", "", "orders{a='b'}", "a b"])
async def test_a_counter_that_is_no_selector_is_never_asked_for(stand_in: StandIn, counter: str) -> None:
    with pytest.raises(BadSelector):
        await by(stand_in, counter)
    assert stand_in.asked == []


@pytest.mark.parametrize("count", ["NaN", "+Inf", "-1", "many", None])
async def test_a_count_that_is_none_is_refused(stand_in: StandIn, count: object) -> None:
    stand_in.told = {SENT: lambda _: {"visa": 1, "amex": count}}
    with pytest.raises(SourceError):
        await by(stand_in)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "success", "data": {"resultType": "matrix", "result": []}},
        {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": ["1"]}]}},
        {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "values": [[1, "1"]]}]}},
        {"status": "error", "data": {"resultType": "vector", "result": []}},
        [],
    ],
)
async def test_an_answer_that_is_none_is_refused(stand_in: StandIn, answer: object) -> None:
    stand_in.wrong = lambda _: web.json_response(answer)
    with pytest.raises(SourceError):
        await by(stand_in)


async def test_a_label_with_too_many_values_is_refused(stand_in: StandIn) -> None:
    stand_in.told = {SENT: lambda _: {f"n{n}": 1 for n in range(MOST_VALUES + 1)}}
    with pytest.raises(BadSelector, match="more than 10,000 values"):
        await by(stand_in)
