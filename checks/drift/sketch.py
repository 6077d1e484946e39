"""Sketches: what a service ships of a feature instead of its rows. Merging adds counts, exactly, and in any order as
long as there are no more names than are told apart.

Numbers are counted in logarithmic bins, so that every value is known to 1 %; source: C. Masson, J. Rim, H. Lee,
DDSketch, PVLDB 12 (2019). Names are counted one by one, as long as there is room.

The JSON of a sketch, version 1; an index i stands for the values above g^(i-1) up to g^i, where g = 1.01 / 0.99:

    {"type": "numeric", "version": 1, "rows": 1000, "missing": 3, "zero": 10, "min": -2.5, "max": 80.0,
     "positive": {"12": 700, "13": 280}, "negative": {"46": 7}}
    {"type": "categorical", "version": 1, "rows": 1000, "missing": 0, "other": 0, "counts": {"card": 900, "cash": 100}}

`rows` is the sum of all counts, a check on what was sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from math import inf, log
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import ArrayLike, NDArray

ACCURACY = 0.01  # of every value, relative
GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
MOST_BINS = 2048  # of either sign: seventeen decades; what lies closer to zero is put in the lowest of them
MOST_NAMES = 1000  # told apart; the rarest beyond them are `other`
LONGEST_NAME = 100  # characters
LONGEST = 200_000  # characters of the JSON of one sketch
TINY = 1e-300  # what is not farther from zero is zero
_INDEX = 40_000  # beyond every float

Count = Annotated[int, Meta(ge=0, le=10**15)]
Bins = dict[Annotated[int, Meta(ge=-_INDEX, le=_INDEX)], Annotated[int, Meta(ge=1, le=10**15)]]
Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
Index = TypeVar("Index", int, str)


class SketchError(ValueError):
    """A text that is no sketch, with the field that is wrong."""


class NumberSketch(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="type", tag="numeric"
):
    """Numbers by logarithmic bins. `min` and `max` are exact; None while there is no number."""

    version: Literal[1] = 1
    rows: Count = 0
    missing: Count = 0
    zero: Count = 0
    min: float | None = None
    max: float | None = None
    positive: Annotated[Bins, Meta(max_length=MOST_BINS)] = {}
    negative: Annotated[Bins, Meta(max_length=MOST_BINS)] = {}

    def add_many(self, values: ArrayLike) -> NumberSketch:
        """With more rows, floats of any shape; what is not finite is missing."""
        floats = np.asarray(values, dtype=np.float64).ravel()
        finite = floats[np.isfinite(floats)]
        positive, negative = finite[finite > TINY], -finite[finite < -TINY]
        return self.merge(
            NumberSketch(
                rows=floats.size,
                missing=floats.size - finite.size,
                zero=finite.size - positive.size - negative.size,
                min=float(finite.min()) if finite.size else None,
                max=float(finite.max()) if finite.size else None,
                positive=_indexed(positive),
                negative=_indexed(negative),
            )
        )

    def merge(self, other: NumberSketch) -> NumberSketch:
        """The sketch of the rows of both."""
        lows = [low for low in (self.min, other.min) if low is not None]
        highs = [high for high in (self.max, other.max) if high is not None]
        return NumberSketch(
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            zero=self.zero + other.zero,
            min=min(lows, default=None),
            max=max(highs, default=None),
            positive=_collapsed(_added(self.positive, other.positive)),
            negative=_collapsed(_added(self.negative, other.negative)),
        )

    def points(self) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
        """A value for each bin in ascending order, its rows, and its bounds, shapes (b,), (b,) and (b, 2)."""
        low = np.array(sorted(self.negative, reverse=True), dtype=np.float64)
        high = np.array(sorted(self.positive), dtype=np.float64)
        counts = [self.negative[int(i)] for i in low] + [self.zero] * (self.zero > 0)
        counts += [self.positive[int(i)] for i in high]
        middle = np.zeros(int(self.zero > 0))
        values = np.concatenate([-_value(low), middle, _value(high)])
        uppers = np.concatenate([-_power(low - 1), middle + TINY, _power(high)])
        lowers = np.concatenate([-_power(low), middle - TINY, _power(high - 1)])
        return values, np.array(counts, dtype=np.int64), np.stack([lowers, uppers], axis=1)

    def quantile(self, share: float) -> float | None:
        """The value that `share` (0 .. 1) of the numbers do not exceed, to 1 %; None where there is no number."""
        values, counts, _ = self.points()
        if self.min is None or self.max is None or not values.size:
            return None
        rank = share * (int(counts.sum()) - 1)
        at = int(np.searchsorted(np.cumsum(counts), rank, side="right"))
        return float(np.clip(values[min(at, values.size - 1)], self.min, self.max))


class NameSketch(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="type", tag="categorical"
):
    """Rows by name, exactly up to `MOST_NAMES` names."""

    version: Literal[1] = 1
    rows: Count = 0
    missing: Count = 0
    other: Count = 0
    counts: Annotated[dict[Name, Annotated[int, Meta(ge=1, le=10**15)]], Meta(max_length=MOST_NAMES)] = {}

    def add_many(self, names: Iterable[str | None]) -> NameSketch:
        """With more rows; None and the empty name are missing, longer names are cut."""
        counts = Counter((cell or "")[:LONGEST_NAME] for cell in names)
        missing = counts.pop("", 0)
        return self.merge(NameSketch(rows=counts.total() + missing, missing=missing, counts=dict(counts)))

    def merge(self, other: NameSketch) -> NameSketch:
        """The sketch of the rows of both. Up to `MOST_NAMES` names in all the order does not matter; beyond them which
        of the rare names are told apart depends on it.
        """
        counts, crowded = _roomy(_added(self.counts, other.counts))
        return NameSketch(
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            other=self.other + other.other + crowded,
            counts=counts,
        )


Sketch = NumberSketch | NameSketch


def joined(one: Sketch, other: Sketch) -> Sketch | None:
    """The rows of both; None where they are of two kinds. A sketch of missing values alone is of either."""
    if isinstance(one, NumberSketch) and isinstance(other, NumberSketch):
        return one.merge(other)
    if isinstance(one, NameSketch) and isinstance(other, NameSketch):
        return one.merge(other)
    if says_nothing(one):
        return joined(other, type(other)(rows=one.rows, missing=one.rows))
    return joined(one, type(one)(rows=other.rows, missing=other.rows)) if says_nothing(other) else None


def says_nothing(sketch: Sketch) -> bool:
    """Whether all of its values are missing, so that it has no kind yet."""
    return sketch.missing == sketch.rows


_DECODER = msgspec.json.Decoder(Sketch)


def dump(sketch: Sketch) -> str:
    """The sketch as one line of JSON, in one order."""
    return msgspec.json.encode(sketch).decode()


def load(text: str | bytes) -> Sketch:
    """The sketch in `text`. Raises SketchError, naming the field, where it is none."""
    if len(text) > LONGEST:
        raise SketchError(f"longer than {LONGEST:,} characters")
    try:
        return checked(_DECODER.decode(text))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise SketchError(str(error)) from None


def sketch_of(value: Any) -> Sketch:
    """The sketch in `value`, JSON that was parsed. Raises SketchError, naming the field, where it is none."""
    try:
        return checked(msgspec.convert(value, Sketch, strict=True, str_keys=True))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise SketchError(str(error)) from None


def checked(sketch: Sketch) -> Sketch:
    """The sketch, if its sums agree. Raises SketchError."""
    if isinstance(sketch, NumberSketch):
        numbers = sketch.zero + sum(sketch.positive.values()) + sum(sketch.negative.values())
        _agree(sketch.rows, numbers + sketch.missing)
        if (sketch.min is None or sketch.max is None) != (numbers == 0):
            raise SketchError("`min` and `max` are there if, and only if, there are numbers")
        if sketch.min is not None and sketch.max is not None and not -inf < sketch.min <= sketch.max < inf:
            raise SketchError("`min` and `max` are finite, and `min` is not above `max`")
    else:
        _agree(sketch.rows, sum(sketch.counts.values()) + sketch.missing + sketch.other)
    return sketch


def _agree(rows: int, counted: int) -> None:
    if rows != counted:
        raise SketchError(f"`rows` says {rows:,}, the counts add up to {counted:,}")


def _indexed(magnitudes: NDArray[np.float64]) -> Bins:
    if not magnitudes.size:
        return {}
    indexes = np.ceil(np.log(magnitudes) / log(GAMMA)).astype(np.int64)
    first = int(indexes.min())
    counts = np.bincount(indexes - first)
    there = np.flatnonzero(counts)
    return dict(zip((there + first).tolist(), counts[there].tolist(), strict=True))


def _added(one: Mapping[Index, int], other: Mapping[Index, int]) -> dict[Index, int]:
    summed = dict(one)
    for index, count in other.items():
        summed[index] = summed.get(index, 0) + count
    return dict(sorted(summed.items()))


def _collapsed(bins: Bins) -> Bins:
    """The highest `MOST_BINS` indexes; what lies below is counted in the lowest of these, whatever the order."""
    lowest = max(bins, default=0) - MOST_BINS + 1
    if min(bins, default=lowest) >= lowest:
        return bins
    kept = {index: count for index, count in bins.items() if index > lowest}
    kept[lowest] = sum(count for index, count in bins.items() if index <= lowest)
    return kept


def _roomy(counts: dict[str, int]) -> tuple[dict[str, int], int]:
    """The most frequent names, and how many rows the others have."""
    if len(counts) <= MOST_NAMES:
        return counts, 0
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return dict(ranked[:MOST_NAMES]), sum(count for _, count in ranked[MOST_NAMES:])


def _power(indexes: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):
        return np.asarray(np.minimum(np.exp(indexes * log(GAMMA)), np.finfo(np.float64).max))


def _value(indexes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The value of a bin that none in it is farther from than 1 %."""
    return np.asarray(_power(indexes) * (1 - ACCURACY))
