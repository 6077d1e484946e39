"""From one state to the next, the only way an experiment moves: the same ticks give the same state, to the bit."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

from msgspec.structs import replace

from checks.experiment.config import GateConfig
from checks.experiment.course import Course
from checks.experiment.state import GateState, begin
from checks.experiment.status import Reason, Status

MOST_RESTARTS = 3  # each run of the evidence has the whole alpha, so they must not go on for ever


def advance(state: GateState, sent: Iterable[object], config: GateConfig, now: float | None = None) -> GateState:
    """The state after the ticks `sent`, as they came, and at time `now` (epoch seconds) where it is known.

    A tick is scored in the order of time once it is `watermark_seconds` older than the newest tick, or than `now`.
    What cannot be used is counted in `anomalies`. A final state never changes again. Rules other than those of the
    state begin the evidence anew.
    """
    if now is not None and not isfinite(now):
        raise ValueError("now must be a time in epoch seconds")
    state = under(state, config)
    if state.status.final:
        return state
    course = Course(state, config, now)
    for one in sent:
        if not course.receive(one):
            break
    course.look()
    return course.state()


def under(state: GateState, config: GateConfig) -> GateState:
    """The state under `config`: itself, or a new beginning where it was gathered under other rules."""
    if state.config == config.digest or state.status.final:
        return state
    restarts = state.restarts + 1
    fresh = replace(begin(config), restarts=restarts, anomalies=state.anomalies)
    return stopped(fresh, Reason.CONFIG) if restarts > MOST_RESTARTS else fresh


def stopped(state: GateState, reason: Reason) -> GateState:
    """The state ended without an answer; a final one as it is."""
    if state.status.final:
        return state
    return replace(state, status=Status.INCONCLUSIVE, reason=reason, pending=())
