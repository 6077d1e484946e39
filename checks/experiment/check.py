"""The experiment check: what the guarded experiments on this very commit say of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import ValidationError

from checks.experiment.aftermath import done, next_step
from checks.experiment.block import Config
from checks.experiment.config import GateConfig
from checks.experiment.design import Design, Role
from checks.experiment.fed import lateness, trouble
from checks.experiment.reaction import too_slow
from checks.experiment.report import Report, Row, by_hand, report
from checks.experiment.state import StateError, load
from checks.experiment.status import Status
from checks.experiment.watched import Watched
from checks.held import BY_HAND, Experiment, Feed
from checks.model import Check, CheckResult, Measure, Measured, Missing, Need, Snapshot, State

NAME = "experiment"

_BADNESS = (State.BLOCK, State.UNMEASURED, State.WAIT, State.PASS)  # the worst first: what experiments can say
_NEXT_STEPS = {
    State.UNMEASURED: "Read why there was no answer; a new commit is a new canary.",
    State.WAIT: "Nothing to do while figures come: the answer comes with the evidence.",
}


_VERBS = {"promote": "promoted", "rollback": "taken back"}


@dataclass(frozen=True, slots=True)
class _Told:
    """One experiment, read from its stored form."""

    id: int
    environment: str
    gate: GateConfig
    report: Report
    acted: str
    feed: Feed | None
    course: str

    @property
    def taken(self) -> str:
        """What was done; while nothing was, what the gate asks for."""
        return self.report.action if self.course == BY_HAND else self.course or self.report.action


def evaluate(snapshot: Snapshot, config: Config, _measured: Measured) -> CheckResult:
    """The worst of all experiments on the head counts; without one the change is not measured."""
    held = snapshot.experiments
    if config.kill_switch:
        title = "Experiments are switched off: `experiment.kill_switch` is set"
        return CheckResult(NAME, State.UNMEASURED, title, next_step="Take the switch off on the base branch.")
    if isinstance(held, Missing):
        return CheckResult(NAME, held.state, "What experiments say is not known", reasons=(held.reason,))
    if not held:
        return _none(snapshot, config)
    try:
        told = [_told(one) for one in held]
    except (StateError, ValidationError) as error:
        first = str(error).partition("\n")[0]
        return CheckResult(NAME, State.ERROR, "A stored experiment cannot be read", reasons=(first,))
    return _result(sorted(told, key=lambda one: _BADNESS.index(one.report.state)))


def _none(snapshot: Snapshot, config: Config) -> CheckResult:
    head = snapshot.pull.head_sha[:7]
    if not config.environments:
        title = "`experiment.environments` names no canary"
        return CheckResult(NAME, State.UNMEASURED, title, next_step="Name the environment of the canary, and its gate.")
    where = " or ".join(f"`{name}`" for name in config.environments)
    title = f"No experiment has begun on {head}"
    return CheckResult(NAME, State.UNMEASURED, title, next_step=f"Deploy {head} to {where}.")


def _told(one: Experiment) -> _Told:
    gate = Watched.model_validate_json(one.gate)
    told = report(load(one.state, gate), gate)
    if one.course == BY_HAND:
        told = by_hand(told)
    return _Told(one.id, one.environment, gate, told, one.acted, one.feed, one.course)


def _result(told: Sequence[_Told]) -> CheckResult:
    worst = told[0]
    state = worst.report.state
    return CheckResult(
        NAME,
        state,
        _title(worst),
        reasons=tuple(reason for one in told for reason in _reasons(one)),
        measures=tuple(measure for one in told for measure in _measures(one, alone=len(told) == 1)),
        next_step=_next_step(worst),
        detail={"experiments": [_detail(one) for one in told]},
        rollback=worst.report.status is Status.ROLLBACK or worst.course == BY_HAND,
        stage="; ".join(f"{stage(one.report)} {one.feed.trouble if one.feed else ''}".strip() for one in told),
    )


def _next_step(one: _Told) -> str:
    """What a person can do; where nothing comes of the source, that is the next thing to mend."""
    if one.taken == "rollback":
        return next_step(one.acted)
    if one.feed and one.feed.trouble:
        return f"Find out why source `{one.feed.source}` gives no figures: {one.feed.trouble}."
    return _NEXT_STEPS.get(one.report.state, "")


def stage(told: Report) -> str:
    """How far an experiment has come: its status, and each metric's evidence in tenths of what is needed.

    It changes some dozen times in the life of an experiment, while ticks come by the hundred.
    """
    proofs = (proof for row in told.rows for proof in (row.promote, row.rollback) if proof is not None)
    tenths = (str(min(max(int(10 * proof.log_e / proof.bound), 0), 10)) for proof in proofs)
    return f"{told.status} {'/'.join(tenths)}"


# --- in words ---------------------------------------------------------------------------------------------------


def _title(one: _Told) -> str:
    """Its answer, and what was done since."""
    had = ", ".join(done(one.acted))
    return f"{one.environment}: {one.report.title}" + (f"; done: {had}" if had else "")


def _reasons(one: _Told) -> Iterator[str]:
    if one.acted:
        yield f"{one.environment}: {_VERBS.get(one.taken, 'left as it is')}: {one.acted}"
    for row in one.report.rows:
        said = [part for part in (_towards(row), _saved(row)) if part]
        if said:
            yield f"{one.environment}: {row.name}: {'; '.join(said)}"
    if one.report.flaw:
        yield f"{one.environment}: the last tick that could not be used: {one.report.flaw}"
    late = () if one.report.status.final else lateness(one.feed, one.gate)
    yield from (f"{one.environment}: {said}" for said in (*trouble(one.feed), *late))


def _towards(row: Row) -> str:
    """The evidence that matters most now: of a regression once there is some, else for the promotion."""
    if row.role == Role.REPORT:
        return ""
    if row.rollback.reached or row.promote is None:
        return f"evidence of a regression: {row.rollback.words}"
    more = f", about {row.remaining:,} canary requests more" if row.remaining else ""
    return f"evidence for the promotion: {row.promote.words}{more}"


def _saved(row: Row) -> str:
    return "" if row.saved is None else f"{100 * row.saved:.0f} % of the requests of a fixed test were not needed"


def _measures(one: _Told, alone: bool) -> Iterator[Measure]:
    for row, design in zip(one.report.rows, one.gate.designs, strict=bool(one.report.rows)):
        effect = row.effect
        ends = (effect.low, effect.high) if effect else (None, None)
        yield Measure(
            row.name if alone else f"{one.environment}.{row.name}",
            effect.estimate if effect else None,
            "x the control",
            limit=_limit(row, design),
            interval=(ends[0], ends[1]) if ends[0] is not None and ends[1] is not None else None,
            n=row.canary.requests,
            state=_state(row, one.report.status),
        )


def _limit(row: Row, design: Design) -> str:
    return {Role.GATE: f"< {design.margin:g}", Role.ROLLBACK_ONLY: f"<= {design.tolerate:g}"}.get(Role(row.role), "")


def _state(row: Row, status: Status) -> State:
    """Of one metric: what only rolls back is well until it is proven bad."""
    if row.role == Role.REPORT:
        return State.PASS
    if row.rollback.reached:
        return State.BLOCK
    if row.role == Role.ROLLBACK_ONLY or (row.promote is not None and row.promote.reached):
        return State.PASS
    return State.UNMEASURED if status.final else State.WAIT


def _detail(one: _Told) -> dict[str, Any]:
    ours = {"experiment": one.id, "environment": one.environment, "acted": one.acted, "course": one.course}
    return ours | asdict(one.report)


def warns(config: Config) -> tuple[str, ...]:
    """What the rules alone say of how soon a bad canary can be taken back; a source adds its lag to that."""
    return tuple(filter(None, (too_slow(config.judged_by),))) if config.gate else ()


CHECK = Check(NAME, Config, frozenset({Need.EXPERIMENTS}), evaluate, warns=warns)
