"""From what was to be expected to what is told: back into the metric's unit, the effect, and what to make of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from checks.impact.effect import Estimate, Interval, Point, Relative
from checks.impact.floats import Floats
from checks.impact.kind import Better, Kind
from checks.impact.mixture import Band, Mixture
from checks.impact.outcome import Outcome
from checks.impact.panel import Panel, Refusal


class Expected(NamedTuple):
    """In standard deviations (`spread`) of the metric before the change, from its mean there (`centre`).

    before   a measurement at each usable point before the change
    after    one at each point after it
    running  the sum over the usable ones of them so far, and the law of it
    """

    centre: float
    spread: float
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
        self.panel, self.expected, self.kind = panel, expected, terms.kind
        start = panel.intervention
        counted = panel.usable[start:]
        self.so_far = np.cumsum(counted).astype(float)
        self.actual = np.cumsum(np.where(counted, panel.y[start:], 0.0))
        self.running = self._back(expected.running, self.so_far)

    def _back(self, band: Band, count: Floats | float = 1.0) -> Floats:
        """Mean, lower and upper end of sums of so many values, in the metric's unit, within what it can be."""
        values = self.expected.centre * count + self.expected.spread * np.stack(band[:3])
        if self.kind.bounded:
            values = np.clip(values, self.kind.least * np.maximum(count, 1.0), self.kind.most * np.maximum(count, 1.0))
        return np.asarray(values)

    def total(self) -> Interval:
        """The sum over all usable points after the change."""
        mean, lower, upper = self.running[:, -1].tolist()
        actual, sd = float(self.actual[-1]), self.expected.spread * float(self.expected.running.sd[-1])
        return Interval(actual, mean, actual - mean, actual - upper, actual - lower, sd)

    def p(self) -> float:
        """Two-sided: twice the smaller tail of what was to be expected, beyond the actual sum."""
        last = self.expected.law.at(np.array([-1]))
        actual = (self.actual[-1] - self.expected.centre * self.so_far[-1]) / self.expected.spread
        below = float(last.cdf(actual)[0])
        return 2 * max(min(below, 1 - below), 0.0)  # sums of chances end a little above 1

    def points(self) -> tuple[Point, ...]:
        """One record for every point."""
        start = self.panel.intervention
        return (*_points(0, self._before()), *_points(start, self._after()))

    def _before(self) -> Floats:
        """Actual, expected and its ends; shape (4, points)."""
        table = np.full((4, self.panel.intervention), np.nan)
        table[0] = self.panel.y[: self.panel.intervention]
        table[1:, self.panel.before] = self._back(self.expected.before)
        return table

    def _after(self) -> Floats:
        """The same, then the effect and the sum of the effects so far, each with its ends; shape (10, points)."""
        start = self.panel.intervention
        single = self._back(self.expected.after)
        single[:, np.isnan(self.panel.x[self.panel.moving, start:]).any(0)] = np.nan
        y, swapped = self.panel.y[start:], [0, 2, 1]
        return np.concatenate([y[None], single, y - single[swapped], self.actual - self.running[swapped]])


def _points(start: int, table: Floats) -> list[Point]:
    """One record for each column of the table, None where it has no number."""
    rows = table.T.tolist()
    if np.isnan(table).any():
        rows = [[None if value != value else value for value in row] for row in rows]  # noqa: PLR0124
    return [Point(at, *row) for at, row in enumerate(rows, start)]
