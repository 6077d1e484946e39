"""What a feature shows on a day, under various weathers; all are made up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Rows = NDArray[np.float64]
Stream = Callable[[Generator, int, int], Rows]
"""(random, day, rows) -> values, shape (rows,); names are told by numbers."""

WEEK = np.array([0.0, 0.05, -0.05, 0.0, 0.1, 0.6, 0.5])  # standard deviations
CONCENTRATION = 249.0  # of 500 rows: the variance of a bin is three times that of independent rows
TENTHS = np.full(10, 0.1)


def still(random: Generator, _day: int, rows: int) -> Rows:
    """Independent rows without ties."""
    return random.random(rows)


def tied(random: Generator, _day: int, rows: int) -> Rows:
    """Small whole numbers."""
    return random.poisson(2.0, rows).astype(np.float64)


def rare(random: Generator, _day: int, rows: int) -> Rows:
    """Yes and no, yes being rare."""
    return (random.random(rows) < 0.01).astype(np.float64)


def weekly(random: Generator, day: int, rows: int) -> Rows:
    """Another mean on each weekday."""
    return random.normal(WEEK[day % 7], 1.0, rows)


def weekend(random: Generator, day: int, rows: int) -> Rows:
    """Two days of seven have a mean that is a standard deviation higher."""
    return random.normal(float(day % 7 >= 5), 1.0, rows)


def clustered(random: Generator, _day: int, rows: int) -> Rows:
    """Shares of ten bins that are drawn anew each day (Dirichlet): all bins vary three times as much as rows do."""
    shares = random.dirichlet(CONCENTRATION * TENTHS)
    return (random.choice(10, rows, p=shares) + random.random(rows)) / 10


def wandering(random: Generator, _day: int, rows: int) -> Rows:
    """A mean that is drawn anew each day, a tenth of a standard deviation wide."""
    return random.normal(random.normal(0.0, 0.1), 1.0, rows)


def weekly_wandering(random: Generator, day: int, rows: int) -> Rows:
    """Both: weekdays differ, and days of one weekday do, by a twentieth of a standard deviation."""
    return random.normal(WEEK[day % 7] + random.normal(0.0, 0.05), 1.0, rows)


STREAMS: Mapping[str, Stream] = {
    function.__name__: function for function in (still, tied, rare, weekly, clustered, wandering, weekly_wandering)
}


def one_to_one(random: Generator, rows: int, points: float) -> Rows:
    """`points` of mass from the lowest tenth to the highest."""
    x = random.random(rows)
    return np.where((x < 0.1) & (random.random(rows) < points / 0.1), x + 0.9, x)


def all_to_one(random: Generator, rows: int, points: float) -> Rows:
    """`points` of mass from all other tenths to the fifth."""
    x = random.random(rows)
    going = random.random(rows) < points / 0.9
    return np.where(going & ((x < 0.4) | (x >= 0.5)), 0.4 + 0.1 * random.random(rows), x)
