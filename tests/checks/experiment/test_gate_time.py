"""Time in the gate: watermark, order, lateness, gaps, silence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.experiment import Gate, GateConfig, GateState, Reason, Status, advance, begin, dump, load
from checks.experiment.table import Table
from tests.checks.experiment.facts import config, even, run, side, tick

PATIENT = config(watermark_seconds=60)


def fed(ticks: Sequence[object], rules: GateConfig = PATIENT, now: float | None = None) -> GateState:
    return advance(begin(rules), ticks, rules, now)


def test_a_tick_is_scored_once_it_is_a_watermark_older_than_the_newest() -> None:
    gate = Gate(PATIENT)
    assert gate.update(even(1)[0]).samples == 0
    assert gate.update(tick(1, (1000, 10), (1000, 10))).samples == 0
    state = gate.update(tick(2, (1000, 10), (1000, 10)))
    assert (state.samples, state.scored, state.newest, len(state.pending)) == (1000, 0.0, 60.0, 2)


def test_or_than_the_time_it_is_where_somebody_tells_it() -> None:
    gate = Gate(PATIENT)
    gate.update(tick(1, (1000, 10), (1000, 10)))
    assert gate.look(89.0).samples == 0
    assert gate.look(90.0).samples == 1000


def test_errors_that_come_late_but_within_the_watermark_count() -> None:
    gate = Gate(PATIENT)
    for at in range(6):
        gate.update(tick(at, (1000, 10), (1000, 0)))
        if at:
            gate.update(tick(at - 1, (1000, 10), (1000, 12)))
    table = gate.state.metrics[0]
    assert (table.ticks, gate.state.anomalies.late) == (4, 0)
    assert isinstance(table, Table)
    assert table.canary_bad == 48


def test_what_comes_after_its_time_was_scored_is_counted_and_changes_nothing() -> None:
    state = fed(even(6))
    again = advance(state, [tick(1, (1000, 0), (1000, 900))], PATIENT)
    assert again.anomalies.late == 1
    assert (again.metrics, again.pending, again.status) == (state.metrics, state.pending, state.status)


def test_a_gap_that_was_passed_over_is_not_filled_in_later() -> None:
    state = fed([tick(0, (10, 0), (10, 0)), tick(5, (10, 0), (10, 0)), tick(2, (10, 0), (10, 0))])
    assert (state.anomalies.late, len(state.pending)) == (1, 1)


def test_the_same_tick_twice_is_one_tick() -> None:
    twice = [one for one in even(8) for _ in range(2)]
    assert fed(twice) == fed(even(8))


def test_without_a_watermark_the_second_report_is_late() -> None:
    state = run(config(), [*even(3), even(3)[2]])
    assert (state.samples, state.anomalies.late) == (3000, 1)


def settled(state: GateState) -> GateState:
    """All but what had come in and was not scored yet when it ended."""
    return replace(state, newest=None) if state.status.final else state


SMALL = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=4, max_size=14)


@given(SMALL, st.randoms(use_true_random=False))
def test_within_the_watermark_order_makes_no_difference(sides: list[tuple[int, int]], random: Any) -> None:
    ticks = [tick(at, (100, min(100, c)), (100, min(100, t))) for at, (c, t) in enumerate(sides)]
    shuffled = sorted(range(len(ticks)), key=lambda at: at + random.uniform(0, 2))
    assert settled(fed([ticks[at] for at in shuffled])) == settled(fed(ticks))


@given(SMALL, st.integers(0, 14))
def test_ticks_may_come_one_by_one_or_many_at_a_time(sides: list[tuple[int, int]], cut: int) -> None:
    ticks = [tick(at, (100, min(100, c)), (100, min(100, t))) for at, (c, t) in enumerate(sides)]
    assert advance(fed(ticks[:cut]), ticks[cut:], PATIENT) == fed(ticks) == run(PATIENT, ticks)


def test_a_tick_from_the_future_is_refused_where_the_time_is_known() -> None:
    state = fed([tick(100, (10, 0), (10, 0))], now=60.0)
    assert (state.anomalies.future, state.pending, state.newest) == (1, (), None)


@pytest.mark.parametrize(("missed", "ended"), [(5, False), (6, True)])
def test_more_absent_ticks_than_allowed_end_it(missed: int, ended: bool) -> None:
    state = run(config(), [*even(2), tick(2 + missed, (1000, 10), (1000, 10))])
    expected = (Status.INCONCLUSIVE, Reason.STALE) if ended else (Status.CONTINUE, Reason.NONE)
    assert (state.status, state.reason) == expected


def test_ticks_that_are_closer_than_said_are_no_gap() -> None:
    ticks = [{"t": 7.0 * at, "control": side(1000, 10), "canary": side(1000, 10)} for at in range(5)]
    assert run(config(), ticks).samples == 5000


def test_a_source_that_falls_silent_ends_it_after_the_watermark_and_the_ticks_that_may_miss() -> None:
    gate = Gate(PATIENT)
    for one in even(4):
        gate.update(one)
    last = 90.0
    assert gate.look(last + 60 + 6 * 30).status is Status.CONTINUE
    state = gate.look(last + 60 + 6 * 30 + 1)
    assert (state.status, state.reason) == (Status.INCONCLUSIVE, Reason.STALE)


def test_silence_from_the_start_counts_from_the_first_look() -> None:
    gate = Gate(PATIENT)
    assert gate.look(1e9).status is Status.WAITING
    assert gate.look(1e9 + 240).status is Status.WAITING
    assert gate.look(1e9 + 241).reason is Reason.STALE


def test_only_so_many_ticks_may_wait() -> None:
    ticks = [{"t": at / 1000, "control": side(10), "canary": side(10)} for at in range(2050)]
    state = fed([*ticks, ticks[7]])
    assert (len(state.pending), state.anomalies.crowded, state.anomalies.late) == (2000, 50, 0)
    assert load(dump(state), PATIENT) == state


@pytest.mark.parametrize("now", [float("nan"), float("inf"), -float("inf")])
def test_a_time_that_is_none_is_a_mistake_of_the_caller(now: float) -> None:
    with pytest.raises(ValueError, match="epoch seconds"):
        Gate(PATIENT).look(now)
