"""From what was to be expected to what is told: back into the metric's unit, the effect, and what to make of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from checks.impact.effect import Estimate, Interval, Point, Relative
from checks.impact.floats import Floats
from checks.impact.kind import Better, Kind
from checks.impact.mixture import Band, Mixture
from checks.impact.outcome import Outcome
from checks.impact.panel import Panel, Refusal, moments


class Expected(NamedTuple):
    """In standard deviations of the metric before the change, from its mean there.

    before   a measurement at each usable point before the change
    after    one at each point after it
    running  the sum over the usable ones of them so far, and the law of it
    """

    before: Band
    after: Band
    running: Band
    law: Mixture


class Terms(NamedTuple):
    """What was asked, and what came of it."""

    kind: Kind
    alpha: float
    better: Better
    prior: str
    period: int


def refused(panel: Panel, refusal: Refusal, prior: str) -> Estimate:
    """No answer, but how many points there are."""
    before, after = _counts(panel)
    return Estimate(*refusal, prior=prior, n_pre=before, n_post=after, masked=panel.masked)


def answer(panel: Panel, expected: Expected, terms: Terms) -> Estimate:
    """The estimate of what the change did."""
    told = _Told(panel, expected, terms)
    before, after = _counts(panel)
    total = told.total()
    average = Interval(*(value / after for value in total))
    p = told.p()
    return Estimate(
        _outcome(average, p, terms),
        average=average,
        cumulative=total if terms.kind.sums else None,
        relative=_relative(average),
        p=p,
        pointwise=told.points(),
        prior=terms.prior,
        n_pre=before,
        n_post=after,
        masked=panel.masked,
        dropped=tuple(np.flatnonzero(~panel.moving).tolist()),
        period=terms.period,
    )


def _counts(panel: Panel) -> tuple[int, int]:
    return len(panel.before), int(panel.usable[panel.intervention :].sum())


def _outcome(average: Interval, p: float, terms: Terms) -> Outcome:
    if p >= terms.alpha:
        return Outcome.NO_EVIDENCE
    return Outcome.LIKELY_BETTER if (average.effect > 0) == (terms.better == "higher") else Outcome.LIKELY_WORSE


def _relative(average: Interval) -> Relative:
    """As fractions of the expected, which is itself uncertain; no ends where it may be zero."""
    actual, low, high = average.actual, average.actual - average.upper, average.actual - average.lower
    middle = average.effect / abs(average.expected) if average.expected else None
    if low <= 0 <= high:
        return Relative(middle, None, None)
    ends = sorted((actual - end) / abs(end) for end in (low, high))
    return Relative(middle, *ends)


class _Told:
    """One panel's expectations in its own unit."""

    def __init__(self, panel: Panel, expected: Expected, terms: Terms) -> None:
        there = panel.y[panel.before]
        self.panel, self.law, self.kind = panel, expected.law, terms.kind
        self.centre, self.spread = (float(value) for (value,) in moments(there[None]))
        self.counted = panel.usable[panel.intervention :]
        self.so_far = np.cumsum(self.counted).astype(float)
        self.actual = np.cumsum(np.where(self.counted, panel.y[panel.intervention :], 0.0))
        self.before = self._back(expected.before, np.ones(len(there)))
        self.after = self._back(expected.after, np.ones(len(self.counted)))
        self.running = self._back(expected.running, self.so_far)

    def _back(self, band: Band, count: Floats) -> Band:
        """Sums of so many values, in the metric's unit and nowhere beyond what it can be."""
        least, most = self.kind.least * np.maximum(count, 1), self.kind.most * np.maximum(count, 1)
        mean, lower, upper = (np.clip(self.centre * count + self.spread * value, least, most) for value in band[:3])
        return Band(mean, lower, upper, self.spread * band.sd)

    def total(self) -> Interval:
        """The sum over all usable points after the change."""
        mean, lower, upper, sd = (float(values[-1]) for values in self.running)
        actual = float(self.actual[-1])
        return Interval(actual, mean, actual - mean, actual - upper, actual - lower, sd)

    def p(self) -> float:
        """Two-sided: twice the smaller tail of what was to be expected, beyond the actual sum."""
        last = self.law.at(np.array([-1]))
        actual = (self.actual[-1] - self.centre * self.so_far[-1]) / self.spread
        below = float(last.cdf(actual)[0])
        return 2 * min(below, 1 - below)

    def points(self) -> tuple[Point, ...]:
        """One record for every point."""
        return (*self._points_before(), *self._points_after())

    def _points_before(self) -> list[Point]:
        n = self.panel.intervention
        bands = [np.full(n, np.nan) for _ in range(3)]
        for band, values in zip(bands, self.before, strict=False):
            band[self.panel.before] = values
        known = [_known(band) for band in bands]
        return list(map(Point, range(n), _known(self.panel.y[:n]), *known))

    def _points_after(self) -> list[Point]:
        start, y = self.panel.intervention, self.panel.y[self.panel.intervention :]
        covered = ~np.isnan(self.panel.x[self.panel.moving, start:]).any(0)
        single = [np.where(covered, values, np.nan) for values in self.after[:3]]
        effects = [y - values for values in (single[0], single[2], single[1])]
        mean, lower, upper = self.running[:3]
        sums = [self.actual - values for values in (mean, upper, lower)]
        columns = [y, *single, *effects, *sums]
        return list(map(Point, range(start, start + len(y)), *map(_known, columns)))


def _known(values: Floats) -> list[float | None]:
    """The same as plain numbers, None where there is none."""
    return [
        None if missing else value for value, missing in zip(values.tolist(), np.isnan(values).tolist(), strict=True)
    ]
