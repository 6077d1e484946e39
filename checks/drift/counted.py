"""The distribution of a feature from counters: what was counted of each value, or in each bucket of a histogram.

A monitoring system estimates what a counter added: rows here are whole, as near as it says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import accumulate, pairwise
from math import inf, isnan, nan

from checks.drift.sketch import LONGEST_NAME, NameSketch

FALLEN = 0.01  # of all rows, by which a bucket may hold less than the one within it: what is estimated is not exact


class CountError(ValueError):
    """Counts that are no distribution, and why."""


def of_names(counts: Mapping[str, float]) -> NameSketch:
    """`counts` by value, finite and not negative. The empty value is missing; longer names than a sketch has are cut.

    >>> of_names({"visa": 69.7, "amex": 30.2, "": 1.0}).counts
    {'amex': 30, 'visa': 70}
    """
    rows: Counter[str] = Counter()
    for name, count in counts.items():
        rows[name[:LONGEST_NAME]] += round(count)
    missing = rows.pop("", 0)
    there = {name: count for name, count in rows.items() if count}
    return NameSketch().merge(NameSketch(rows=missing + sum(there.values()), missing=missing, counts=there))


def of_buckets(counts: Mapping[str, float]) -> NameSketch:
    """The same of a histogram: `counts` by upper bound, each with all that is in the buckets within it; bins are named
    by their ranges. Raises CountError.

    >>> of_buckets({"0.1": 50, "0.5": 80, "+Inf": 100}).counts
    {'0.1 to 0.5': 30, '> 0.5': 20, '≤ 0.1': 50}
    """
    ordered = sorted((_bound(text), text) for text in counts)
    if not ordered or ordered[-1][0] != inf:
        raise CountError("a histogram has a bucket `+Inf`: is this the counter that ends in `_bucket`?")
    within = [counts[text] for _, text in ordered]
    highest = list(accumulate(within, max))
    if any(high - count > FALLEN * highest[-1] for high, count in zip(highest, within, strict=True)):
        raise CountError("a bucket holds less than one within it: do all processes have the same buckets?")
    rows = [round(high) for high in highest]
    bins = [later - earlier for earlier, later in pairwise([0, *rows])]
    return of_names(dict(zip(_ranges([text for _, text in ordered[:-1]]), bins, strict=True)))


def _bound(text: str) -> float:
    try:
        bound = float(text)
    except ValueError:
        bound = nan
    if isnan(bound):
        raise CountError(f"{text[:40]!r} is no bound of a bucket")
    return bound


def _ranges(bounds: list[str]) -> list[str]:
    """A name for each bin of the ascending `bounds`, and for what lies above."""
    if not bounds:
        return ["all"]
    inner = [f"{low} to {high}" for low, high in pairwise(bounds)]
    return [f"≤ {bounds[0]}", *inner, f"> {bounds[-1]}"]
