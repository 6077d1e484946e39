"""Rules of others, on daily counts of ten bins that hold a tenth of the rows each; written anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import gammaln
from scipy.stats import chi2

Counts = NDArray[np.int64]
Rule = Callable[[Counts, Counts], NDArray[np.bool_]]
"""(reference, shape (bins,), days, shape (days, bins)) -> whether each day alarms, shape (days,)."""

STRONG = 100.0  # of a Bayes factor
LEVEL = 0.01  # of a day
CUSTOM = 0.2  # of PSI


def factor(reference: Counts, days: Counts) -> NDArray[np.bool_]:
    """The Bayes factor of two Dirichlet-multinomial samples, all days so far as one."""
    after = np.cumsum(days, axis=0)
    ones = np.ones(days.shape[1])
    log_factor = _beta(ones + reference) + _beta(ones + after) - _beta(ones) - _beta(ones + reference + after)
    return np.asarray(log_factor > np.log(STRONG))


def daily(reference: Counts, days: Counts) -> NDArray[np.bool_]:
    """The chi-squared test of each day by itself."""
    table = np.stack([np.broadcast_to(reference, days.shape), days]).astype(np.float64)
    expected = table.sum(2, keepdims=True) * table.sum(0) / table.sum((0, 2))[:, None]
    statistic = ((table - expected) ** 2 / expected).sum((0, 2))
    return np.asarray(chi2.sf(statistic, days.shape[1] - 1) < LEVEL)


def fixed(reference: Counts, days: Counts) -> NDArray[np.bool_]:
    """PSI of each day above the customary limit."""
    p = (reference + 0.5) / (reference + 0.5).sum()
    q = (days + 0.5) / (days + 0.5).sum(1, keepdims=True)
    return np.asarray(((q - p) * np.log(q / p)).sum(1) > CUSTOM)


RULES: Mapping[str, Rule] = {"two-sample Bayes factor": factor, "daily chi-squared": daily, "daily PSI > 0.2": fixed}


def course(random: Generator, rows: int, days: int, shares: NDArray[np.float64], start: int) -> tuple[Counts, Counts]:
    """A reference of 15,000 even rows, and days that have other shares from the `start`-th on (counted from 0)."""
    even = np.full(len(shares), 1 / len(shares))
    before = random.multinomial(rows, even, start)
    return random.multinomial(15_000, even), np.concatenate([before, random.multinomial(rows, shares, days - start)])


def _beta(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(gammaln(weights).sum(-1) - gammaln(weights.sum(-1)))
