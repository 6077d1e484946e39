"""One metric, asked: its window, what it was held against, whether the method holds on its past, and the estimate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from checks.impact.asking import ask
from checks.impact.bending import bend
from checks.impact.block import Metric
from checks.impact.controls import controls, kept
from checks.impact.effect import Estimate
from checks.impact.outcome import Outcome
from checks.impact.placebo import placebo
from checks.impact.plan import Plan
from checks.impact.reading import other_reading
from checks.impact.series import Neighbour, Observed, Series
from checks.impact.told import Held, Placebo
from checks.impact.window import Window, window

NOTHING = Window((), (), 0)
UNTRIED = Placebo()


@dataclass(frozen=True, slots=True)
class Answered:
    """All that is known of one metric before it is seen beside the others.

    `other`: the estimate with the controls that were dropped kept. `bend`: which way it bent before, 1, -1 or 0.
    """

    metric: Metric
    window: Window
    estimate: Estimate
    held: tuple[Held, ...] = ()
    placebo: Placebo = UNTRIED
    other: Estimate | None = None
    bend: int = 0


def answered(metric: Metric, observed: Observed, plan: Plan, at: float, neighbours: Sequence[Neighbour]) -> Answered:
    """What a deployment at epoch second `at` did to the metric."""
    if observed.trouble:
        return _silent(metric, observed.trouble)
    if not any(value is not None for value in observed.y.values):
        return _silent(metric, "it has no points")
    seen = window(observed, metric, plan, at, neighbours)
    if seen.start == len(seen.times):
        return _unanswered(metric, seen, plan)
    held = controls(seen, metric, plan)
    used = kept(seen, held, plan.prior)
    found = ask(seen, used, metric, plan)
    if found.p is None:
        return Answered(metric, seen, _hinted(found, observed.hint, plan.enough(metric)), held)
    tried = placebo(seen, used, metric, plan)
    other = other_reading(seen, held, metric, plan)
    return Answered(metric, seen, found, held, tried, other, bend(seen, used, metric))


def _unanswered(metric: Metric, seen: Window, plan: Plan) -> Answered:
    """There is nothing after the deployment: it is not there yet, or another one followed too soon."""
    return Answered(metric, seen, ask(seen, (), metric, plan))


def _hinted(found: Estimate, hint: str, enough: int) -> Estimate:
    """Beside the reason, what would help where the past is too short to say anything."""
    return replace(found, reason=f"{found.reason} ({hint})") if hint and found.n_pre < enough else found


def _silent(metric: Metric, reason: str) -> Answered:
    return Answered(metric, NOTHING, Estimate(Outcome.INSUFFICIENT_DATA, reason))


def nothing(metric: str) -> Observed:
    """For a metric that nobody read."""
    return Observed(metric, Series(metric, (), ()), trouble="nobody read it")
