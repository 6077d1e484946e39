"""A season of known length as sines and cosines: a pattern that repeats, whatever its form."""

from __future__ import annotations

import numpy as np

from checks.impact.floats import Floats

MOST = 10  # harmonics
POINTS_EACH = 5  # points before the change that each column needs at least
CYCLES = 2  # seen before the change, at least


def carried(period: int, before: int) -> int:
    """Harmonics that so many points can carry: 0 below two cycles, never all that a long season could have."""
    if period < 2 or before < CYCLES * period:
        return 0
    return min(period // 2, MOST, before // (2 * POINTS_EACH))


def harmonics(n: int, period: int, count: int) -> Floats:
    """The first `count` pairs of cosine and sine at n points, without a sine that is zero; shape (s, n)."""
    if not count:
        return np.zeros((0, n))
    angle = 2 * np.pi * np.outer(np.arange(1, count + 1), np.arange(n) % period) / period
    waves = np.concatenate([np.cos(angle), np.sin(angle)])
    return waves[:-1] if 2 * count == period else waves
