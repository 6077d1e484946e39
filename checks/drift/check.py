"""The drift check: does the module whose code a change touches still see and say what it did when it was well?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from checks.drift.alarm import Course, load
from checks.drift.block import NAME, Config, Module
from checks.drift.comparison import Standing
from checks.drift.dispersion import MATCHED_DAYS
from checks.drift.remedial import places, remedial
from checks.drift.told import FeatureTold, plain, written
from checks.drifting import Drifting
from checks.model import (
    Check,
    CheckResult,
    FileChange,
    Measure,
    Measured,
    Missing,
    Mode,
    Need,
    Pull,
    Snapshot,
    State,
)

STATES = {
    Standing.OK: State.PASS,
    Standing.WATCH: State.WARN,
    Standing.DRIFT: State.BLOCK,
    Standing.BLIND: State.UNMEASURED,  # what nobody sees is no pass
}
_BADNESS = (State.BLOCK, State.UNMEASURED, State.WARN, State.PASS)  # the worst first
_MOST_REASONS = 5  # features of a module
_MEANT = "Where what came in is meant, it is the new state: freeze another reference."
_REPAIR = (
    "A change that is to end the drift passes once `drift.mode` is `warn` on {}; set it back when the drift has ended."
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A module that the change touches, and how it stands."""

    module: Module
    course: Course
    reference: tuple[str, str] | None
    remedial: bool = False  # the change is what is to end the drift

    @property
    def state(self) -> State:
        return State.PASS if self.remedial else STATES[self.course.state]

    @property
    def features(self) -> tuple[FeatureTold, ...]:
        return self.course.told.features if self.course.told else ()


def evaluate(snapshot: Snapshot, config: Config, _measured: Measured) -> CheckResult:
    """The worst of the modules whose code the change touches counts; of others nothing is said."""
    change, held = snapshot.change, snapshot.drift
    if isinstance(change, Missing):
        return CheckResult(NAME, change.state, "What the change touches is not known", reasons=(change.reason,))
    files = change.files if change else ()
    touched = [module for module in config.modules if any(places(file, module) for file in files)]
    if not touched:
        return CheckResult(NAME, State.PASS, "No watched module is touched")
    if isinstance(held, Missing):
        return CheckResult(NAME, held.state, "How watched modules stand is not known", reasons=(held.reason,))
    try:
        known = {one.module: one for one in held or ()}
        seen = [_seen(snapshot.pull, files, module, known) for module in touched]
    except msgspec.MsgspecError as error:
        return CheckResult(NAME, State.ERROR, "A stored drift watch cannot be read", reasons=(str(error),))
    way = _REPAIR.format(snapshot.pull.base_ref) if config.mode is Mode.BLOCK else ""
    return _result(sorted(seen, key=lambda one: _BADNESS.index(one.state)), way)


def _seen(pull: Pull, files: Sequence[FileChange], module: Module, known: Mapping[str, Drifting]) -> _Seen:
    held = known.get(module.name)
    if held is None:
        return _Seen(module, Course(reason="no batch ever came"), None)
    course = load(held.course)
    ends = course.state is Standing.DRIFT and remedial(pull, files, module, course.acted)
    return _Seen(module, course, held.reference, ends)


def _result(seen: Sequence[_Seen], way: str) -> CheckResult:
    worst = seen[0]
    return CheckResult(
        NAME,
        worst.state,
        _title(worst),
        reasons=tuple(reason for one in seen for reason in _reasons(one)),
        measures=tuple(_measure(one) for one in seen),
        next_step=_next_step(worst, way),
        detail={"modules": [_detail(one) for one in seen]},
        stage=" ".join(f"{one.module.name}:{one.course.word}" for one in seen),
    )


def _next_step(one: _Seen, way: str) -> str:
    """`way`: how a change that is to end a drift gets past it."""
    if one.state is State.UNMEASURED:
        return f"Have the service send its batches to `/api/drift/{one.module.name}`."
    if one.state is not State.BLOCK:
        return ""
    pull = one.course.acted.pull
    prepared = (
        f"Pull request {pull} puts in place what was prepared: merge it first, where that is not done." if pull else ""
    )
    return " ".join(filter(None, (prepared or "See what came in since that day.", way, _MEANT)))


def _title(one: _Seen) -> str:
    name, course = one.module.name, one.course
    if one.remedial:
        return f"{name} drifts, and this is what is to end it"
    match course.state:
        case Standing.DRIFT:
            return f"{name} drifts since {written(course.since)}"
        case Standing.BLIND:
            return f"Nobody sees whether {name} drifts"
        case Standing.WATCH:
            return f"{name} may begin to drift"
        case Standing.OK:
            return f"{name} is as its reference"


def _reasons(one: _Seen) -> Iterator[str]:
    yield f"{one.module.name}: {one.course.reason}"
    if one.remedial:
        yield f"it puts in place what {one.module.name} has prepared for a drift, and nothing else of it"
    moved = [feature for feature in one.features if feature.state in {Standing.DRIFT, Standing.WATCH}]
    for feature in moved[:_MOST_REASONS]:
        since = f" since {written(feature.first)}" if feature.first else ""
        yield f"{feature.role} {feature.name}{since}: {feature.reason}"
    if len(moved) > _MOST_REASONS:
        yield f"{len(moved) - _MOST_REASONS} more features of {one.module.name} moved"


def _measure(one: _Seen) -> Measure:
    drifting = sum(feature.state is Standing.DRIFT for feature in one.features)
    value = drifting if one.features else None
    return Measure(f"{one.module.name}.drifting", value, "features", "= 0", n=len(one.features), state=one.state)


def _detail(one: _Seen) -> dict[str, Any]:
    told = plain(one.course.told) if one.course.told else {"day": None, "first": None, "features": []}
    reference = " to ".join(one.reference) if one.reference else ""
    said = {"name": one.module.name, "state": one.state.value, "standing": one.course.state.value}
    return said | told | {"reason": one.course.reason, "reference": reference, "issue": one.course.acted.issue}


def warns(config: Config) -> tuple[str, ...]:
    """What a reader of the block should know."""
    return tuple(
        f"`{module.name}` has a reference of {module.reference.length} days: with fewer than {MATCHED_DAYS} "
        "weekdays are not matched, and small shifts are not proven"
        for module in config.modules
        if module.reference.length < MATCHED_DAYS
    )


CHECK = Check(NAME, Config, frozenset({Need.CHANGE, Need.DRIFT}), evaluate, warns=warns)
