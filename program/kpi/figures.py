"""Figures with what they rest on: shares with Wilson's interval, medians with one of order statistics.

Wilson 1927, "Probable inference, the law of succession, and statistical inference"; David and Nagaraja, "Order
Statistics", 3rd edition, section 7.1: the r-th smallest and the r-th largest of n hold the median in 1 - 2 P(B < r) of
all cases, where B is binomial of n and one half. Both intervals are of 95 %.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from math import comb, floor, sqrt
from statistics import median
from typing import TypeVar

LEAST = 6
"""What a figure must rest on before it is told: of five values, even the smallest and the largest hold the median in
less than 95 of 100 cases.
"""

_Z = 1.959963984540054  # of the normal distribution, 2.5 % lie above
_EXACT = 200  # from here on the normal approximation names the same two values, or their neighbours
T = TypeVar("T")


class Standing(StrEnum):
    """Whether there is a figure."""

    TOLD = "told"
    FEW = "too few"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and what it rests on. `value`, `low` and `high` are None where it rests on less than LEAST.

    `n`: on how many it rests; `k`: of a share, how many of these; `of`: where not everybody reports, of how many the
    `n` did. An interval can be absent where there is a value: no assumption that would carry one holds.
    """

    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    k: int | None = None
    of: int | None = None

    @property
    def standing(self) -> Standing:
        """Whether it can be told."""
        if self.value is not None:
            return Standing.TOLD
        return Standing.FEW if self.n else Standing.NONE


@dataclass(frozen=True, slots=True)
class Told:
    """A figure, the same by kind (the one that rests on most first), and what it is held against.

    `beside`: what is said of it in plain words, such as how many are left out.
    """

    figure: Figure
    parts: tuple[tuple[str, Figure], ...] = ()
    before: Figure | None = None
    beside: tuple[str, ...] = ()

    @property
    def ratio(self) -> float | None:
        """The figure as a multiple of what it is held against."""
        if self.before is None or self.figure.value is None or not self.before.value:
            return None
        return self.figure.value / self.before.value


def share(k: int, n: int) -> Figure:
    """`k` of `n`, with Wilson's interval."""
    if n < LEAST:
        return Figure(n, k=k)
    part, spread = k / n, _Z * _Z / n
    middle = (part + spread / 2) / (1 + spread)
    reach = _Z * sqrt(part * (1 - part) / n + spread / (4 * n)) / (1 + spread)
    return Figure(n, part, min(max(middle - reach, 0.0), part), max(min(middle + reach, 1.0), part), k)


def middle(values: Iterable[float], of: int | None = None) -> Figure:
    """The median of `values`, with the two of them that hold it in 95 of 100 cases. `of`: see Figure."""
    found = sorted(values)
    n = len(found)
    if n < LEAST:
        return Figure(n, of=of)
    rank = _rank(n)
    return Figure(n, median(found), found[rank - 1], found[n - rank], of=of)


def by_kind(
    rows: Iterable[T], kinds: Callable[[T], Iterable[str]], told: Callable[[Sequence[T]], Figure]
) -> tuple[tuple[str, Figure], ...]:
    """`told` of the rows of each kind; the kind with the most rows first, then by name."""
    found: dict[str, list[T]] = {}
    for row in rows:
        for kind in kinds(row):
            found.setdefault(kind, []).append(row)
    return tuple((kind, told(theirs)) for kind, theirs in sorted(found.items(), key=lambda one: (-len(one[1]), one[0])))


def shares_of(kinds: Iterable[Iterable[str]], n: int) -> tuple[tuple[str, Figure], ...]:
    """Of `n`, the share of each kind that was seen; one of the `n` may be of several kinds."""
    counts = Counter(kind for one in kinds for kind in set(one))
    return tuple((kind, share(k, n)) for kind, k in sorted(counts.items(), key=lambda one: (-one[1], one[0])))


@cache
def _rank(n: int) -> int:
    """The largest r for which the r-th smallest and the r-th largest of `n` hold the median in 95 of 100 cases."""
    if n > _EXACT:
        return max(floor((n - _Z * sqrt(n)) / 2), 1)
    below, rank, whole = 1, 0, 2**n  # of the binomial distribution, what lies below rank + 1, times `whole`
    while 2 * below <= 0.05 * whole:
        rank += 1
        below += comb(n, rank)
    return rank
