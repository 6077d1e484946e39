"""How likely so uneven a split of counts is by chance: the exact tail of sums of hypergeometric counts.

Of N rows before and M rows after, s lie in some bin. Where all rows are drawn alike, the number of them that came after
follows the hypergeometric law, whatever the share of the bin is: the reference need not be known, only counted.
Days that are matched (Mondays with Mondays) give a law each, and what is summed are independent counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import sqrt

import numpy as np
from scipy.special import gammaln, ndtri

from checks.drift.column import Floats

REACH = 14.0  # standard deviations from the mean; what lies beyond is below 1e-40
FARTHEST = 35.0  # z; no float tells smaller chances apart

Table = tuple[int, int, int]
"""Rows before, rows after, and how many of both are in the bin."""


def score(tables: Sequence[Table], after: int) -> float:
    """The z whose normal tail is the chance that `after` or fewer, or `after` or more, of the bin's rows came after."""
    laws = [_law(table) for table in tables]
    low = sum(first for first, _ in laws)
    chances = reduce(np.convolve, (law for _, law in laws))
    at = after - low
    below = float(chances[: max(at + 1, 0)].sum())
    above = float(chances[max(at, 0) :].sum())
    chance = min(below, above, 0.5)
    z = FARTHEST if chance <= 0 else float(min(-ndtri(chance), FARTHEST))
    return z if above <= below else -z


def _law(table: Table) -> tuple[int, Floats]:
    """The least count that matters, and the chances from there on."""
    n, m, s = table
    low, high = max(0, s - n), min(m, s)
    mean = m * s / (n + m)
    reach = REACH * sqrt(mean * (1 - s / (n + m)) * n / (n + m) + 1) + 20
    first, last = max(low, int(mean - reach)), min(high, int(mean + reach) + 1)
    x = np.arange(first, last + 1, dtype=np.float64)
    logs = _choose(m, x) + _choose(n, s - x) - _choose(n + m, np.array(float(s)))
    return first, np.exp(logs)


def _choose(n: int, k: Floats) -> Floats:
    return np.asarray(gammaln(n + 1.0) - gammaln(k + 1) - gammaln(n - k + 1), dtype=np.float64)
