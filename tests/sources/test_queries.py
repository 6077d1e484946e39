"""Queries are checked with the rules, and make ticks of what was counted."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from pydantic import ValidationError

from app.sources import NoSeries, Sample, Series, Window
from app.sources.queries import Watched, read

WINDOW = Window(1_000, 30, 2)
ERRORS = {"control": {"total": "t", "bad": "b"}, "canary": {"total": "u", "bad": "c"}}


def watched(queries: object, **rules: object) -> Watched:
    return Watched.model_validate({"baseline": 0.01, "queries": queries, **rules})


@dataclass(frozen=True)
class Kept:
    """Counters by the selector that asks for them."""

    by: Mapping[str, tuple[Series, ...]]

    async def series(self, text: str, _window: Window) -> tuple[Series, ...]:
        return self.by.get(text, ())


def counter(*values: float, target: str = "a", **labels: str) -> tuple[Series, ...]:
    samples = tuple(Sample(1_000.0 + 30 * at, value) for at, value in enumerate(values))
    return (Series(tuple(sorted({"instance": target, **labels}.items())), samples),)


async def test_counters_become_ticks() -> None:
    source = Kept(
        {"t": counter(0, 100, 250), "b": counter(0, 1, 4), "u": counter(9, 19, 30, target="b"), "c": ()},
    )
    found = await read(source, watched({"errors": ERRORS}), WINDOW)
    assert [tick["t"] for tick in found.ticks] == [1_030, 1_060]
    assert [tick["metrics"]["errors"] for tick in found.ticks] == [
        {"control": {"total": 100, "good": 99}, "canary": {"total": 10, "good": 10}},
        {"control": {"total": 150, "good": 147}, "canary": {"total": 11, "good": 11}},
    ]


async def test_a_histogram_becomes_the_two_buckets_that_count() -> None:
    rules = watched(
        {"p95": {"control": {"buckets": "h"}, "canary": {"buckets": "h"}}},
        metrics=[{"name": "p95", "kind": "latency_bucket", "tau_ms": 250.0, "margin": 1.25}],
    )
    every = [counter(0, count, 2 * count, le=le) for le, count in (("0.1", 1), ("0.2", 7), ("0.250", 9), ("+Inf", 10))]
    found = await read(Kept({"h": tuple(one[0] for one in every)}), rules, WINDOW)
    assert found.ticks[0]["metrics"]["p95"]["canary"] == {"buckets": {"200": 7, "250": 9, "+Inf": 10}}


async def test_a_bucket_that_the_histogram_lacks_is_named() -> None:
    rules = watched(
        {"p95": {"control": {"buckets": "h"}, "canary": {"buckets": "h"}}},
        metrics=[{"name": "p95", "kind": "latency_bucket", "tau_ms": 250.0, "margin": 1.25}],
    )
    with pytest.raises(NoSeries, match=r"h with le=200 ms"):
        await read(Kept({"h": counter(0, 1, 2, le="+Inf")}), rules, WINDOW)


async def test_a_side_without_scrapes_is_left_out() -> None:
    source = Kept({"t": counter(0, 100), "b": counter(0, 1), "u": counter(9, 19, 30, target="b"), "c": ()})
    found = await read(source, watched({"errors": ERRORS}), WINDOW)
    assert found.ticks[1]["metrics"]["errors"] == {"canary": {"total": 11, "good": 11}}


@pytest.mark.parametrize(
    ("queries", "said"),
    [
        ({"error": ERRORS}, "they must be of the metrics, errors"),
        ({"errors": {**ERRORS, "canary": {"total": "u"}}}, "queries.errors.canary: a metric of kind bernoulli needs"),
        ({"errors": {**ERRORS, "canary": {"total": "u", "bad": "rate(c[5m])"}}}, "no selector"),
        ({"errors": {"control": ERRORS["control"]}}, "canary"),
    ],
)
def test_queries_that_make_no_sense_are_refused(queries: object, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        watched(queries)
