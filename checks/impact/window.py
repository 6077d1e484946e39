"""The window around one deployment in which a metric is looked at."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from checks.impact.block import Metric
from checks.impact.contamination import Cut, cut
from checks.impact.effect import Point
from checks.impact.plan import Plan
from checks.impact.series import Neighbour, Observed, Series


@dataclass(frozen=True, slots=True)
class Window:
    """n points of a metric, of which those from `start` on come after the deployment.

    `times` in epoch seconds; `values` None where there is no point; `controls` on the same times; `steps`: a column of
    n values for each other deployment that may have moved the metric.
    """

    times: tuple[float, ...]
    values: tuple[float | None, ...]
    start: int
    controls: tuple[Series, ...] = ()
    steps: tuple[tuple[float, ...], ...] = ()
    notes: tuple[str, ...] = ()

    def until(self, end: int) -> Window:
        """The same without the points from `end` on."""
        controls = tuple(replace(one, times=one.times[:end], values=one.values[:end]) for one in self.controls)
        steps = tuple(column[:end] for column in self.steps)
        return replace(self, times=self.times[:end], values=self.values[:end], controls=controls, steps=steps)


def window(observed: Observed, metric: Metric, plan: Plan, at: float, neighbours: Sequence[Neighbour]) -> Window:
    """What `plan` has of the metric around a deployment `at`, without what belongs to other deployments."""
    y = observed.y
    moments = at, *(one.at for one in neighbours)
    values = _unmixed(y, moments, plan.step)
    low, high = bisect_left(y.times, at - plan.before), bisect_left(y.times, at + plan.after)
    known = [time for time, value in zip(y.times[low:high], values[low:high], strict=True) if value is not None]
    left = cut(known, at, neighbours, plan.enough(metric)) if known else Cut()
    low, high = max(low, bisect_left(y.times, left.first)), min(high, bisect_left(y.times, left.last))
    times = y.times[low:high]
    return Window(
        times,
        values[low:high],
        bisect_left(times, at),
        tuple(Series(one.name, times, _unmixed(one, moments, plan.step)[low:high]) for one in observed.controls),
        tuple(dict.fromkeys(_step(times, moment) for moment in left.steps)),
        left.notes,
    )


def seen(values: Sequence[float | None]) -> tuple[Point, ...]:
    """The points where nothing is expected of them: there was no answer. An infinite one has no place."""
    finite = (value if value is not None and isfinite(value) else None for value in values)
    return tuple(Point(at, value, None, None, None) for at, value in enumerate(finite))


def _unmixed(y: Series, moments: Iterable[float], step: float) -> tuple[float | None, ...]:
    """Its values without those whose step had begun when something was deployed: they belong to neither side."""
    begun = {moment: bisect_left(y.times, moment) - 1 for moment in moments}
    mixed = {place for moment, place in begun.items() if place >= 0 and moment < y.times[place] + step}
    return tuple(None if place in mixed else value for place, value in enumerate(y.values))


def _step(times: Sequence[float], moment: float) -> tuple[float, ...]:
    return tuple(float(time >= moment) for time in times)
