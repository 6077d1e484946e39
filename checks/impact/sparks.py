"""A metric and what was expected of it, in so few points that they fit in a line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from checks.impact.effect import Point
from checks.impact.panel import LARGEST
from checks.impact.told import MOST_SPARKS, Sparks
from checks.impact.window import Window


def sparks(window: Window, points: Sequence[Point]) -> Sparks:
    """Means of neighbouring points, none of them from both sides of the deployment; `points` may be none."""
    n, start = len(window.times), window.start
    most = min(n, MOST_SPARKS)
    before = min(start, max(1, round(most * start / n))) if start else 0
    after = min(n - start, most - before)
    before = min(start, most - after)
    edges = [*_edges(0, start, before), *_edges(start, n, after)]
    expected = [point.expected for point in points]
    return Sparks(_means(window.values, edges), _means(expected, edges) if expected else (), before)


def _edges(first: int, last: int, parts: int) -> list[tuple[int, int]]:
    """`parts` stretches that cover all from `first` to before `last`."""
    ends = [first + at * (last - first) // parts for at in range(parts + 1)] if parts else []
    return list(pairwise(ends))


def _means(values: Sequence[float | None], edges: Sequence[tuple[int, int]]) -> tuple[float | None, ...]:
    return tuple(_mean(values[low:high]) for low, high in edges)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None and abs(value) <= LARGEST]
    return sum(known) / len(known) if known else None
