"""The shadow check: what the mirrored answers of the experiments on this very commit say of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any

import msgspec

from checks.held import Experiment
from checks.model import Check, CheckResult, Measure, Measured, Missing, Mode, Need, Snapshot, State
from checks.shadow.block import Config
from checks.shadow.counts import StateError
from checks.shadow.report import FieldRow, Stance, Status, Told
from checks.shadow.told import load
from checks.shadow.words import answers, evidence, noise, share, ways

NAME = "shadow"
PROMOTED, LEFT = "promote", "hold"  # the courses of a canary that was promoted, and of one that was left as it is

STATES = {
    Status.CLEAN: State.PASS,
    Status.NOISY: State.WARN,
    Status.WAITING: State.WAIT,
    Status.NO_DATA: State.UNMEASURED,  # nothing mirrored is no pass
    Status.REGRESSION: State.BLOCK,
}
_BADNESS = (State.BLOCK, State.UNMEASURED, State.WAIT, State.WARN, State.PASS)  # the worst first
_SEND = "Mirror requests to candidate, primary and secondary, and send their answers to `/api/experiments/{}/shadow`."
_NEXT_STEPS = {
    State.BLOCK: "Correct what differs and push. What may differ, `shadow.ignore` names on the base branch.",
    State.WAIT: "Nothing to do but to send mirrored answers: the report says how many it takes.",
}


@dataclass(frozen=True, slots=True)
class _Seen:
    """One experiment whose answers are mirrored, read from its stored form."""

    held: Experiment
    told: Told

    @property
    def state(self) -> State:
        """What its answers say; once its course is taken, none are waited for."""
        state = STATES[self.told.status]
        return State.UNMEASURED if state is State.WAIT and self.held.course else state

    @property
    def too_late(self) -> bool:
        """Was it promoted before anybody saw what differs?"""
        return self.state is State.BLOCK and self.held.course == PROMOTED


def evaluate(snapshot: Snapshot, config: Config, _measured: Measured) -> CheckResult:
    """The worst of all experiments on the head counts; without mirrored answers the change is not measured."""
    held = snapshot.experiments
    if isinstance(held, Missing):
        return CheckResult(NAME, held.state, "What mirrored answers say is not known", reasons=(held.reason,))
    mirrored = [one for one in held or () if one.mirrored]
    if not mirrored:
        return _none(snapshot)
    try:
        seen = [_Seen(one, load(one.mirrored)) for one in mirrored]
    except StateError as error:
        return CheckResult(NAME, State.ERROR, "A stored shadow diff cannot be read", reasons=(str(error),))
    return _result(sorted(seen, key=lambda one: _BADNESS.index(one.state)), config)


def _none(snapshot: Snapshot) -> CheckResult:
    title = f"No experiment compares answers on {snapshot.pull.head_sha[:7]}"
    step = "Begin an experiment: the block `experiment` names the environments whose deployments are canaries."
    return CheckResult(NAME, State.UNMEASURED, title, next_step=step)


def _result(seen: Sequence[_Seen], config: Config) -> CheckResult:
    worst = seen[0]
    alone = len(seen) == 1
    return CheckResult(
        NAME,
        worst.state,
        title(worst.told) if alone else f"{worst.held.environment}: {title(worst.told)}",
        reasons=tuple(reason for one in seen for reason in _reasons(one, config)),
        measures=tuple(_measure(one, config, alone) for one in seen),
        next_step=_next_step(worst),
        detail={"experiments": [_detail(one) for one in seen]},
        rollback=any(one.told.stance is Stance.CRITICAL and not one.too_late for one in seen),
        stage="; ".join(stage(one.told) for one in seen),
    )


def title(told: Told) -> str:
    """The worst field, and by how much, in some ten words."""
    if told.status is Status.REGRESSION:
        worst = told.rows[0]
        return f"{worst.field} of {worst.route} differs in {share(worst.effect)} beyond noise"
    if told.status is Status.NO_DATA:
        return "No mirrored answers of an endpoint that counts"
    if told.status is Status.WAITING:
        return f"{answers(told.answers, 'mirrored answer')}, too few to say"
    beyond = f"; {told.flagged} noisy or not counted" if told.flagged else ""
    return f"No field differs beyond noise in {answers(told.answers)}{beyond}"


def stage(told: Told) -> str:
    """How far it has come: its status, what is flagged, and each doubling of the answers."""
    return f"{told.status} {told.flagged} {int(log2(told.answers + 1))}"


def _next_step(one: _Seen) -> str:
    if one.too_late:
        return "It was promoted before this was seen: take it back by hand where the difference matters."
    if one.told.stance is Stance.CRITICAL and one.held.course == LEFT:
        return "It was left as it is before this was seen: where it still serves, take it back by hand."
    return _SEND.format(one.held.id) if one.state is State.UNMEASURED else _NEXT_STEPS.get(one.state, "")


def _reasons(one: _Seen, config: Config) -> Iterator[str]:
    where, told = one.held.environment, one.told
    yield f"{where}: {told.reason}"
    if one.too_late:
        yield f"{where}: the canary was promoted before this was flagged; that is told, and not undone by itself"
    elif one.state is State.BLOCK and config.mode is Mode.BLOCK:
        critical = told.stance is Stance.CRITICAL
        yield f"{where}: {'a critical field takes the canary back' if critical else 'the canary is not promoted'}"
    yield f"{where}: of the flagged fields {share(told.q)} are expected to be flagged wrongly, at any look"


def _measure(one: _Seen, config: Config, alone: bool) -> Measure:
    """The worst flagged difference in percent of the answers; without one, how many answers were compared."""
    told = one.told
    prefix = "" if alone else f"{one.held.environment}."
    if not (told.rows and told.rows[0].flagged):
        return Measure(f"{prefix}answers", told.answers, state=one.state)
    worst, limit = told.rows[0], f"< {100 * config.floor:g}"
    return Measure(f"{prefix}difference", 100 * worst.effect, "%", limit, n=worst.answers, state=_state(worst))


def _state(row: FieldRow) -> State:
    if row.blocks:
        return State.BLOCK
    return State.WARN if row.flagged else State.PASS


def _detail(one: _Seen) -> dict[str, Any]:
    """The whole report, and beside each of its rows what people read of it."""
    report: dict[str, Any] = msgspec.to_builtins(one.told)
    words = [_words(row) for row in one.told.rows]
    rows = [row | said for row, said in zip(report["rows"], words, strict=True)]
    common = {
        "experiment": one.held.id,
        "environment": one.held.environment,
        "answers": one.told.answers,
        "title": title(one.told),
    }
    return report | common | {"rows": rows}


def _words(row: FieldRow) -> dict[str, str]:
    return {
        "state": _state(row).value,
        "candidate": share(row.raw_rate, 3),
        "by_itself": noise(row),
        "beyond": share(row.effect, 3),
        "evidence": evidence(row),
        "ways": ways(row),
    }


CHECK = Check(NAME, Config, frozenset({Need.EXPERIMENTS}), evaluate)
