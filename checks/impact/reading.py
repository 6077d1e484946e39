"""The other reading of a metric: held against the controls that moved, too.

A control that moved was moved by the deployment, or by what moved the metric. In the first case the answer without it
is right, in the second the one with it, and the series alone do not tell which case it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from checks.impact.asking import ask
from checks.impact.block import Metric
from checks.impact.controls import kept
from checks.impact.effect import Estimate
from checks.impact.outcome import Outcome
from checks.impact.plan import Plan
from checks.impact.told import Held
from checks.impact.window import Window
from checks.impact.words import changed


def other_reading(seen: Window, held: Sequence[Held], metric: Metric, plan: Plan) -> Estimate | None:
    """The estimate with the controls that moved kept; None where none was dropped for it, or it has no answer."""
    if plan.prior == "r" or not moved(held):
        return None
    found = ask(seen, kept(seen, held, "r"), metric, plan)
    return found if found.p is not None else None


def moved(held: Sequence[Held]) -> tuple[str, ...]:
    """The names of the controls that moved."""
    return tuple(one.name for one in held if one.state == "moved")


def note(other: Estimate | None, held: Sequence[Held], unit: str) -> str:
    """What the other reading says, in words; "" without one."""
    if other is None:
        return ""
    names = moved(held)
    which, it = ("controls", "them") if len(names) > 1 else ("a control", "it")
    return (
        f"with {', '.join(names)} kept as {which} the effect would be {changed(other.relative, other.average, unit)}:"
        f" if the deployment cannot have moved {it}, believe that"
    )


def apart(found: Estimate, other: Estimate | None, held: Sequence[Held]) -> str:
    """Why what was found is not believed: the other reading finds nothing, or the opposite; "" where it agrees."""
    if other is None or other.outcome is found.outcome:
        return ""
    finds = "nothing" if other.outcome is Outcome.NO_EVIDENCE else "the opposite"
    names = ", ".join(moved(held))
    return f"two readings: with {names} kept it finds {finds}, and these series cannot tell which is right"
