"""Reading a tick: what counts, what does not, and what two reports of the same time make."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.experiment import GateConfig, TickError, read_tick
from checks.experiment.tick import MOST, Tick, measured, merged
from tests.checks.experiment.facts import config, side

MANY = GateConfig.model_validate(
    {
        "baseline": 0.01,
        "metrics": [
            {"name": "errors"},
            {"name": "p95", "kind": "latency_bucket", "tau_ms": 400.0, "margin": 1.25},
            {"name": "cost", "kind": "mean", "role": "report"},
        ],
    }
)


def sent(control: object, canary: object = None) -> dict[str, Any]:
    return {"t": 60, "control": control, "canary": side(100, 3) if canary is None else canary}


def test_a_side_is_its_requests_and_the_bad_ones_among_them() -> None:
    tick, flaws = read_tick({"t": 60, "control": side(1000, 7), "canary": side(100, 3)}, config())
    assert tick == Tick(60.0, (((1000, 7), (100, 3)),))
    assert flaws == ()


def test_several_metrics_each_have_their_sides() -> None:
    buckets = {"320": 80, "400.0": 94, "1000": 99, "+Inf": 100}
    metrics = {
        "errors": {"control": side(100, 1), "canary": side(90, 2)},
        "p95": {"control": {"buckets": buckets}, "canary": {"buckets": {**buckets, "+Inf": 101}}},
        "cost": {"control": {"n": 10, "sum": 2.5, "sumsq": 1.0}, "canary": {"n": 9, "sum": 2}},
        "unknown": 3,
    }
    tick, flaws = read_tick({"t": 60, "metrics": metrics, "share": 0.25}, MANY)
    assert tick.pairs == (((100, 1), (90, 2)), ((100, 6, 20), (101, 7, 21)), ((10, 2.5), (9, 2.0)))
    assert (tick.share, flaws) == (0.25, ())


@pytest.mark.parametrize(
    ("control", "words"),
    [
        ({"good": 101, "total": 100}, "more good requests than requests"),
        ({"good": -1, "total": 100}, "whole numbers from 0"),
        ({"good": float("nan"), "total": 100}, "whole numbers from 0"),
        ({"good": 99.5, "total": 100}, "whole numbers from 0"),
        ({"good": True, "total": 100}, "whole numbers from 0"),
        ({"good": "99", "total": 100}, "whole numbers from 0"),
        ({"good": 99, "total": float("inf")}, "whole numbers from 0"),
        ({"good": 99, "total": MOST + 1}, "whole numbers from 0"),
        ({"good": 10**400, "total": 10**400}, "whole numbers from 0"),
        ({"total": 100}, "whole numbers from 0"),
        ({}, "whole numbers from 0"),
        ([1, 2], "is no object"),
    ],
)
def test_a_side_that_is_no_count_is_not_measured(control: object, words: str) -> None:
    tick, flaws = read_tick(sent(control), config())
    assert tick.pairs == ((None, (100, 3)),)
    assert not measured(tick.pairs[0])
    assert len(flaws) == 1
    assert flaws[0].startswith("control of errors")
    assert words in flaws[0]


def test_a_side_that_is_absent_or_null_is_no_flaw() -> None:
    for one in ({"t": 1, "canary": side(10)}, {"t": 1, "control": None, "canary": side(10)}):
        tick, flaws = read_tick(one, config())
        assert (tick.pairs, flaws) == (((None, (10, 0)),), ())


def test_whole_floats_are_counts_for_json_does_not_tell() -> None:
    tick, _ = read_tick(sent({"good": 99.0, "total": 100.0}), config())
    assert tick.pairs[0][0] == (100, 1)
    assert all(type(count) is int for count in tick.pairs[0][0] or ())


def test_no_request_is_a_count_and_measures_nothing() -> None:
    tick, flaws = read_tick(sent(side(0), side(100)), config())
    assert (measured(tick.pairs[0]), flaws) == (False, ())


@pytest.mark.parametrize(
    ("buckets", "words"),
    [
        (None, "needs buckets"),
        ({"400": 94, "+Inf": 100}, "needs whole counts in the buckets 320, 400 and"),
        ({"320": 80, "400": 94}, "needs whole counts"),
        ({"320": 95, "400": 94, "+Inf": 100}, "cumulative"),
        ({"320": 80, "400": 101, "+Inf": 100}, "cumulative"),
        ({"3e2": 80, "x" * 99: 1, "400": 94, "+Inf": 100}, "needs whole counts"),
    ],
)
def test_buckets_that_do_not_tell_are_not_measured(buckets: object, words: str) -> None:
    good = {"buckets": {"320": 80, "400": 94, "+Inf": 100}}
    tick, flaws = read_tick({"t": 1, "metrics": {"p95": {"control": {"buckets": buckets}, "canary": good}}}, MANY)
    assert tick.pairs[1] == (None, (100, 6, 20))
    assert words in flaws[0]


@pytest.mark.parametrize("value", [None, "1", float("nan"), float("inf"), 1e70, 10**400, True])
def test_a_sum_that_is_no_number_is_not_measured(value: object) -> None:
    part = {"control": {"n": 3, "sum": value}, "canary": {"n": 3, "sum": 1}}
    tick, flaws = read_tick({"t": 1, "metrics": {"cost": part}}, MANY)
    assert (tick.pairs[2], len(flaws)) == ((None, (3, 1.0)), 1)


def test_the_sides_of_many_metrics_are_not_looked_for_at_the_top() -> None:
    tick, _ = read_tick(sent(side(100)), MANY)
    assert tick.pairs == ((None, None),) * 3


@pytest.mark.parametrize(
    "one",
    [None, [], "tick", 7, {}, {"t": "60"}, {"t": float("nan")}, {"t": -1}, {"t": 1e12}, {"t": True}, {"t": 10**400}]
    + [{"t": 1, "share": share} for share in (0, 1, -0.5, "0.5", float("nan"))],
)
def test_what_has_no_usable_time_or_share_is_no_tick(one: object) -> None:
    with pytest.raises(TickError):
        read_tick(one, config())


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=4,
)
KEYS = ["t", "control", "canary", "metrics", "errors", "p95", "cost", "good", "total", "buckets", "+Inf", "400", "320"]
SHAPED = st.recursive(
    JUNK, lambda inner: st.dictionaries(st.sampled_from([*KEYS, "n", "sum", "share"]), inner, max_size=4), max_leaves=8
)


@given(SHAPED)
def test_whatever_is_sent_is_a_tick_or_an_error_of_ours(one: object) -> None:
    for rules in (config(), MANY):
        try:
            tick, flaws = read_tick(one, rules)
        except TickError:
            continue
        assert len(tick.pairs) == len(rules.designs)
        assert all(isinstance(flaw, str) for flaw in flaws)


COUNTS = st.none() | st.tuples(st.integers(0, 9), st.integers(0, 9))
TICKS = st.builds(
    lambda pairs, share: Tick(1.0, pairs, share),
    st.tuples(st.tuples(COUNTS, COUNTS), st.tuples(COUNTS, COUNTS)),
    st.none() | st.sampled_from([0.25, 0.5]),
)


@given(TICKS, TICKS, TICKS)
def test_the_order_and_number_of_reports_make_no_difference(a: Tick, b: Tick, c: Tick) -> None:
    assert merged(a, b) == merged(b, a)
    assert merged(merged(a, b), c) == merged(a, merged(b, c))
    assert merged(a, a) == a


def test_late_errors_are_added_and_a_stale_report_takes_nothing_away() -> None:
    early = Tick(1.0, (((100, 0), (100, 0)),))
    full = Tick(1.0, (((100, 1), (100, 9)),))
    assert merged(full, early) == merged(early, full) == full


def test_a_sum_goes_with_its_own_total() -> None:
    part, whole = Tick(1.0, (((5, 9.0), None),)), Tick(1.0, (((8, 7.0), (4, 1.0)),))
    assert merged(part, whole).pairs == (((8, 7.0), (4, 1.0)),)
