"""Bins, frozen when the reference is made: which rows are counted together, and what each bin is called."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from msgspec import Struct

from checks.drift.column import Column, Ints, Kind, Names, Numbers, column

OTHER, MISSING = "other", "missing"
_THIN = 0.5  # of an even share: a name with less, or a value with less that is no quantile, has no bin of its own


class NumberBins(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="numeric"):
    """Up to each of `cuts` (ascending), then above the last; then the missing rows. `rough`: cuts lie between the
    bins of a sketch, where rows are to be counted by sketches.
    """

    cuts: tuple[float, ...]
    rough: bool = False

    @property
    def kind(self) -> Kind:
        """Numeric."""
        return Kind.NUMERIC

    @property
    def size(self) -> int:
        """How many bins there are, that of the missing rows included."""
        return len(self.cuts) + 2

    @property
    def labels(self) -> tuple[str, ...]:
        """A name for each bin."""
        return _intervals(self.cuts)

    def side(self, at: int) -> str:
        """A name for one of the sides of `Contrasts`: a bin, or what lies up to a cut."""
        return self.labels[at] if at < self.size else f"≤ {_short(self.cuts[at - self.size + 1])}"

    def count(self, found: Column) -> Ints:
        """Rows in each bin, shape (size,)."""
        there = column(found, Kind.NUMERIC)
        assert isinstance(there, Numbers)
        ends = np.concatenate([there.up_to(np.array(self.cuts)), [there.present]])
        return np.append(np.diff(ends, prepend=0), there.missing)


class NameBins(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="categorical"):
    """One for each of `names`, one for all others, one for the missing rows."""

    names: tuple[str, ...]

    @property
    def kind(self) -> Kind:
        """Categorical."""
        return Kind.CATEGORICAL

    @property
    def rough(self) -> bool:
        """Names are never rounded."""
        return False

    @property
    def size(self) -> int:
        """How many bins there are, those of the other and the missing rows included."""
        return len(self.names) + 2

    @property
    def labels(self) -> tuple[str, ...]:
        """A name for each bin."""
        return (*self.names, OTHER, MISSING)

    def side(self, at: int) -> str:
        """A name for one of the sides of `Contrasts`: each is a bin."""
        return self.labels[at]

    def count(self, found: Column) -> Ints:
        """Rows in each bin, shape (size,)."""
        there = column(found, Kind.CATEGORICAL)
        assert isinstance(there, Names)
        named = [there.counts.get(name, 0) for name in self.names]
        return np.array([*named, there.present - sum(named), there.missing], dtype=np.int64)


Bins = NumberBins | NameBins


def bins_of(found: Column, number: int, top: int) -> Bins:
    """`number` bins of as many rows each, or one for each of the `top` names that are no rarity."""
    if isinstance(found, Names):
        return NameBins(_frequent(found, top))
    if not found.present:
        return NumberBins((), found.bounds is not None)
    ranks = (np.arange(1, number) * found.present + number - 1) // number
    places = np.unique(np.searchsorted(found.totals, ranks))
    cuts = sorted({cut for at in places.tolist() for cut in _around(found, at, number)})
    return NumberBins(tuple(cuts), found.bounds is not None)


def _frequent(found: Names, top: int) -> tuple[str, ...]:
    least = _THIN * found.present / (top + 1)
    ranked = sorted(found.counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(name for name, times in ranked[:top] if times >= least)


def _around(found: Numbers, at: int, number: int) -> Sequence[float]:
    """The cut at the value `at`; two, that have the value between them, where it fills a bin by itself."""
    value = found.values[at : at + 1]
    rows = int(found.up_to(value)[0] - found.below(value)[0])
    low, high = _bounds(found, at)
    if rows >= _THIN * found.present / number:
        return low, high
    return (high,)


def _bounds(found: Numbers, at: int) -> tuple[float, float]:
    if found.bounds is not None:
        return float(found.bounds[at, 0]), float(found.bounds[at, 1])
    return float(np.nextafter(found.values[at], -np.inf)), float(found.values[at])


@lru_cache(maxsize=1024)
def _intervals(cuts: tuple[float, ...]) -> tuple[str, ...]:
    if not cuts:
        return ("any number", MISSING)
    inner = (_interval(low, high) for low, high in pairwise(cuts))
    return (f"≤ {_short(cuts[0])}", *inner, f"> {_short(cuts[-1])}", MISSING)


def _interval(low: float, high: float) -> str:
    if np.nextafter(low, np.inf) == high:
        return f"= {_short(high)}"
    return f"{_short(low)} to {_short(high)}"


def _short(value: float) -> str:
    return f"{value:.4g}"
