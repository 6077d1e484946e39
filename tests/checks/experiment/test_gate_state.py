"""The stored state: small, exact, and suspicious of what it is given."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.experiment import Gate, GateConfig, StateError, advance, begin, dump, load
from checks.experiment.state import LONGEST
from tests.checks.experiment.facts import config, even, run, tick

RULES = config(watermark_seconds=60)
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
COUNT = st.integers(0, 10**12)
SIDES = st.tuples(COUNT, st.floats(0, 1)).map(lambda one: (one[0], int(one[0] * one[1])))
STREAM = st.lists(st.one_of(st.tuples(st.integers(0, 12), SIDES, SIDES), st.none()), max_size=12)


def ticks_of(stream: list[Any]) -> list[object]:
    return [one if one is None else tick(*one) for one in stream]


@given(STREAM, st.integers(0, 12))
def test_an_experiment_goes_on_from_its_text_bit_for_bit(stream: list[Any], cut: int) -> None:
    ticks = ticks_of(stream)
    whole = advance(begin(RULES), ticks, RULES)
    half = advance(begin(RULES), ticks[:cut], RULES)
    resumed = advance(load(dump(half), RULES), ticks[cut:], RULES)
    assert resumed == whole
    assert dump(resumed) == dump(whole)
    assert load(dump(whole), RULES) == whole


def test_so_does_one_of_every_kind_of_metric() -> None:
    buckets = {"320": 930, "400": 950, "+Inf": 1000}
    sides = {
        "errors": {"control": {"good": 9, "total": 10}, "canary": {"good": 8, "total": 9}},
        "p95": {"control": {"buckets": buckets}, "canary": {"buckets": buckets}},
        "cost": {"control": {"n": 3, "sum": 0.1}, "canary": {"n": 3, "sum": 5}},
    }
    ticks = [{"t": 30.0 * at + 0.1, "metrics": sides, "share": 1 / 3} for at in range(30)]
    gate = Gate(MANY)
    for one in ticks:
        text = gate.to_json()
        gate = Gate.from_json(MANY, text)
        assert gate.to_json() == text
        gate.update(one)
    assert gate.state == run(MANY, ticks)
    assert len(gate.to_json()) <= 3 * 1024


def test_the_state_of_a_metric_is_at_most_a_kibibyte() -> None:
    states = [run(RULES, even(n, (10**9, 123_456_789), (987_654_321, 121_932_630))) for n in (1, 2, 3)]
    states += [run(RULES, even(n, (999, 13), (997, 11))) for n in range(1, 60, 7)]
    assert max(len(dump(state)) for state in states) <= 1024


def test_a_state_of_today_is_read_tomorrow() -> None:
    """The stored form is a promise: a change of it takes another version."""
    kept = (
        '{"version":2,"config":"DIGEST","metrics":[{"kind":"table",'
        '"logs":[-2.5,-1.0,-0.5,0.0,-0.25,-0.5,-1.0,-2.0,-6.0],"later":[0.7,0.5,0.3,0.1,0.002],'
        '"ticks":1,"control":100,"control_bad":1,"canary":100,"canary_bad":1,"size":100.0,"log_e_promote":0.1,"log_e_rollback":-0.5}],"status":"continue",'
        '"pending":[{"t":60.0,"pairs":[[[100,1],null]]}],"newest":60.0,"scored":30.0,"began":30.0}'
    ).replace("DIGEST", RULES.digest)
    state = load(kept, RULES)
    assert (state.samples, state.scored, state.pending[0].pairs) == (100, 30.0, (((100, 1), None),))
    assert state.split.control == 0


def damaged(**changes: Any) -> str:
    kept = json.loads(dump(run(RULES, even(5))))
    kept.update(changes)
    return json.dumps(kept)


def metric(**changes: Any) -> str:
    kept = json.loads(dump(run(RULES, even(5))))
    kept["metrics"][0].update(changes)
    return json.dumps(kept)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "{" * 5000,
        "[" * 100_000,
        damaged(version=3),
        damaged(status="shipped"),
        damaged(reason="because"),
        damaged(newest="soon"),
        damaged(newest=1e300),
        damaged(config="zz"),
        damaged(extra=1),
        damaged(metrics=[]),
        damaged(metrics=[{"kind": "mean"}]),
        damaged(pending=[{"t": 1.0, "pairs": []}]),
        damaged(pending=[{"t": 1.0, "pairs": [[[1, 2, "3"], None]]}]),
        damaged(anomalies={"late": -1}),
        metric(logs=[0.0]),
        metric(logs=[0.0] * 8 + [1e301]),
        metric(ticks=-1),
        metric(ticks=1.5),
        metric(kind="other"),
        metric(size=None),
        dump(begin(RULES)).replace('"version":2', '"version":2,"newest":NaN'),
    ],
)
def test_a_text_that_is_no_state_of_these_rules_is_refused(text: str) -> None:
    with pytest.raises(StateError):
        load(text, RULES)


def test_a_text_longer_than_any_state_is_not_even_read() -> None:
    with pytest.raises(StateError, match="longer than"):
        load(" " * (LONGEST + 1), RULES)


@given(st.text(max_size=40) | st.lists(st.integers(), max_size=5).map(json.dumps))
def test_no_text_raises_anything_else(text: str) -> None:
    with pytest.raises(StateError):
        load(text, RULES)


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=4), st.data())
def test_a_state_with_bytes_changed_is_refused_or_a_state(places: list[int], data: st.DataObject) -> None:
    text = list(dump(run(RULES, even(5))))
    for place in places:
        text[place % len(text)] = data.draw(st.characters(codec="ascii"))
    try:
        state = load("".join(text), RULES)
    except StateError:
        return
    assert load(dump(state), RULES) == state
    advance(state, even(9), RULES)
