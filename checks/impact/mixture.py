"""A mixture of Student's t laws with the same degrees of freedom: its distribution function and its quantiles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from checks.impact.floats import Floats, Places

CLOSE = 1e-6  # standard normal scores: a quantile is taken for found
ROUNDS = 60
KNOTS = 16  # at more points than that the shape of the mixture is taken from so many of them


class Band(NamedTuple):
    """At each of P points: the mean, its interval, and the standard deviation; all of shape (P,)."""

    mean: Floats
    lower: Floats
    upper: Floats
    sd: Floats


class Mixture(NamedTuple):
    """C laws at P points: `weight` (C,) is the same at each, `middle` and `scale` (C, P) are not."""

    weight: Floats
    freedom: float
    middle: Floats
    scale: Floats

    def at(self, points: object) -> Mixture:
        """The same at some of the points."""
        return self._replace(middle=self.middle[:, points], scale=self.scale[:, points])  # type: ignore[index]

    def mean(self) -> Floats:
        return np.asarray(self.weight @ self.middle)

    def sd(self) -> Floats:
        inner = self.scale**2 * (self.freedom / max(self.freedom - 2, 0.1))
        return np.asarray(np.sqrt(self.weight @ (inner + (self.middle - self.mean()) ** 2)))

    def cdf(self, value: Floats) -> Floats:
        """P(X <= value) at each point; shape (P,)."""
        return np.asarray(self.weight @ student_cdf((value - self.middle) / self.scale, self.freedom))

    def quantile(self, share: float) -> Floats:
        """Where the distribution function reaches `share`, at each point.

        It lies between the least and the largest of the laws' own quantiles. A secant of the normal scores, which run
        almost straight, finds it; where it leaves that bracket, halves do.
        """
        own = self.middle + self.scale * stdtrit(self.freedom, share)
        low, high = own.min(0), own.max(0)
        value, slope, target = self.weight @ own, 1 / self.sd(), ndtri(share)
        miss = ndtri(self.cdf(value)) - target
        for _ in range(ROUNDS):
            if np.abs(miss).max() < CLOSE:
                break
            low, high = np.where(miss < 0, value, low), np.where(miss < 0, high, value)
            ahead = value - miss / slope
            ahead = np.where((ahead > low) & (ahead < high), ahead, (low + high) / 2)
            missed = ndtri(self.cdf(ahead)) - target
            step = ahead - value
            slope = np.divide(missed - miss, step, out=slope, where=(np.abs(step) > 0) & (missed != miss))
            value, miss = ahead, missed
        return np.asarray(value)

    def band(self, alpha: float) -> Band:
        """Mean and central interval of probability 1 - alpha; exact at `KNOTS` points, both ends among them.

        A sum of nothing yet is certain. Between the knots the quantiles in units of the standard deviation are drawn
        straight: the shape changes slowly with the horizon. Mean and standard deviation are exact everywhere.
        """
        mean, sd = self.mean(), self.sd()
        knots = _spaced(np.flatnonzero(sd > 0))
        few = self.at(knots)
        ends = ((few.quantile(share) - mean[knots]) / sd[knots] for share in (alpha / 2, 1 - alpha / 2))
        lower, upper = (mean + sd * np.interp(np.arange(len(mean)), knots, end) for end in ends)
        return Band(mean, lower, upper, sd)


def _spaced(points: Places) -> Places:
    """At most `KNOTS` of the points, the first and the last among them."""
    few = np.linspace(0, len(points) - 1, min(KNOTS, len(points)))
    return np.asarray(points[few.round().astype(int)])


def student_cdf(t: Floats, freedom: float) -> Floats:
    """P(T <= t) by G. W. Hill's transform to a normal score (1970); off by 1e-6 at most from 10 degrees of freedom."""
    a = freedom - 0.5
    b = 48 * a * a
    square = a * np.log1p(t * t / freedom)
    first = (square + 3) / b
    second = (((4 * square + 33) * square + 240) * square + 855) / (10 * b * (b + 0.8 * square * square + 100))
    return np.asarray(ndtr(np.copysign(np.sqrt(square), t) * (1 + first - second)))
