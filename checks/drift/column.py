"""The rows of one feature, as bins count them: numbers in their order, or names with their counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite, isnan
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from checks.drift.sketch import NameSketch, NumberSketch, Sketch

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LONGEST_NAME = 100  # characters; what is longer is cut, so that it still is one value
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none"})  # in any case
NUMERIC = 0.95  # of the cells that say anything, for text to be a column of numbers


class Kind(StrEnum):
    """How a feature is compared."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"


@dataclass(frozen=True, slots=True)
class Numbers:
    """`values` ascending, shape (n,), with the rows up to and with each in `totals`; what is not finite is missing.

    `bounds`, shape (n, 2): the interval that each value stands for, in a sketch; None where values are what they are.
    """

    values: Floats
    totals: Ints
    missing: int
    unreadable: int = 0  # of the missing: something, but no number
    bounds: Floats | None = None

    @property
    def kind(self) -> Kind:
        """Numeric."""
        return Kind.NUMERIC

    @property
    def present(self) -> int:
        """Rows with a number."""
        return int(self.totals[-1]) if self.totals.size else 0

    @property
    def rows(self) -> int:
        """All of them."""
        return self.present + self.missing

    def up_to(self, cuts: Floats) -> Ints:
        """Rows with at most each of `cuts`."""
        return self._before(np.searchsorted(self.values, cuts, side="right"))

    def below(self, cuts: Floats) -> Ints:
        """Rows with less than each of `cuts`."""
        return self._before(np.searchsorted(self.values, cuts, side="left"))

    @property
    def weights(self) -> Ints:
        """Rows with each of the values."""
        return np.diff(self.totals, prepend=0)

    def thinned(self, most: int) -> Numbers:
        """At most so many of the values, evenly over the rows, each with the rows up to it."""
        if not self.present:
            return self
        ranks = np.linspace(1, self.present, most).astype(np.int64)
        values = np.unique(self.values[np.searchsorted(self.totals, ranks)])
        return Numbers(values, self.up_to(values), self.missing, self.unreadable)

    def sketched(self) -> Numbers:
        """The same rows as a sketch would tell them."""
        if self.bounds is not None:
            return self
        values, counts, bounds = NumberSketch().add_many(np.repeat(self.values, self.weights)).points()
        return Numbers(values, np.cumsum(counts), self.missing, self.unreadable, bounds)

    def _before(self, places: NDArray[np.intp]) -> Ints:
        return np.asarray(np.concatenate([[0], self.totals])[places], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Names:
    """Rows by name; `other`: of names that a sketch had no room for."""

    counts: Mapping[str, int]
    missing: int
    other: int = 0

    @property
    def kind(self) -> Kind:
        """Categorical."""
        return Kind.CATEGORICAL

    @property
    def present(self) -> int:
        """Rows with a name."""
        return sum(self.counts.values()) + self.other

    @property
    def rows(self) -> int:
        """All of them."""
        return self.present + self.missing


Column = Numbers | Names


def column(values: Any, kind: Kind | None = None) -> Column:
    """`values`, a sketch or anything one-dimensional, as `kind`; by what they are where that is None. Never fails."""
    if isinstance(values, Numbers | Names):
        return _as(values, kind)
    if isinstance(values, NumberSketch | NameSketch):
        return _as(_of_sketch(values), kind)
    if isinstance(values, str) or not isinstance(values, Iterable):
        return column([values], kind)
    array = np.asarray(values) if hasattr(values, "dtype") else None
    if array is not None and array.dtype.kind in "iuf" and kind is not Kind.CATEGORICAL:
        return numbers(array.astype(np.float64).ravel())
    cells = list(array.ravel().tolist() if array is not None else values)
    return _named(cells) if (kind or _kind(cells)) is Kind.CATEGORICAL else _numbered(cells)


def merged(columns: Sequence[Column]) -> Column:
    """The rows of all of them, which are one or more of one kind; where one is a sketch, as sketches tell them."""
    named = [each for each in columns if isinstance(each, Names)]
    if named:
        counts: Counter[str] = Counter()
        for each in named:
            counts.update(each.counts)
        return Names(counts, sum(each.missing for each in named), sum(each.other for each in named))
    return _merged([each for each in columns if isinstance(each, Numbers)])


def _merged(columns: Sequence[Numbers]) -> Numbers:
    rough = any(each.bounds is not None for each in columns)
    alike = [each.sketched() if rough else each for each in columns]
    values = np.concatenate([each.values for each in alike])
    order = np.argsort(values, kind="stable")
    totals = np.cumsum(np.concatenate([each.weights for each in alike])[order])
    bounds = [each.bounds for each in alike if each.bounds is not None]
    missing, unreadable = (sum(lost) for lost in zip(*((each.missing, each.unreadable) for each in alike), strict=True))
    return Numbers(values[order], totals, missing, unreadable, np.concatenate(bounds)[order] if rough else None)


def numbers(values: Floats, unreadable: int = 0) -> Numbers:
    """A column of floats, shape (n,), in any order; NaN and infinities are missing, `unreadable` of them by text."""
    finite = np.sort(values[np.isfinite(values)])
    return Numbers(finite, np.arange(1, finite.size + 1), int(values.size - finite.size), unreadable)


def is_missing(cell: object) -> bool:
    """Whether a cell says nothing."""
    if isinstance(cell, str):
        return cell.strip().lower() in MISSING
    return cell is None or (isinstance(cell, float) and isnan(cell))


def number(cell: object) -> float:
    """The cell as a float; NaN where it is none, an infinity where it is too large for one."""
    if isinstance(cell, bool):
        return float(cell)
    try:
        return float(cell)  # type: ignore[arg-type]
    except OverflowError:
        return float("inf")
    except (TypeError, ValueError):
        return float("nan")


def name(cell: object) -> str:
    """The cell as a name; 1, 1.0 and "1" are the same one."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and isfinite(cell) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    return _text(cell)[:LONGEST_NAME]


def _text(cell: object) -> str:
    try:
        return str(cell).strip()
    except ValueError:  # an integer with thousands of digits
        return "a huge number"


def _kind(cells: Iterable[object]) -> Kind:
    """Numeric where nearly all that is said are numbers, none of them a truth value or text."""
    said = [cell for cell in cells if not is_missing(cell)]
    count = sum(isinstance(cell, Real) and not isinstance(cell, bool) for cell in said)
    return Kind.NUMERIC if count >= NUMERIC * len(said) else Kind.CATEGORICAL


def _numbered(cells: list[object]) -> Numbers:
    values = np.fromiter(map(number, cells), np.float64, len(cells))
    odd = np.flatnonzero(~np.isfinite(values))
    return numbers(values, sum(not is_missing(cells[at]) for at in odd.tolist()))


def _named(cells: list[object]) -> Names:
    counts: Counter[str] = Counter()
    missing = 0
    for cell, times in Counter(_hashable(cell) for cell in cells).items():
        if is_missing(cell[1]):
            missing += times
        else:
            counts[name(cell[1])] += times
    return Names(counts, missing)


def _hashable(cell: object) -> tuple[type, Any]:
    """With its type: True and 1 are the same key, but not the same value."""
    return (type(cell), cell) if isinstance(cell, str | int | float | None) else (str, _text(cell))


def _of_sketch(sketch: Sketch) -> Column:
    if isinstance(sketch, NameSketch):
        said = {name: times for name, times in sketch.counts.items() if not is_missing(name)}
        return Names(said, sketch.missing + sum(sketch.counts.values()) - sum(said.values()), sketch.other)
    values, counts, bounds = sketch.points()
    return Numbers(values, np.cumsum(counts), sketch.missing, 0, bounds)


def _as(found: Column, kind: Kind | None) -> Column:
    """The column as another kind: names that are numbers can be read as such, numbers as names."""
    if isinstance(found, Names) and kind is Kind.NUMERIC:
        read = sorted((number(cell), times) for cell, times in found.counts.items() if isfinite(number(cell)))
        totals = np.cumsum([times for _, times in read], dtype=np.int64)
        lost = found.present - (int(totals[-1]) if read else 0)
        return Numbers(np.array([value for value, _ in read]), totals, found.missing + lost, lost)
    if isinstance(found, Numbers) and kind is Kind.CATEGORICAL:
        counts = np.diff(found.totals, prepend=0).tolist()
        named: Counter[str] = Counter()
        for value, times in zip(found.values.tolist(), counts, strict=True):
            named[name(value)] += times
        return Names(named, found.missing)
    return found
