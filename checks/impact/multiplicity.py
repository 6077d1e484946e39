"""Several metrics at once: among twenty that nothing moved, one has a p below 5 %."""

from __future__ import annotations

from collections.abc import Sequence


def q_values(ps: Sequence[float | None]) -> tuple[float | None, ...]:
    """For each p the least share of false discoveries at which it counts; None where there is no p.

    Benjamini and Hochberg, Journal of the Royal Statistical Society B 57 (1995) 289-300.

    >>> q_values([0.01, None, 0.5, 0.02])
    (0.03, None, 0.5, 0.03)
    """
    ranked = sorted((p, at) for at, p in enumerate(ps) if p is not None)
    found: list[float | None] = [None] * len(ps)
    least = 1.0
    for rank in range(len(ranked), 0, -1):
        p, at = ranked[rank - 1]
        least = min(least, p * len(ranked) / rank)
        found[at] = least
    return tuple(found)
