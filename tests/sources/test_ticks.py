"""What a source counted becomes ticks, and queries are checked with the rules."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from pydantic import ValidationError

from app.sources import Reading, Window, missing, read
from checks.experiment import Config, GateConfig, Side, Watched
from checks.experiment.design import Design

WINDOW = Window(1_000, 30, 2)
ERRORS = {"control": {"total": "t", "bad": "b"}, "canary": {"total": "u", "bad": "c"}}
LATENCY = {"name": "p95", "kind": "latency_bucket", "tau_ms": 250.0, "margin": 1.25}


def watched(queries: object, **rules: object) -> Watched:
    return Watched.model_validate({"baseline": 0.01, "queries": queries, **rules})


@dataclass(frozen=True)
class Counted:
    """A source that counted this, by the text of a side's first counter."""

    by: Mapping[str, Mapping[str, tuple[float | None, ...]]]

    def check(self, side: Side) -> None:
        raise AssertionError

    async def count(self, _design: Design, side: Side, _window: Window) -> Reading:
        first = next(iter(side.counters.values()))
        assert isinstance(first, str)
        return Reading(self.by[first], {}, resets=1, unplaced=2)


async def test_counts_become_ticks() -> None:
    source = Counted({"t": {"total": (100, 150), "bad": (1, 3)}, "u": {"total": (10, 11), "bad": (0, 0)}})
    found = await read(source, watched({"errors": ERRORS}), WINDOW)
    assert [tick["t"] for tick in found.ticks] == [1_030, 1_060]
    assert [tick["metrics"]["errors"] for tick in found.ticks] == [
        {"control": {"total": 100, "good": 99}, "canary": {"total": 10, "good": 10}},
        {"control": {"total": 150, "good": 147}, "canary": {"total": 11, "good": 11}},
    ]
    assert (found.resets, found.unplaced) == (2, 4)


async def test_a_histogram_becomes_the_two_buckets_that_count() -> None:
    rules = watched({"p95": {"control": {"buckets": "h"}, "canary": {"buckets": "h"}}}, metrics=[LATENCY])
    source = Counted({"h": {"200": (7, 7), "250": (9, 9), "+Inf": (10, 10)}})
    found = await read(source, rules, WINDOW)
    assert found.ticks[0]["metrics"]["p95"]["canary"] == {"buckets": {"200": 7, "250": 9, "+Inf": 10}}


async def test_a_side_that_nobody_counted_is_left_out() -> None:
    source = Counted({"t": {"total": (100, None), "bad": (1, None)}, "u": {"total": (10, 11), "bad": (0, 0)}})
    found = await read(source, watched({"errors": ERRORS}), WINDOW)
    assert found.ticks[1]["metrics"]["errors"] == {"canary": {"total": 11, "good": 11}}


def test_a_tick_has_the_same_time_whichever_window_it_is_in() -> None:
    rules = watched({"errors": ERRORS}, tick_seconds=0.1)
    one, other = Window(1_700_000_000.1, 0.1, 30), Window(1_700_000_002.7, 0.1, 4)
    times = [{tick["t"] for tick in missing(rules, window).ticks} for window in (one, other)]
    assert times[1] <= times[0]


@pytest.mark.parametrize(
    ("queries", "said"),
    [
        ({"error": ERRORS}, "they must be of the metrics, errors"),
        ({"errors": {**ERRORS, "canary": {"total": "u"}}}, "queries.errors.canary: a metric of kind bernoulli needs"),
        ({"errors": {"control": ERRORS["control"]}}, "canary"),
    ],
)
def test_queries_that_make_no_sense_are_refused(queries: object, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        watched(queries)


def test_rules_without_a_source_have_the_digest_that_they_always_had() -> None:
    assert Watched(baseline=0.01).digest == GateConfig(baseline=0.01).digest


@pytest.mark.parametrize(
    "change",
    [
        {"source": "staging"},
        {"queries": {"errors": {**ERRORS, "canary": {"total": "u", "bad": "d"}}}},
        {"queries": {"errors": {**ERRORS, "canary": {"total": {"namespace": "n", "metric": "m"}, "bad": "c"}}}},
    ],
)
def test_another_source_or_another_query_begins_the_evidence_anew(change: dict[str, object]) -> None:
    rules = {"gate": {"baseline": 0.01}, "source": "production", "queries": {"errors": ERRORS}}
    one, other = Config.model_validate(rules), Config.model_validate(rules | change)
    assert one.judged_by.digest != other.judged_by.digest


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"source": "production"}, "belong together"),
        ({"queries": {"errors": ERRORS}}, "belong together"),
        ({"source": "https://metrics", "queries": {"errors": ERRORS}}, "source"),
        ({"source": "production", "queries": {"p95": ERRORS}}, "they must be of the metrics, errors"),
    ],
)
def test_a_source_and_its_queries_belong_together(rules: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Config.model_validate({"gate": {"baseline": 0.01}, **rules})
