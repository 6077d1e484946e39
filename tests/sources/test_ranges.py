"""Expressions, evaluated step by step: what a Prometheus may answer, over real HTTP, and what is made of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from app.sources import BadSelector, Grid, NoSeries, PrometheusRanges, SourceError, grid
from app.wire import Refused, Tuning, Wire, WireError, root
from tests.sources.prometheus import Answer, StandIn, standing_in

START = 1_700_000_040  # a multiple of 60
HOUR = Grid(START - 60, 60, 60)  # the first step ends at START
QUERY, SENT = "sum(rate(x[5m]))", 'sum(rate(x{team="shop"}[5m]))'


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    async with standing_in(StandIn()) as started:
        yield started


async def points(stand_in: StandIn, at: Grid = HOUR, query: str = QUERY, seconds: float = 5) -> list[float | None]:
    async with aiohttp.ClientSession() as session:
        wire = Wire(session, root(stand_in.url), Tuning(attempts=1, total=seconds), "secret")
        return list(await PrometheusRanges(wire, {"team": "shop"}).points(query, at))


@pytest.mark.parametrize(
    ("start", "end", "times"),
    [
        (0, 180, (0, 60, 120)),
        (1, 180, (60, 120)),
        (-0.5, 179.9, (0, 60)),
        (59, 100, ()),
        (100, 0, ()),
    ],
)
def test_steps_begin_at_multiples_of_their_length_and_lie_whole_in_the_window(
    start: float, end: float, times: tuple[int, ...]
) -> None:
    assert grid(start, end, 60).times == times


async def test_the_value_of_each_step_is_read_and_what_is_none_is_missing(stand_in: StandIn) -> None:
    words = {START + 60: "NaN", START + 120: "+Inf", START + 180: None, START + 240: "-Inf"}
    stand_in.drawn[SENT] = [lambda at: words.get(int(at), (at - START) / 60)]
    found = await points(stand_in)
    assert found == [0.0, None, None, None, None, *map(float, range(5, 60))]
    assert stand_in.asked == [(SENT, "Bearer secret")]


async def test_more_points_than_a_question_may_have_are_asked_for_in_parts(stand_in: StandIn) -> None:
    stand_in.drawn[SENT] = [lambda at: at]
    at = Grid(START, 10, 20_001)
    assert await points(stand_in, at) == [float(time) for time in at.ends]
    assert len(stand_in.asked) == 3


async def test_no_steps_are_no_question(stand_in: StandIn) -> None:
    assert await points(stand_in, Grid(START, 60, 0)) == []
    assert stand_in.asked == []


async def test_none_of_several_series_is_the_one(stand_in: StandIn) -> None:
    stand_in.drawn[SENT] = [lambda at: at, lambda at: at]
    with pytest.raises(BadSelector, match="comes to 2 series, and must come to one"):
        await points(stand_in)


async def test_a_series_that_takes_the_place_of_another_is_another(stand_in: StandIn) -> None:
    half = START + 10 * 10_001
    stand_in.drawn[SENT] = [lambda at: at if at < half else None, lambda at: at if at >= half else None]
    with pytest.raises(BadSelector, match="2 series"):
        await points(stand_in, Grid(START, 10, 20_000))


async def test_no_series_at_all_is_said(stand_in: StandIn) -> None:
    with pytest.raises(NoSeries, match="the query comes to no series"):
        await points(stand_in)


def json(body: object, status: int = 200) -> Answer:
    return lambda _request: web.json_response(body, status=status)


def matrix(*values: object) -> Answer:
    series = {"metric": {}, "values": [list(one) if isinstance(one, tuple) else one for one in values]}
    return json({"status": "success", "data": {"resultType": "matrix", "result": [series]}})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (json({}, 500), "HTTP 500"),
        (json({}, 429), "HTTP 429"),
        (json({"status": "error", "error": "query timed out"}, 422), "HTTP 422: query timed out"),
        (lambda _request: web.Response(text="x" * (16 * 1024 * 1024 + 1)), "more than 16,777,216 bytes"),
        (lambda _request: web.Response(text="<html>"), "the answer is not JSON"),
        (json({"status": "success", "data": {"resultType": "vector", "result": []}}), "no matrix"),
        (matrix((START, "many")), "no answer of the query API"),
        (matrix((START, None)), "no answer of the query API"),
        (matrix((float("nan"), "1")), "no answer of the query API"),
        (matrix((START + 1, "1")), f"a point of {START + 1}.000, which was not asked for"),
        (matrix((START, "1"), (START + 3_600, "1")), f"a point of {START + 3_600}.000, which was not asked for"),
    ],
)
async def test_an_answer_that_is_none_is_said_in_a_few_words(stand_in: StandIn, answer: Answer, said: str) -> None:
    stand_in.wrong = answer
    with pytest.raises((WireError, SourceError)) as refused:
        await points(stand_in)
    words = refused.value.said if isinstance(refused.value, WireError) else str(refused.value)
    assert said in words
    assert "team" not in words


async def test_a_refusal_that_quotes_the_query_does_not_tell_what_the_operator_demands(stand_in: StandIn) -> None:
    stand_in.wrong = json({"status": "error", "error": f"cannot answer {SENT} today"}, 422)
    with pytest.raises(Refused) as refused:
        await points(stand_in)
    assert refused.value.said == "HTTP 422: cannot answer sum(rate(x{…"


async def test_nobody_in_time(stand_in: StandIn) -> None:
    stand_in.slow = 0.3
    with pytest.raises(WireError) as refused:
        await points(stand_in, seconds=0.05)
    assert refused.value.said == "no answer in time"


async def test_what_may_not_be_asked_is_not_sent(stand_in: StandIn) -> None:
    with pytest.raises(BadSelector, match="column 1"):
        await points(stand_in, query="vector(1)")
    assert stand_in.asked == []
