"""What ends an experiment, what does not, and that an end is an end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.experiment import STATES, Gate, GateConfig, GateState, Reason, Status, advance, begin, dump, load, stopped
from checks.experiment.split import Split
from checks.experiment.table import Table, empty_table
from checks.experiment.verdict import standing
from checks.model import State
from tests.checks.experiment.facts import config, even, run, side, tick

GOOD = even(400, (300, 3), (300, 3))
BAD = even(400, (300, 3), (300, 12))
P95 = {"name": "p95", "kind": "latency_bucket", "tau_ms": 400.0, "margin": 1.25}
GUARD = {"name": "guard", "role": "rollback_only", "baseline": 0.01}
COST = {"name": "cost", "kind": "mean", "role": "rollback_only", "margin": 1.2}


def many(*metrics: dict[str, Any], **rules: Any) -> GateConfig:
    return GateConfig.model_validate(
        {"baseline": 0.01, "watermark_seconds": 0, "metrics": [{"name": "errors"}, *metrics], **rules}
    )


def parts(at: float, **pairs: tuple[Any, Any]) -> dict[str, Any]:
    """A tick of several metrics, each with the two sides as sent."""
    return {"t": 30.0 * at, "metrics": {name: {"control": c, "canary": t} for name, (c, t) in pairs.items()}}


def end(state: GateState) -> tuple[Status, Reason]:
    return state.status, state.reason


def test_a_good_canary_is_promoted_and_a_bad_one_rolled_back() -> None:
    good, bad = run(config(), GOOD), run(config(), BAD)
    assert end(good) == (Status.PROMOTE, Reason.NONE)
    assert end(bad) == (Status.ROLLBACK, Reason.NONE)
    assert good.log_e_promote >= 5.298 > good.log_e_rollback
    assert bad.log_e_rollback >= 3.912 > bad.log_e_promote
    assert bad.samples < good.samples


def test_a_gate_that_was_proven_and_went_bad_since_is_proven_no_longer() -> None:
    """The other gate is slower; when its proof comes, what was proven first is no longer so."""
    rules, slow = many({"name": "rare", "margin": 1.3}), (side(4_000, 40), side(4_000, 40))
    gate = Gate(rules)
    for at in range(6):
        state = gate.update(parts(at, errors=(side(4_000, 40), side(4_000, 40)), rare=slow))
    errors, rare = rules.designs
    assert [one.log_e_promote >= d.promote_bound for one, d in zip(state.metrics, (errors, rare), strict=True)] == [  # type: ignore[union-attr]
        True,
        False,
    ]
    while isinstance(state.metrics[1], Table) and state.metrics[1].log_e_promote < rare.promote_bound:
        at += 1
        state = gate.update(parts(at, errors=(side(4_000, 40), side(4_000, 66)), rare=slow))
    assert state.status is not Status.PROMOTE
    assert state.log_e_promote < errors.promote_bound


@pytest.mark.parametrize(("short", "status"), [(0.0, Status.ROLLBACK), (1e-9, Status.CONTINUE)])
def test_evidence_is_enough_once_it_reaches_its_bound(short: float, status: Status) -> None:
    rules = config()
    (design,) = rules.designs
    table = replace(empty_table(design), ticks=1, log_e_rollback=design.rollback_bound - short)
    assert standing((table,), Split(), 0.0, rules) == (status, Reason.NONE)


def test_promotion_takes_three_ticks_however_large_and_rollback_one() -> None:
    vast = 10**9
    gate = Gate(config())
    seen = [gate.update(tick(at, (vast, vast // 100), (vast, vast // 100))).status for at in range(3)]
    assert seen == [Status.CONTINUE, Status.CONTINUE, Status.PROMOTE]
    assert run(config(), [tick(0, (vast, vast // 100), (vast, vast // 50))]).status is Status.ROLLBACK


def test_between_good_and_margin_it_ends_at_the_horizon_unpromoted() -> None:
    state = run(config(dispersion="off"), even(400, (1000, 100), (1000, 122)))
    few = run(config(horizon=0.05), GOOD)
    assert end(few) == (Status.INCONCLUSIVE, Reason.HORIZON)
    assert state.status is not Status.PROMOTE


def test_the_horizon_counts_requests_of_equal_sides() -> None:
    """Fixed 26,394 a side, horizon 0.15: 3,960 requests, or 14 ticks of 300."""
    state = run(config(horizon=0.15), GOOD)
    table = state.metrics[0]
    assert isinstance(table, Table)
    assert table.ticks == 14
    assert table.size == pytest.approx(4200)


def test_vast_ticks_do_not_end_it_before_the_tenth() -> None:
    gate = Gate(config(horizon=0.01))
    ends = [gate.update(one).reason for one in even(10, (1000, 10), (1000, 11))]
    assert ends == [Reason.NONE] * 9 + [Reason.HORIZON]


def test_a_time_limit_ends_it_too() -> None:
    state = run(config(max_minutes=2), even(400, (10, 0), (10, 0)))
    assert (end(state), state.scored) == ((Status.INCONCLUSIVE, Reason.HORIZON), 120.0)


@pytest.mark.parametrize("ticks", [GOOD, BAD, even(10, (1000, 10), (500, 5)), even(9, (0, 0), (0, 0))])
def test_an_end_is_final(ticks: list[object]) -> None:
    rules = config()
    state = run(rules, ticks)
    assert state.status.final
    for more in (GOOD, BAD, even(3), [None], [tick(9999, (5, 5), (5, 5))]):
        assert advance(state, more, rules) == state
    assert advance(state, [], rules, now=1e10) == state
    assert advance(state, GOOD, config(alpha=0.1)) == state
    assert stopped(state, Reason.CONFIG) == state


# --- missing data is never a pass ------------------------------------------------------------------------------


NAN = {"good": float("nan"), "total": float("nan")}
ABSENT: list[Any] = [None, {}, NAN, side(0), {"good": 5, "total": 3}, "gone"]


@pytest.mark.parametrize("absent", ABSENT, ids=["null", "empty", "nan", "no requests", "backwards", "text"])
@pytest.mark.parametrize("name", ["control", "canary"])
def test_a_side_without_data_ends_it_and_is_never_a_pass(absent: object, name: str) -> None:
    ticks = [{**one, name: absent} for one in even(7)]
    rules = config()
    assert end(run(rules, ticks[:5])) == (Status.WAITING, Reason.NONE)
    state = run(rules, ticks)
    assert end(state) == (Status.INCONCLUSIVE, Reason.NO_DATA)
    assert (state.samples, state.log_e_promote) == (0, 0)


def test_absent_ticks_and_those_without_data_count_together() -> None:
    ticks = [*even(2, (300, 3), (300, 3)), {**tick(5, (300, 3), (300, 3)), "canary": None}]
    assert run(config(), ticks).metrics[0].missing == 4
    ticks += [{**tick(at, (300, 3), (300, 3)), "canary": None} for at in (6, 7)]
    assert end(run(config(), ticks)) == (Status.INCONCLUSIVE, Reason.NO_DATA)


def test_data_that_comes_back_in_time_goes_on() -> None:
    ticks = even(4, (300, 3), (300, 3))
    ticks += [{**tick(at, (300, 3), (300, 3)), "canary": None} for at in range(4, 9)]
    ticks += [tick(at, (300, 3), (300, 3)) for at in range(9, 12)]
    state = run(config(), ticks)
    assert end(state) == (Status.CONTINUE, Reason.NONE)
    assert state.samples == 7 * 300


def test_traffic_that_stops_later_does_not_advance() -> None:
    state = run(config(), [*GOOD[:10], *(tick(at, (300, 3), (0, 0)) for at in range(10, 20))])
    assert end(state) == (Status.INCONCLUSIVE, Reason.NO_DATA)


def test_no_error_at_all_is_data_and_no_proof() -> None:
    """Zero errors on both sides say nothing of their ratio, however many requests."""
    state = run(config(), even(200, (1000, 0), (1000, 0)))
    assert end(state) == (Status.INCONCLUSIVE, Reason.HORIZON)
    assert state.log_e_promote == 0


def test_two_dead_sides_are_not_promoted() -> None:
    assert run(config(), even(200, (1000, 1000), (1000, 1000))).status is not Status.PROMOTE


def test_a_dead_canary_is_rolled_back_at_once_and_a_dead_control_promotes_nobody_at_once() -> None:
    assert run(config(), even(1, (1000, 0), (1000, 1000))).status is Status.ROLLBACK
    assert run(config(), even(2, (1000, 1000), (1000, 0))).status is Status.CONTINUE


@given(st.lists(st.sampled_from([*ABSENT, side(50, 0), side(50, 1), side(50, 50)]), min_size=1, max_size=30))
def test_whatever_comes_is_never_promoted_without_a_bad_request_on_either_side(sides: list[Any]) -> None:
    ticks = [{"t": 30.0 * at, "control": side(50, 0), "canary": one} for at, one in enumerate(sides)]
    assert run(config(), ticks).status is not Status.PROMOTE


# --- the split of requests -------------------------------------------------------------------------------------


def test_a_mismatch_of_requests_ends_it_and_beats_promotion() -> None:
    state = run(config(), even(400, (300, 3), (200, 2)))
    assert end(state) == (Status.INCONCLUSIVE, Reason.SRM)


def test_rollback_beats_a_mismatch() -> None:
    assert run(config(), even(1, (3000, 30), (2000, 400))).status is Status.ROLLBACK


def test_a_tick_may_state_the_share_it_was_routed_with() -> None:
    ramp = [tick(at, (475, 5), (25, 0), share=0.05) for at in range(20)]
    ramp += [tick(at, (250, 3), (250, 2), share=0.5) for at in range(20, 40)]
    assert run(config(), ramp).reason is Reason.NONE
    assert end(run(config(), [{**one, "share": 0.5} for one in ramp])) == (Status.INCONCLUSIVE, Reason.SRM)
    assert run(config(expected_share=None), [{**one, "share": None} for one in ramp]).reason is Reason.NONE


# --- several metrics -------------------------------------------------------------------------------------------


def test_every_gate_must_be_proven() -> None:
    buckets = {"320": 920, "400": 950, "+Inf": 1000}
    slower = {"320": 880, "400": 920, "+Inf": 1000}
    fine = [parts(at, errors=(side(1000, 10), side(1000, 10)), p95=({"buckets": buckets},) * 2) for at in range(200)]
    slow = [
        parts(at, errors=(side(1000, 10), side(1000, 10)), p95=({"buckets": buckets}, {"buckets": slower}))
        for at in range(200)
    ]
    assert run(many(P95), fine).status is Status.PROMOTE
    assert run(many(P95), slow).status is Status.ROLLBACK
    unseen = [parts(at, errors=(side(1000, 10), side(1000, 10))) for at in range(200)]
    assert end(run(many(P95), unseen)) == (Status.INCONCLUSIVE, Reason.NO_DATA)


def test_a_guard_may_roll_back_and_must_be_awake_for_promotion() -> None:
    pair = (side(300, 3), side(300, 3))
    fine = [parts(at, errors=pair, guard=pair) for at in range(200)]
    assert run(many(GUARD), fine).status is Status.PROMOTE
    worse = [parts(at, errors=pair, guard=(side(300, 3), side(300, 20))) for at in range(200)]
    assert run(many(GUARD), worse).status is Status.ROLLBACK
    vast = (side(10**6, 10**4),) * 2
    blind = [parts(at, errors=vast) for at in range(5)]  # proven at once, but the guard has seen nothing
    assert run(many(GUARD), blind).status is Status.CONTINUE
    assert end(run(many(GUARD), [*blind, parts(5, errors=vast)])) == (Status.INCONCLUSIVE, Reason.NO_DATA)


def test_a_guard_that_misses_the_very_tick_of_the_proof_is_waited_for() -> None:
    small, vast = (side(300, 3), side(300, 3)), (side(10**6, 10**4),) * 2
    ticks = [parts(at, errors=small, guard=small) for at in range(4)]
    ticks += [parts(4, errors=vast), parts(5, errors=small, guard=small)]
    rules = many(GUARD)
    assert run(rules, ticks[:5]).status is Status.CONTINUE
    assert run(rules, ticks).status is Status.PROMOTE


def test_a_mean_holds_promotion_back_until_its_burn_in_and_may_roll_back() -> None:
    def at_cost(canary: float, n: int) -> list[dict[str, Any]]:
        vast = (side(10**6, 10**4),) * 2
        control = [{"n": 100, "sum": 100.0 + at % 5} for at in range(n)]
        return [parts(at, errors=vast, cost=(one, {"n": 100, "sum": canary})) for at, one in enumerate(control)]

    assert run(many(COST), at_cost(102.0, 19)).status is Status.CONTINUE
    assert run(many(COST), at_cost(102.0, 20)).status is Status.PROMOTE
    assert run(many(COST), at_cost(130.0, 20)).status is Status.ROLLBACK


def test_what_is_only_reported_decides_nothing() -> None:
    pair, awful = (side(300, 3), side(300, 3)), (side(300, 3), side(300, 300))
    ticks = [parts(at, errors=pair, guard=awful) for at in range(200)]
    rules = many({**GUARD, "role": "report"})
    assert run(rules, ticks).status is Status.PROMOTE
    assert run(rules, [parts(at, errors=pair) for at in range(200)]).status is Status.PROMOTE


# --- rules that change -----------------------------------------------------------------------------------------


def test_other_rules_begin_the_evidence_anew() -> None:
    state = run(config(), GOOD[:10])
    other = config(alpha=0.01)
    again = advance(state, GOOD[10:11], other)
    assert (again.samples, again.restarts, again.config) == (300, 1, other.digest)


def test_rules_that_only_say_what_to_do_at_the_end_do_not() -> None:
    state = run(config(), GOOD[:10])
    assert advance(state, [], config(on_inconclusive="rollback")).samples == 3000


def test_rules_that_keep_changing_end_it() -> None:
    state = begin(config())
    for step in range(1, 5):
        assert not state.status.final
        state = advance(state, GOOD[:2], config(alpha=0.005 + step / 1000))
    assert end(state) == (Status.INCONCLUSIVE, Reason.CONFIG)


def test_a_state_that_is_loaded_under_other_rules_begins_anew_and_a_final_one_stays() -> None:
    gate = Gate.from_json(config(alpha=0.01), dump(run(config(), GOOD[:10])))
    assert (gate.state.samples, gate.state.restarts) == (0, 1)
    assert Gate.from_json(config(alpha=0.01), dump(run(config(), BAD))).state.status is Status.ROLLBACK
    assert load(dump(run(config(), BAD)), config(alpha=0.01)).status is Status.ROLLBACK


def test_every_status_has_its_state_and_only_promotion_passes() -> None:
    assert set(STATES) == set(Status)
    assert [status for status, state in STATES.items() if state in {State.PASS, State.WARN}] == [Status.PROMOTE]
