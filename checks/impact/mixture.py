"""A mixture of Student's t laws with the same degrees of freedom: its distribution function and its quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from checks.impact.floats import Floats, Places

CLOSE = 1e-5  # standard normal scores: a quantile is taken for found
ROUNDS = 12
HALVINGS = 40
TAILS = 1e-300, 1 - 1e-16  # beyond these shares a normal score is as good as infinite
SMOOTH = 12.0  # degrees of freedom from which Hill's transform is within 1e-6
KNOTS = 8  # at more points than that the shape of the mixture is taken from so many of them


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

    def at(self, points: Places) -> Mixture:
        """The same at some of the points."""
        return self._replace(middle=self.middle[:, points], scale=self.scale[:, points])

    def moments(self) -> tuple[Floats, Floats]:
        """Mean and standard deviation at each point; shape (P,)."""
        mean = self.weight @ self.middle
        inner = self.scale**2 * (self.freedom / max(self.freedom - 2, 0.1))
        return mean, np.sqrt(self.weight @ (inner + (self.middle - mean) ** 2))

    def even(self, alpha: float) -> Band:
        """Mean and the interval of one Student's t of the same mean and standard deviation, at each point."""
        mean, sd = self.moments()
        half = sd * stdtrit(self.freedom, 1 - alpha / 2) * np.sqrt(max(self.freedom - 2, 0.1) / self.freedom)
        return Band(mean, mean - half, mean + half, sd)

    def cdf(self, value: Floats) -> Floats:
        """P(X <= value) at each point; shape (P,)."""
        return np.asarray(self.weight @ student_cdf((value - self.middle) / self.scale, self.freedom))

    def scores(self, value: Floats) -> Floats:
        """The normal scores of the distribution function at each point, all finite; shape (P,)."""
        return np.asarray(ndtri(np.clip(self.cdf(value), *TAILS)))

    def quantiles(self, lower: float, upper: float) -> tuple[Floats, Floats]:
        """Where the distribution function reaches `lower`, and where `upper`, at each point.

        They lie between the least and the largest of the laws' own quantiles. A secant of the normal scores, which run
        almost straight, finds them in a few rounds, or else halving does.
        """
        points, shares = self.middle.shape[1], np.array([lower, upper])
        twice = self._replace(middle=np.tile(self.middle, 2), scale=np.tile(self.scale, 2))
        own = twice.middle + twice.scale * np.repeat(stdtrit(self.freedom, shares), points)
        found = twice._reached(np.repeat(ndtri(shares), points), own.min(0), own.max(0), self.weight @ own)
        return found[:points], found[points:]

    def _reached(self, score: Floats, low: Floats, high: Floats, value: Floats) -> Floats:
        """Where the normal score of the distribution function is `score`, from `low` to `high`, begun at `value`."""
        slope, miss = 1 / self.moments()[1], self.scores(value) - score
        for _ in range(ROUNDS):
            if np.abs(miss).max() < CLOSE:
                return value
            ahead = np.minimum(np.maximum(value - miss / slope, low), high)
            missed = self.scores(ahead) - score
            step, gain = ahead - value, missed - miss
            slope = np.divide(gain, step, out=slope, where=step * gain > 0)
            value, miss = ahead, missed
        return self._halved(score, low, high)

    def _halved(self, score: Floats, low: Floats, high: Floats) -> Floats:
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            below = self.scores(middle) < score
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return (low + high) / 2


def bands(mixtures: Sequence[Mixture], alpha: float) -> list[Band]:
    """Mean and central interval of probability 1 - alpha of each mixture, all of the same weights.

    Exact at `KNOTS` points of each, both ends among them; a sum of nothing yet is certain. Between the knots the
    quantiles in units of the standard deviation are drawn straight: the shape changes slowly with the horizon. Mean and
    standard deviation are exact everywhere.
    """
    moments = [mixture.moments() for mixture in mixtures]
    knots = [_spaced(np.flatnonzero(sd > 0)) for _, sd in moments]
    few = [mixture.at(points) for mixture, points in zip(mixtures, knots, strict=True)]
    middle, scale = (np.concatenate([getattr(one, name) for one in few], axis=1) for name in ("middle", "scale"))
    ends = few[0]._replace(middle=middle, scale=scale).quantiles(alpha / 2, 1 - alpha / 2)
    starts = np.cumsum([len(points) for points in knots])[:-1]
    lower, upper = (np.split(end, starts) for end in ends)
    return [_drawn(*each) for each in zip(moments, knots, lower, upper, strict=True)]


def _drawn(moments: tuple[Floats, Floats], knots: Places, lower: Floats, upper: Floats) -> Band:
    """The band at all points, from its ends at the knots."""
    mean, sd = moments
    shapes = ((end - mean[knots]) / sd[knots] for end in (lower, upper))
    low, high = (mean + sd * np.interp(np.arange(len(mean)), knots, shape) for shape in shapes)
    return Band(mean, low, high, sd)


def _spaced(points: Places) -> Places:
    """At most `KNOTS` of the points, the first and the last among them."""
    count = min(KNOTS, len(points))
    return np.asarray(points[np.arange(count) * (len(points) - 1) // max(count - 1, 1)])


def student_cdf(t: Floats, freedom: float) -> Floats:
    """P(T <= t) by G. W. Hill's transform to a normal score (1970), cut after its first correction.

    Below SMOOTH degrees of freedom it is exact, and slower.
    """
    if freedom < SMOOTH:
        return np.asarray(stdtr(freedom, t))
    a = freedom - 0.5
    square = a * np.log1p(t * t / freedom)
    return np.asarray(ndtr(np.copysign(np.sqrt(square), t) * (1 + (square + 3) / (48 * a * a))))
