"""The answer: what was measured, what was to be expected, and what to make of the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from msgspec import Struct

from checks.impact.outcome import Outcome


class Interval(NamedTuple):
    """`effect` = `actual` - `expected` with the ends of its interval and its standard deviation; the metric's unit."""

    actual: float
    expected: float
    effect: float
    lower: float
    upper: float
    sd: float


class Relative(NamedTuple):
    """The effect as a fraction of what was expected; ends are None where the expected may be zero."""

    effect: float | None
    lower: float | None
    upper: float | None


class Point(Struct, frozen=True):
    """One point in time, in the metric's unit. None is what is not known: a masked value, an effect before the change.

    `lower` and `upper` bound what was to be expected at this point; `cumulative` is the sum of the effects so far.
    """

    index: int
    actual: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    effect: float | None = None
    effect_lower: float | None = None
    effect_upper: float | None = None
    cumulative: float | None = None
    cumulative_lower: float | None = None
    cumulative_upper: float | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a change did to one metric. Without an answer only `outcome`, `reason` and the counts say anything.

    average, cumulative  over all points after the change that can be used; cumulative for flows and counts alone
    relative             the effect as a fraction of what was expected
    p                    two-sided: the chance of a difference at least so large, either way, had nothing happened
    pointwise            one record for every point, before and after
    n_pre, n_post        points that could be used, before the change and from it on
    masked               points that were left out, because the metric or a covariate is missing there
    dropped              columns of x that never move before the change, so nothing is known of their bearing
    period               of the season in the model, in points; 0 where it has none
    """

    outcome: Outcome
    reason: str = ""
    average: Interval | None = None
    cumulative: Interval | None = None
    relative: Relative | None = None
    p: float | None = None
    pointwise: tuple[Point, ...] = ()
    prior: str = "auto"
    n_pre: int = 0
    n_post: int = 0
    masked: int = 0
    dropped: tuple[int, ...] = ()
    period: int = 0
