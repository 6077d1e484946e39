"""An experiment as card, page and JSON show it. Everything in a Report is a JSON value once `asdict` has had it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from msgspec.structs import asdict

from checks.experiment.advance import under
from checks.experiment.config import GateConfig
from checks.experiment.design import Design, Role
from checks.experiment.effect import Effect, effect_of
from checks.experiment.mean import Mean
from checks.experiment.state import GateState
from checks.experiment.status import STATES, Status
from checks.experiment.table import Table
from checks.experiment.words import evidence, guarantee, title
from checks.model import State


@dataclass(frozen=True, slots=True)
class Side:
    """Requests scored on one side, and how many went wrong; None for a mean."""

    requests: int
    bad: int | None
    rate: float | None


@dataclass(frozen=True, slots=True)
class Proof:
    """Evidence for one answer: its logarithm, the bound that it must reach, and both in words."""

    log_e: float
    bound: float
    words: str
    reached: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One metric. `size` and `fixed` count requests a side, `remaining` canary requests at the present pace."""

    name: str
    kind: str
    role: str
    control: Side
    canary: Side
    effect: Effect | None
    promote: Proof | None
    rollback: Proof
    ticks: int
    missing: int
    dispersion: float | None = None
    size: float | None = None
    fixed: int | None = None
    remaining: int | None = None
    saved: float | None = None  # share of the fixed test's requests that were not needed, once there is an answer


@dataclass(frozen=True, slots=True)
class SplitReport:
    """How requests were split: the canary's share as routed and as seen, and the evidence of a mismatch."""

    expected: float | None
    observed: float | None
    mismatch: Proof


@dataclass(frozen=True, slots=True)
class Report:
    """The whole answer. `action`: promote, rollback, hold or wait. `lag` in seconds, None before the first score."""

    status: Status
    reason: str
    state: State
    action: str
    title: str
    guarantee: tuple[str, ...]
    rows: tuple[Row, ...]
    samples: int
    lag: float | None
    split: SplitReport
    anomalies: dict[str, int]  # what came in and was not used, by kind; see `Anomalies`
    flaw: str
    restarts: int
    config: str


def report(state: GateState, config: GateConfig) -> Report:
    """What there is to say of `state`. A final state of other rules keeps its answer and shows no rows."""
    state = under(state, config)
    ours = state.config == config.digest
    pairs = tuple(zip(state.metrics, config.designs, strict=True)) if ours else ()
    rows = tuple(_row(one, design, state.status, config) for one, design in pairs)
    worst = next((row.name for row in rows if row.role != Role.REPORT and row.rollback.reached), "")
    return Report(
        status=state.status,
        reason=state.reason.value,
        state=STATES[state.status],
        action=action(state.status, config),
        title=title(state.status, state.reason, worst),
        guarantee=guarantee(config) if ours else (),
        rows=rows,
        samples=state.samples,
        lag=None if state.scored is None or state.newest is None else state.newest - state.scored,
        split=_split(state, config),
        anomalies=asdict(state.anomalies),
        flaw=state.flaw,
        restarts=state.restarts,
        config=state.config,
    )


def by_hand(told: Report) -> Report:
    """The same, where somebody rolled it back: the evidence stays what it was, and so do status and reason."""
    return replace(told, state=State.BLOCK, action="rollback", title="Rolled back by hand")


def action(status: Status, config: GateConfig) -> str:
    """What to do about the canary."""
    if status is Status.INCONCLUSIVE:
        return config.on_inconclusive.value
    return {Status.PROMOTE: "promote", Status.ROLLBACK: "rollback"}.get(status, "wait")


def _row(one: Table | Mean, design: Design, status: Status, config: GateConfig) -> Row:
    bursts = config.dispersion == "auto"
    rollback = _proof(one.log_e_rollback, design.rollback_bound)
    common = (design.name, design.kind.value, design.role.value)
    if isinstance(one, Mean):
        control, canary = Side(one.control, None, None), Side(one.canary, None, None)
        return Row(*common, control, canary, effect_of(one, design, bursts), None, rollback, one.ticks, one.missing)
    return Row(
        *common,
        _side(one.control, one.control_bad),
        _side(one.canary, one.canary_bad),
        effect_of(one, design, bursts),
        _proof(one.log_e_promote, design.promote_bound),
        rollback,
        one.ticks,
        one.missing,
        dispersion=one.dispersion.factor if bursts else 1.0,
        size=one.size,
        fixed=design.fixed,
        remaining=None if status.final else _remaining(one, design),
        saved=_saved(one, design, status),
    )


def _side(requests: int, bad: int) -> Side:
    return Side(requests, bad, bad / requests if requests else None)


def _proof(log_e: float, bound: float) -> Proof:
    return Proof(log_e, bound, evidence(log_e, bound), log_e >= bound)


def _remaining(table: Table, design: Design) -> int | None:
    """Canary requests until the proof, at the pace so far; None where that leads nowhere within the horizon."""
    if table.log_e_promote >= design.promote_bound:
        return 0
    if table.log_e_promote <= 0:
        return None
    needed = (design.promote_bound - table.log_e_promote) * table.canary / table.log_e_promote
    left = (design.most - table.size) * table.canary / table.size
    return ceil(needed) if needed <= left else None


def _saved(table: Table, design: Design, status: Status) -> float | None:
    answered = status in {Status.PROMOTE, Status.ROLLBACK}
    return 1 - table.size / design.fixed if answered and design.fixed else None


def _split(state: GateState, config: GateConfig) -> SplitReport:
    return SplitReport(
        state.split.share or config.expected_share,
        state.split.observed,
        _proof(state.split.log_e, config.split_bound),
    )
