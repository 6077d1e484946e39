"""What Prometheus may answer instead of figures, over real HTTP, and what is said of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from app.sources import BadSelector, NoSeries, Prometheus, SourceError, Window
from app.wire import Refused, Tuning, Wire, WireError, root
from checks.experiment import GateConfig, Metric, NamedMetric, Side
from checks.experiment.design import Design, Kind
from tests.sources.prometheus import Answer, StandIn, standing_in

WINDOW = Window(1_700_000_000, 30, 2)
EMPTY = {"metric": {"instance": "a"}, "values": []}
REQUESTS = Side(total="requests", bad="errors")
(ERRORS,) = GateConfig(baseline=0.01).designs
(P95,) = GateConfig(metrics=(Metric(name="p95", kind=Kind.LATENCY, tau_ms=250, margin=1.25),)).designs


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    async with standing_in(StandIn(every=15)) as started:
        yield started


async def counted(
    stand_in: StandIn, side: Side = REQUESTS, design: Design = ERRORS, seconds: float = 5
) -> dict[str, object]:
    async with aiohttp.ClientSession() as session:
        wire = Wire(session, root(stand_in.url), Tuning(attempts=1, total=seconds))
        found = await Prometheus(wire, {"team": "shop"}).count(design, side, WINDOW)
        return dict(found.counts)


async def test_what_counters_added_is_counted_in_each_tick(stand_in: StandIn) -> None:
    stand_in.counters = {"requests": lambda at: 10 * (at - 1_600_000_000), "errors": lambda at: at - 1_600_000_000}
    assert await counted(stand_in) == {"total": (300, 300), "bad": (30, 30)}
    assert all('team="shop"' in query for query, _ in stand_in.asked)


async def test_no_error_yet_is_none_and_no_request_counter_is_said(stand_in: StandIn) -> None:
    stand_in.counters = {"requests": lambda at: at - 1_600_000_000}
    assert await counted(stand_in) == {"total": (30, 30), "bad": (0, 0)}
    stand_in.counters = {"errors": lambda at: at}
    with pytest.raises(NoSeries, match="`requests` matches no series"):
        await counted(stand_in)


def json(body: object, status: int = 200) -> Answer:
    return lambda _request: web.json_response(body, status=status)


def text(body: str, status: int = 200) -> Answer:
    return lambda _request: web.Response(text=body, status=status)


def matrix(value: object, at: object = 1_700_000_015) -> Answer:
    values = [[1_700_000_000, "1"], [at, value], [1_700_000_030, "4"]]
    series = {"metric": {"instance": "a"}, "values": values}
    return json({"status": "success", "data": {"resultType": "matrix", "result": [series]}})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (text("oops", 500), "HTTP 500"),
        (json({"status": "error", "error": "who are you?"}, 401), "HTTP 401: who are you?"),
        (text("", 403), "HTTP 403"),
        (text("<html>"), "the answer is not JSON"),
        (text("[" * 100_000), "the answer is nested too deep"),
        (text("x" * (16 * 1024 * 1024 + 1)), "more than 16,777,216 bytes"),
        (lambda _request: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}), "redirected"),
        (json({"status": "success", "data": {"resultType": "vector", "result": []}}), "no matrix"),
        (json({"status": "success"}), "no answer of the query API"),
        (json([]), "no answer of the query API"),
        (matrix(None), "no answer of the query API"),
        (matrix("many"), "no answer of the query API"),
        (matrix(10**400), "no answer of the query API: OverflowError"),
        (matrix("1", at=10**400), "no answer of the query API: OverflowError"),
        (matrix("1", at=float("nan")), "no answer of the query API"),
    ],
)
async def test_an_answer_that_is_none_is_said_in_a_few_words(stand_in: StandIn, answer: Answer, said: str) -> None:
    stand_in.wrong = answer
    with pytest.raises((WireError, SourceError)) as refused:
        await counted(stand_in)
    words = refused.value.said if isinstance(refused.value, WireError) else str(refused.value)
    assert said in words
    assert "query=" not in words, "what was asked holds the labels of the operator"


async def test_a_number_that_is_none_leaves_its_tick_missing(stand_in: StandIn) -> None:
    stand_in.wrong = matrix("NaN")
    assert (await counted(stand_in))["total"] == (None, None)
    stand_in.wrong = matrix("2")
    assert (await counted(stand_in))["total"] == (3, None)


def many(series: int) -> Answer:
    found = [{"metric": {"instance": str(one)}, "values": [[1_700_000_000, "1"]]} for one in range(series)]
    return json({"status": "success", "data": {"resultType": "matrix", "result": found}})


async def test_as_many_series_as_may_be_and_one_more(stand_in: StandIn) -> None:
    stand_in.wrong = many(2_000)
    await counted(stand_in)
    stand_in.wrong = many(2_001)
    with pytest.raises(BadSelector, match=r"^`requests` matches more than 2,000 series$"):
        await counted(stand_in)


@pytest.mark.parametrize("quoted", ['requests{team="shop"}', r'"requests{team=\"shop\"}"', "requests{team%3D%22sh"])
async def test_a_refusal_that_quotes_the_query_does_not_tell_what_the_operator_demands(
    stand_in: StandIn, quoted: str
) -> None:
    stand_in.wrong = json({"status": "error", "error": f"cannot answer {quoted}"}, 422)
    with pytest.raises(Refused) as refused:
        await counted(stand_in)
    assert refused.value.said.endswith("requests{…")
    assert "sh" not in refused.value.said


async def test_a_series_without_a_sample_is_none(stand_in: StandIn) -> None:
    stand_in.wrong = json({"status": "success", "data": {"resultType": "matrix", "result": [EMPTY]}})
    with pytest.raises(NoSeries, match="`requests` matches no series"):
        await counted(stand_in)


async def test_nobody_there(stand_in: StandIn) -> None:
    stand_in.url = "http://127.0.0.1:1"
    with pytest.raises(WireError) as refused:
        await counted(stand_in)
    assert refused.value.said == "connection refused"


async def test_nobody_in_time(stand_in: StandIn) -> None:
    stand_in.slow = 0.3
    with pytest.raises(WireError) as refused:
        await counted(stand_in, seconds=0.05)
    assert refused.value.said == "no answer in time"


async def test_a_bucket_that_the_histogram_lacks_is_named(stand_in: StandIn) -> None:
    stand_in.counters = {"buckets": lambda at: at}
    with pytest.raises(NoSeries, match=r"`buckets with le=200 ms` matches no series"):
        await counted(stand_in, Side(buckets="buckets"), P95)


@pytest.mark.parametrize(
    "counter", ["rate(requests[5m])", 'up[5m]) or ({a="b"}', NamedMetric(namespace="n", metric="m")]
)
def test_what_is_no_selector_is_refused_before_it_is_asked(counter: str | NamedMetric) -> None:
    with pytest.raises(BadSelector):
        Prometheus(Wire.__new__(Wire), {}).check(Side(total=counter, bad="errors"), 30)
