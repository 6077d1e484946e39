"""What people read of an experiment."""

from __future__ import annotations

import doctest
import json
from dataclasses import asdict
from typing import Any

import pytest

from checks.experiment import Gate, GateConfig, Reason, Report, Status, begin, gate, report, stopped
from checks.experiment.words import evidence
from checks.model import State
from tests.checks.experiment.facts import config, even, run, side, tick

GOOD, BAD = even(400, (300, 3), (300, 3)), even(400, (300, 3), (300, 12))
MANY = GateConfig.model_validate(
    {
        "baseline": 0.01,
        "watermark_seconds": 0,
        "metrics": [
            {"name": "errors"},
            {"name": "p95", "kind": "latency_bucket", "tau_ms": 400.0, "margin": 1.25},
            {"name": "cost", "kind": "mean", "role": "rollback_only", "margin": 1.2},
        ],
    }
)


def of(ticks: list[dict[str, Any]], rules: GateConfig | None = None) -> Report:
    rules = rules or config()
    return report(run(rules, ticks), rules)


@pytest.mark.parametrize(
    ("log_e", "words"),
    [
        (-9.0, "0 of 200 needed"),
        (0.0, "1 of 200 needed"),
        (5.1533, "173 of 200 needed"),
        (5.2983174, "200 of 200 needed"),
        (7.0, "1,096 of 200 needed"),
        (900.0, "over 1,000,000 of 200 needed"),
    ],
)
def test_evidence_is_said_as_so_much_of_what_is_needed(log_e: float, words: str) -> None:
    assert evidence(log_e, 5.298317366548036) == words


def test_a_promotion_tells_its_proof_and_what_it_saved() -> None:
    shown = of(GOOD)
    (row,) = shown.rows
    assert (shown.status, shown.state, shown.action) == (Status.PROMOTE, State.PASS, "promote")
    assert shown.title == "Promote: every gate is proven within its margin"
    assert row.promote is not None
    assert row.promote.reached
    assert int(row.promote.words.split()[0]) >= 200
    assert row.saved == pytest.approx(1 - shown.samples / 26_394)
    assert row.remaining is None
    assert (row.control.requests, row.control.rate) == (shown.samples, 0.01)


def test_a_rollback_names_the_metric() -> None:
    shown = of(BAD)
    assert (shown.state, shown.action) == (State.BLOCK, "rollback")
    assert shown.title == "Roll back: errors is proven worse than tolerated"
    assert shown.rows[0].rollback.reached


def test_while_it_runs_it_says_how_far_it_is() -> None:
    shown = of(GOOD[:12])
    (row,) = shown.rows
    assert (shown.state, shown.action, shown.reason) == (State.WAIT, "wait", "")
    assert row.promote is not None
    assert row.promote.words.endswith("of 200 needed")
    needed = of(GOOD).samples - shown.samples
    assert row.remaining is not None
    assert row.remaining == pytest.approx(needed, rel=0.5)
    assert row.saved is None


def test_what_the_horizon_leaves_no_room_for_is_not_expected() -> None:
    slow = even(12, (300, 3), (300, 3))
    assert of(slow, config(horizon=0.5)).rows[0].remaining is not None
    assert of(slow, config(horizon=0.15)).rows[0].remaining is None


def test_without_progress_it_expects_nothing() -> None:
    (row,) = of(even(5, (300, 3), (300, 5))).rows
    assert row.remaining is None
    (row,) = of(even(5, (300, 0), (300, 0))).rows
    assert (row.remaining, row.effect) == (None, None)


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.NONE])
@pytest.mark.parametrize("choice", ["hold", "rollback"])
def test_an_end_without_an_answer_is_never_a_promotion(reason: Reason, choice: str) -> None:
    rules = config(on_inconclusive=choice)
    shown = report(stopped(run(rules, GOOD[:5]), reason), rules)
    assert (shown.state, shown.action, shown.reason) == (State.UNMEASURED, choice, reason.value)
    assert shown.title.endswith("not promoted")


def test_the_guarantee_is_in_words_with_its_assumptions() -> None:
    promise, rollback, *assumptions = of(GOOD).guarantee
    assert promise == (
        "errors: a canary with 1.5 x the control's risk or more (while that is 1 % or more) is promoted with "
        "probability 0.5 % at most, however often one looks"
    )
    assert rollback == (
        "a canary within what is tolerated (errors: the control's own) is rolled back with probability 2 % at most"
    )
    assert len(assumptions) == 2
    assert len(of(GOOD, config(dispersion="off")).guarantee) == 3


def test_several_metrics_each_have_a_row_and_a_promise_of_their_own() -> None:
    shown = report(begin(MANY), MANY)
    assert [(row.name, row.kind, row.role) for row in shown.rows] == [
        ("errors", "bernoulli", "gate"),
        ("p95", "latency_bucket", "gate"),
        ("cost", "mean", "rollback_only"),
    ]
    assert shown.rows[2].promote is None
    assert shown.guarantee[1].startswith("p95: a canary with requests 1.25 x as slow as the control's or slower")
    assert "p95: the control's own; cost: the control's own" in shown.guarantee[2]
    assert shown.guarantee[-1] == "for means it holds in the limit of many ticks"


def test_what_was_not_used_is_shown() -> None:
    ticks: list[Any] = [*even(3), None, tick(0, (5, 5), (5, 5)), {**even(4)[3], "canary": {"good": 9, "total": 1}}]
    shown = of(ticks)
    assert shown.anomalies == {"late": 1, "future": 0, "flawed": 1, "unreadable": 1, "crowded": 0}
    assert shown.flaw == "canary of errors has more good requests than requests"


def test_lag_and_split_are_shown() -> None:
    rules = config(watermark_seconds=60)
    shown = report(run(rules, even(5, (1000, 10), (990, 9))), rules)
    assert shown.lag == 60
    assert shown.split.expected == 0.5
    assert shown.split.observed == pytest.approx(990 / 1990)
    assert shown.split.mismatch.words == "0 of 1,000 needed"


def test_a_report_is_json_whatever_the_state() -> None:
    watched = Gate(MANY)
    errors = {"control": side(100, 1), "canary": side(100, 2)}
    buckets = {"control": {"buckets": {"320": 92, "400": 95, "+Inf": 100}}}
    buckets["canary"] = buckets["control"]
    cost = {"control": {"n": 9, "sum": 3.5}, "canary": {"n": 9, "sum": 3}}
    for at in range(25):
        watched.update({"t": 30.0 * at, "metrics": {"errors": errors, "p95": buckets, "cost": cost}})
        text = json.dumps(asdict(report(watched.state, MANY)), allow_nan=False)
        assert json.loads(text)["rows"][1]["name"] == "p95"


def test_a_final_state_of_other_rules_keeps_its_answer_and_shows_no_figures() -> None:
    other = config(alpha=0.1)
    shown = report(run(config(), BAD), other)
    assert (shown.status, shown.rows, shown.guarantee) == (Status.ROLLBACK, (), ())
    fresh = report(run(config(), GOOD[:5]), other)
    assert (fresh.status, fresh.restarts, fresh.samples) == (Status.WAITING, 1, 0)


def test_the_example_of_the_gate_is_true() -> None:
    assert doctest.testmod(gate) == doctest.TestResults(failed=0, attempted=3)
