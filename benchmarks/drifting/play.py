"""Modules under watch for thirty days, over and over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from scipy.stats import beta

from benchmarks.drifting.streams import Rows, Stream, still
from checks.drift import Reference, Standing, advance, begin

DAYS, ROWS, FIRST = 30, 500, 739_001
SEED = 20_261_130
LASTING = 60  # days
Day = Mapping[str, Rows]
Moved = Callable[[Generator, int, float], Rows]
"""(random, rows, points) -> values of a day on which so much of the mass has moved."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What must hold, and whether it did."""

    words: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Share:
    """Of `runs`, so many."""

    count: int
    runs: int

    @property
    def interval(self) -> tuple[float, float]:
        """95 %. Source: C. Clopper, E. Pearson (1934)."""
        low = beta.ppf(0.025, self.count, self.runs - self.count + 1) if self.count else 0.0
        high = beta.ppf(0.975, self.count + 1, self.runs - self.count) if self.count < self.runs else 1.0
        return float(low), float(high)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.count}/{self.runs} = {100 * self.count / self.runs:.2f} % ({100 * low:.2f} to {100 * high:.2f})"


def module(random: Generator, stream: Stream, features: int, day: int, rows: int = ROWS) -> Day:
    """A day of so many features of one kind."""
    return {f"f{at}": stream(random, day, rows) for at in range(features)}


def whole(random: Generator, stream: Stream, features: int, rows: int) -> Reference:
    """A reference of rows whose days are not known."""
    return Reference.of(module(random, stream, features, 0, rows))


def by_day(random: Generator, stream: Stream, features: int, days: int) -> Reference:
    """A reference of the days before the first."""
    return Reference.of_days({FIRST - 1 - at: module(random, stream, features, FIRST - 1 - at) for at in range(days)})


def false_alarms(runs: int, stream: Stream, features: int, reference: Callable[[Generator], Reference]) -> Share:
    """Modules in which nothing moves, and of which any feature is a drift on any of thirty days."""
    alarms = 0
    for random in generators(runs):
        known = reference(random)
        watch = begin(known)
        for day in range(FIRST, FIRST + DAYS):
            watch = advance(watch, known, day, module(random, stream, features, day))
            if watch.state is Standing.DRIFT:
                alarms += 1
                break
    return Share(alarms, runs)


def delays(
    runs: int,
    moved: Moved,
    points: float,
    features: int,
    start: int,
    reference: Callable[[Generator], Reference],
) -> list[int | None]:
    """Days from the first shifted one (counted as 1) to the proof, of one feature of a module; None after thirty."""
    found: list[int | None] = []
    for random in generators(runs):
        known = reference(random)
        watch = begin(known)
        proven = None
        for day in range(1, start + DAYS):
            batch = dict(module(random, still, features, FIRST + day))
            if day >= start:
                batch["f0"] = moved(random, ROWS, points)
            watch = advance(watch, known, FIRST + day, batch)
            if day >= start and watch.features[0].state is Standing.DRIFT:
                proven = day - start + 1
                break
        found.append(proven)
    return found


def ends(runs: int, moved: Moved, points: float, reference: Callable[[Generator], Reference]) -> list[int]:
    """For each module of one feature: how often a shift that lasts is told as ended within sixty days."""
    found = []
    for random in generators(runs):
        known = reference(random)
        states = _states(known, [moved(random, ROWS, points) for _ in range(LASTING)])
        found.append(sum(one is Standing.DRIFT is not other for one, other in pairwise(states)))
    return found


def recoveries(
    runs: int, moved: Moved, points: float, left: float, reference: Callable[[Generator], Reference]
) -> list[int | None]:
    """Days until the end is told of a shift of which, after thirty days, only `left` points stay; None after sixty.

    Modules of one feature; those of which the shift was not proven on the last of the thirty days are left out.
    """
    found = []
    for random in generators(runs):
        known = reference(random)
        days = [moved(random, ROWS, points) for _ in range(DAYS)] + [moved(random, ROWS, left) for _ in range(LASTING)]
        states = _states(known, days)
        if states[DAYS - 1] is Standing.DRIFT:
            over = (day for day, state in enumerate(states[DAYS:], 1) if state is not Standing.DRIFT)
            found.append(next(over, None))
    return found


def _states(known: Reference, days: Iterable[Rows]) -> list[Standing]:
    """How the one feature stands after each day."""
    watch, states = begin(known), []
    for day, rows in enumerate(days, FIRST):
        watch = advance(watch, known, day, {"f0": rows})
        states.append(watch.state)
    return states


def generators(runs: int) -> Iterator[Generator]:
    """One for each run, the same each time."""
    for seed in range(runs):
        yield np.random.default_rng([SEED, seed])


def within(found: list[int | None], days: int) -> Share:
    """Of the delays, those of at most so many days."""
    return Share(sum(delay is not None and delay <= days for delay in found), len(found))


def median(found: list[int | None]) -> float:
    """The median delay; those that never came are longer than any."""
    return float(np.median([np.inf if delay is None else delay for delay in found]))
