"""What guards saw since they were asked last, in the forms of `speclive.wire`: deltas, each told once and none lost."""

from __future__ import annotations

from threading import RLock
from typing import NamedTuple

from speclive.counted import told
from speclive.forking import unlocked_in_children
from speclive.seats import Guard, counted
from speclive.sites import CHANGING, REGISTRY, Reach
from speclive.state import STATE
from speclive.wire import Counted, Exemplar, Target, Watched
from speclive.words import Binding, Mode, Part

_ASKING = unlocked_in_children(RLock())
_TOLD: dict[Guard, dict[str, int]] = {}
_REACHED: dict[Reach, tuple[int, int]] = {}


class Window(NamedTuple):
    """What was seen, and what it was seen of: targets and clauses are all told, those with nothing new by zeros."""

    targets: list[Target]
    clauses: list[Counted]
    exemplars: list[Exemplar]
    watched: list[Watched]


def drain() -> Window:
    """Take what was seen since the last time; whoever asks next does not get it again."""
    with _ASKING:
        with CHANGING:
            guards, retired = tuple(REGISTRY.guards.values()), tuple(REGISTRY.retired)
            shares = REGISTRY.shares()
        clauses = {row["id"]: row for guard in guards for row in _clauses(guard, shares.get(guard, 1.0))}
        for row in (row for guard in retired for row in _clauses(guard) if row["evaluated"]):
            clauses[row["id"]] = _both(clauses[row["id"]], row) if row["id"] in clauses else row
        exemplars = [example for guard in (*retired, *guards) for example in guard.exemplars.taken()]
        watched = [one for guard in (*retired, *guards) for one in _watched(guard)]
        return Window(_targets(guards), [*clauses.values()], exemplars, watched)


def pending() -> int:
    """How many exemplars the next window would have."""
    return sum(len(guard.exemplars.waiting) for guard in tuple(REGISTRY.guards.values()))


def _clauses(guard: Guard, share: float = 1.0) -> list[Counted]:
    card, before, now = guard.card, _TOLD.get(guard, {}), guard.outcomes.counts()
    _TOLD[guard] = now
    counts = counted(card, {outcome: seen - before.get(outcome, 0) for outcome, seen in now.items()})
    mode, sample = Mode.OFF if STATE.killed else STATE.mode(card), STATE.sample(card) * share
    seen = ((clause, counts[clause.id]) for clause in card.clauses)
    rows = (told(card, clause, mode, one.evaluated, one.violated, one.errors) for clause, one in seen)
    return [{**row, "sample": sample} for row in rows]


def _both(there: Counted, row: Counted) -> Counted:
    """A clause as it is now, with what was seen of it as it was before an edit: each is told once in a window."""
    both = there.copy()
    both["evaluated"] += row["evaluated"]
    both["violated"] += row["violated"]
    both["errors"] += row["errors"]
    return both


def _watched(guard: Guard) -> list[Watched]:
    return [
        {"card": guard.card.id, "name": watch.name, "role": watch.role, "sketch": sketch}
        for watch in guard.watches
        if (sketch := watch.taken()) is not None
    ]


def _targets(guards: tuple[Guard, ...]) -> list[Target]:
    bound: dict[Binding, list[Guard]] = {}
    for guard in guards:
        bound.setdefault(guard.card.binding, []).append(guard)
    return [_target(binding, bound.get(binding, []), reach) for binding, reach in REGISTRY.reaches.copy().items()]


def _target(binding: Binding, guards: list[Guard], reach: Reach) -> Target:
    guarded, left = reach.guarded.value(), reach.left.value()
    before = _REACHED.get(reach, (0, 0))
    _REACHED[reach] = (guarded, left)
    guarded, left = guarded - before[0], left - before[1]
    target: Target = {
        "name": binding.target,
        "handler": reach.handler,
        "critical": any(guard.card.critical for guard in guards),
        "clauses": [clause.id for guard in guards for clause in guard.card.clauses if clause.part is not Part.GIVEN],
        "calls": guarded + left,
        "guarded": guarded,
    }
    if reach.path and reach.line is not None:
        target["path"], target["line"] = reach.path, reach.line
    return target
