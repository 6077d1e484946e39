"""The same question at dates before the deployment, where nothing happened: does the method cry wolf on this metric?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import comb

from checks.impact.asking import ask
from checks.impact.block import Metric
from checks.impact.plan import Plan
from checks.impact.series import Series
from checks.impact.told import Placebo
from checks.impact.window import Window

APART = 5  # horizons that the past must hold side by side; where it holds fewer, they are shorter than the real one
MOST = 2_000_000  # points times series of all placebo dates of a metric: a look must end
LEVEL = 0.05  # as unlikely must so many alarms be before the method is not believed


def placebo(window: Window, controls: Sequence[Series], metric: Metric, plan: Plan) -> Placebo:
    """How often the metric seems to move at the placebo dates of its past, held against `controls`."""
    before, after = window.start, len(window.times) - window.start
    horizon, dates = placebo_dates(before, after, plan.enough(metric), affordable(plan.placebos, before, len(controls)))
    past = replace(window, controls=tuple(controls))
    answers = [_at(past, date, horizon, metric, plan) for date in dates]
    known = [p for p in answers if p is not None]
    alarms = sum(p < plan.alpha for p in known)
    apart = (before - plan.enough(metric)) // horizon if horizon else 0
    trusted = not too_many(alarms, len(known), apart, plan.alpha) if known else None
    return Placebo(len(known), alarms, horizon, trusted)


def affordable(asked: int, before: int, controls: int) -> int:
    """So many dates of those `asked` for that a look ends in good time."""
    return min(asked, MOST // (max(before, 1) * (1 + controls)))


def placebo_dates(before: int, after: int, enough: int, most: int) -> tuple[int, tuple[int, ...]]:
    """Points after each date, and the dates: indices into `before` points, as many as fit, evenly spread.

    Each has `enough` points before it. The horizon is `after`, or as much as fits `APART` times side by side.
    """
    room = before - enough
    horizon = min(after, room // APART)
    if horizon < 1:
        return 0, ()
    last = before - horizon
    number = min(most, last - enough + 1)
    if number < 2:
        return horizon, (enough,) * number
    return horizon, tuple(enough + at * (last - enough) // (number - 1) for at in range(number))


def too_many(alarms: int, dates: int, apart: int, alpha: float) -> bool:
    """Are so many alarms unlikely for a method that keeps `alpha`?

    Dates closer than a horizon share their points, so they count as no more than the `apart` that do not overlap.
    """
    if not dates:
        return False
    independent = min(dates, apart)
    scaled = (2 * alarms * independent + dates) // (2 * dates)  # rounded
    return scaled > 0 and _at_least(scaled, independent, alpha) < LEVEL


def _at_least(successes: int, trials: int, chance: float) -> float:
    """The probability of so many or more."""
    return sum(comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(successes, trials + 1))


def _at(past: Window, date: int, horizon: int, metric: Metric, plan: Plan) -> float | None:
    """Two-sided p of a deployment that never was."""
    cropped = replace(past.until(date + horizon), start=date)
    return ask(cropped, cropped.controls, metric, plan).p
