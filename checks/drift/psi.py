"""How far counts by bin lie apart, and what chance alone would do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, chdtri, kolmogorov

from checks.drift.column import Ints, Numbers

FEW = 8.0  # rows that are expected of a name, for it to be asked of by itself
SMOOTHING = 0.5  # rows added to each bin, so that an empty one has a logarithm


@dataclass(frozen=True, slots=True)
class Apart:
    """Two rows of counts. `unit` is 1/n + 1/m, times the dispersion: chance makes PSI `freedom` units large on average.

    Source: B. Yurdakul, Statistical properties of population stability index (2018): PSI / unit is chi-squared.
    """

    psi: float
    freedom: int
    unit: float
    moved: float  # share of the rows that are in another bin

    @property
    def p(self) -> float:
        """The chance of so large a PSI, or a larger one, where nothing moved."""
        return float(chdtrc(self.freedom, self.psi / self.unit)) if self.freedom else 1.0

    def threshold(self, alpha: float) -> float:
        """The PSI that chance exceeds with a probability of `alpha`."""
        return float(chdtri(self.freedom, alpha) * self.unit) if self.freedom else 0.0

    @property
    def excess(self) -> float:
        """The PSI less what chance adds to it on average; never below 0."""
        return max(0.0, self.psi - self.freedom * self.unit)


def apart(before: Ints, after: Ints, dispersion: float = 1.0) -> Apart:
    """Two rows of counts, of shape (bins,), both with rows. PSI is the whole sum, not its half; bins that are empty on
    both sides do not count.

    >>> round(apart(np.array([500, 300, 200]), np.array([400, 300, 300])).psi, 3)
    0.063
    """
    there = (before + after) > 0
    n, m = int(before.sum()), int(after.sum())
    p, q = (_smoothed(counts[there]) for counts in (before, after))
    psi = float(np.sum((q - p) * np.log(q / p)))
    moved = float(np.abs(before / n - after / m).sum() / 2)
    return Apart(psi, int(there.sum()) - 1, (1 / n + 1 / m) * dispersion, moved)


def _smoothed(counts: Ints) -> NDArray[np.float64]:
    added = counts + SMOOTHING
    return np.asarray(added / added.sum(), dtype=np.float64)


def pearson(before: Ints, after: Ints, dispersion: float = 1.0) -> tuple[float, float]:
    """The chi-squared statistic of two rows of counts of names, shape (bins,), and its p; the last two bins are those
    of the other and the missing rows.

    A reference of few rows has a bin for what it happened to see. Names of which both together lead to expect fewer
    than `FEW` in it are asked of with the others: which these are is told by both sides alike.
    """
    both = before + after
    rare = (both * before.sum() < FEW * both.sum()) & (np.arange(len(both)) < len(both) - 1)
    rare[-2] |= rare.any()
    table = np.stack([np.append(counts[~rare], counts[rare].sum()) for counts in (before, after)]).astype(np.float64)
    table = table[:, table.sum(0) > 0]
    expected = table.sum(1, keepdims=True) * table.sum(0) / table.sum()
    statistic = float(np.sum((table - expected) ** 2 / expected) / dispersion)
    freedom = table.shape[1] - 1
    return statistic, float(chdtrc(freedom, statistic)) if freedom else 1.0


def smirnov(before: Numbers, after: Numbers, exact: bool, dispersion: float = 1.0) -> tuple[float, float]:
    """The distance of Kolmogorov and Smirnov at the values of `before`, and its p; both columns have numbers.

    Not `exact` (values are the bins of a sketch, or few points of a curve): the true distance may be larger, so p is
    too large rather than too small. Source of the correction: M. A. Stephens, JRSS B 32 (1970).
    """
    n, m = before.present, after.present
    values = np.concatenate([before.values, after.values])
    order = np.argsort(values, kind="stable")  # two ascending runs: merging them takes one walk
    steps = np.concatenate([before.weights / n, -after.weights / m])[order]
    told = np.append(np.diff(values[order]) > 0, True)  # where values that are alike end
    if not exact:
        told &= np.isin(values[order], before.values)
    distance = float(np.abs(np.cumsum(steps))[told].max())
    root = np.sqrt(n * m / (n + m) / dispersion)
    return distance, float(kolmogorov((root + 0.12 + 0.11 / root) * distance))


def adjusted(ps: ArrayLike) -> NDArray[np.float64]:
    """The q of each p, shape (k,): the smallest false discovery rate at which it is discovered.

    Source: Y. Benjamini, Y. Hochberg, JRSS B 57 (1995).
    """
    values = np.asarray(ps, dtype=np.float64)
    order = np.argsort(values)[::-1]
    scaled = values[order] * values.size / np.arange(values.size, 0, -1)
    q = np.empty_like(values)
    q[order] = np.minimum.accumulate(np.minimum(scaled, 1.0))
    return q
