"""How much worse, or better: the estimate, and an interval that holds at every look at once.

For counts the likelihood of all ratios of odds stands against their uniform mixture: the true ratio is ever left out
with probability 5 % at most (Ville), wherever one stops. The likelihood is kept at ten ratios and drawn through them by
a natural cubic spline. For means the same with a normal mixture (H. Robbins 1970), in the limit of many ticks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log, log1p, sqrt

from checks.experiment.design import Design, Kind
from checks.experiment.mean import Mean, certainty
from checks.experiment.odds import risk_ratio
from checks.experiment.table import Table

MISS = 0.05  # probability that the interval ever leaves the truth out
WIDEST = log(50)  # |log odds ratio| considered
POINTS = 400
NEGLIGIBLE = 40.0  # below the peak of the log-likelihood


@dataclass(frozen=True, slots=True)
class Effect:
    """The ratio canary / control of `of`, and its 95 % interval. An end that is None is open: not bounded yet."""

    of: str
    estimate: float
    low: float | None
    high: float | None


def effect_of(evidence: Table | Mean, design: Design, bursts: bool) -> Effect | None:
    """What `evidence` says of the ratio; None where it says nothing."""
    if isinstance(evidence, Mean):
        return _of_means(evidence, design)
    if evidence.logs == (0.0,) * len(evidence.logs):
        return None
    factor = evidence.dispersion.factor if bursts else 1.0
    curve = _Curve(design.thetas, [value / factor for value in evidence.logs])
    estimate, low, high = (None if theta is None else exp(theta) for theta in _interval(curve))
    assert estimate is not None
    if design.kind is Kind.LATENCY:
        return Effect(f"the odds of taking longer than {design.tau:g} ms", estimate, low, high)
    rate = design.baseline or 0.0
    ends = (None if psi is None else risk_ratio(psi, rate) for psi in (low, high))
    return Effect("the risk", risk_ratio(estimate, rate), *ends)


class _Curve:
    """A natural cubic spline through (xs, ys), straight beyond its ends."""

    def __init__(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        self.xs, self.ys = xs, ys
        self.bends = _bends(xs, ys)

    def __call__(self, x: float) -> float:
        at = min(max(bisect_right(self.xs, x) - 1, 0), len(self.xs) - 2)
        step = self.xs[at + 1] - self.xs[at]
        b = (x - self.xs[at]) / step
        a = 1 - b
        straight = a * self.ys[at] + b * self.ys[at + 1]
        if not 0 <= b <= 1:
            edge, slope = (0, -1.0) if b < 0 else (1, 1.0)  # the slope at the end, carried on
            pull = (2 * self.bends[at + edge] + self.bends[at + 1 - edge]) * step * step / 6
            return straight + slope * pull * (b - edge)
        return straight + ((a**3 - a) * self.bends[at] + (b**3 - b) * self.bends[at + 1]) * step * step / 6


def _bends(xs: Sequence[float], ys: Sequence[float]) -> list[float]:
    """Second derivatives at the knots, 0 at both ends: a tridiagonal system, solved from left to right and back."""
    steps = [right - left for left, right in pairwise(xs)]
    slopes = [(ys[at + 1] - ys[at]) / step for at, step in enumerate(steps)]
    ratios, values = [0.0], [0.0]
    for at in range(1, len(steps)):
        pivot = 2 * (steps[at - 1] + steps[at]) - steps[at - 1] * ratios[-1]
        ratios.append(steps[at] / pivot)
        values.append((6 * (slopes[at] - slopes[at - 1]) - steps[at - 1] * values[-1]) / pivot)
    bends = [0.0]
    for ratio, value in zip(reversed(ratios), reversed(values), strict=True):
        bends.append(value - ratio * bends[-1])
    return bends[::-1]


def _interval(curve: _Curve) -> tuple[float, float | None, float | None]:
    """Peak and ends of the set that the mixture does not reject, on a grid narrowed until it resolves the peak."""
    low, high = -WIDEST, WIDEST
    while True:
        step = (high - low) / POINTS
        grid = [low + step * at for at in range(POINTS + 1)]
        heights = [curve(theta) for theta in grid]
        top = max(heights)
        peak = grid[heights.index(top)]
        inside = [theta for theta, height in zip(grid, heights, strict=True) if height > top - NEGLIGIBLE]
        if len(inside) > POINTS / 8 or step < 1e-9:
            break
        low, high = max(-WIDEST, inside[0] - step), min(WIDEST, inside[-1] + step)
    mixture = top + log(sum(exp(height - top) for height in heights) * step / (2 * WIDEST))
    kept = [theta for theta, height in zip(grid, heights, strict=True) if height > mixture + log(MISS)]
    first, last = (kept[0], kept[-1]) if kept else (peak, peak)
    return peak, None if first <= -WIDEST else first - step, None if last >= WIDEST else last + step


def _of_means(mean: Mean, design: Design) -> Effect | None:
    """The ratio of means from the average difference canary - tolerate x control."""
    if mean.ticks < design.burn_in or mean.level <= 0:
        return None
    known, scale = certainty(mean), (design.margin - design.tolerate) * mean.level
    gain = scale * scale * known
    half = sqrt((log1p(gain) - 2 * log(MISS)) * (1 + gain) / gain / known)
    middle = design.tolerate + mean.difference / mean.level
    return Effect("the mean", middle, middle - half / mean.level, middle + half / mean.level)
