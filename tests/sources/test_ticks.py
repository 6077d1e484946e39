"""What a source counted becomes ticks, and queries are checked with the rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from pydantic import ValidationError

from app.sources import Reading, Window, missing, read
from checks.experiment import Config, Gate, GateConfig, Side, Watched
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
    spans: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def check(self, side: Side, seconds: float) -> None:
        raise AssertionError

    async def count(self, _design: Design, side: Side, _window: Window) -> Reading:
        first = next(iter(side.counters.values()))
        assert isinstance(first, str)
        return Reading(self.by[first], {}, 1, 2, self.spans.get(first, ()))


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


ROUTED = {"t": {"total": (5_400, 5_400), "bad": (54, 54)}, "u": {"total": (300, 900), "bad": (3, 9)}}


async def test_a_scrape_that_failed_on_one_side_is_no_mismatch_of_the_split() -> None:
    """A tenth is routed to the canary, whose scrape in the first tick came only with the second."""
    source = Counted(ROUTED, {"t": (30.0, 30.0), "u": (15.0, 45.0)})
    rules = watched({"errors": ERRORS}, expected_share=0.1, watermark_seconds=0)
    ticks = (await read(source, rules, WINDOW)).ticks
    assert [tick["share"] for tick in ticks] == [pytest.approx(300 / 5_700), pytest.approx(900 / 6_300)]
    assert [Gate(rules).update(tick).status.value for tick in ticks] == ["continue"] * 2
    unaware = (await read(Counted(ROUTED), rules, WINDOW)).ticks
    assert [Gate(rules).update(tick).reason for tick in unaware] == ["srm"] * 2


async def test_sides_that_were_counted_for_the_same_time_are_held_to_the_share_of_the_rules() -> None:
    for share, spans in ((0.1, {"t": (30.0, 30.0), "u": (29.5, 0.0)}), (None, {"t": (30.0, 30.0), "u": (15.0, 45.0)})):
        found = await read(Counted(ROUTED, spans), watched({"errors": ERRORS}, expected_share=share), WINDOW)
        assert [tick.get("share") for tick in found.ticks] == [None, None]


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
