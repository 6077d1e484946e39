"""From raw samples of counters to what was added in each tick. Pure.

`increase()` and `rate()` of Prometheus extrapolate to the borders of their window and give fractions of events; here a
difference between two samples is counted whole, in the tick in which the later one was taken. Nothing is lost or
counted twice from tick to tick, and what was scraped together is counted together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from math import inf, isfinite
from statistics import median

from app.sources.errors import BadAnswer

Labels = tuple[tuple[str, str], ...]  # sorted by name
_INSTANCE = "instance"
_TARGET = (_INSTANCE, "job")  # the labels that a scrape gives to all series of one process
_LACKING = 0.75  # of the usual time between two scrapes; less is how scrapes lie in a tick


@dataclass(frozen=True, slots=True)
class Sample:
    """What a counter stood at; `at` in epoch seconds."""

    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """The samples of one counter, in order of time."""

    labels: Labels
    samples: tuple[Sample, ...]

    @property
    def target(self) -> Labels:
        """The process it was scraped from; of an aggregate, what is left of its name."""
        return tuple(label for label in self.labels if label[0] in _TARGET)


@dataclass(frozen=True, slots=True)
class Window:
    """`ticks` ticks of `seconds` each from `start` (epoch seconds); a tick holds its end, not its start.

    `since` (epoch seconds): what began to be added before is in none, for the canary may not have had its share yet.
    """

    start: float
    seconds: float
    ticks: int
    since: float = 0.0

    @property
    def end(self) -> float:
        """Epoch seconds."""
        return self.start + self.seconds * self.ticks

    @property
    def longest_gap(self) -> float:
        """Seconds between two samples; what was added in a longer one is known, but not when."""
        return 2 * self.seconds

    def tick(self, at: float) -> int | None:
        """Which tick `at` lies in; None for what lies in none."""
        if not self.start < at <= self.end:
            return None
        return min(int((at - self.start - _INSTANT) // self.seconds), self.ticks - 1)


@dataclass(frozen=True, slots=True)
class Reading:
    """By name what was added in each tick, None where that is not known; `series`: by name, how many there are.

    Not known is a tick in which nobody was scraped, one of which a counter does not tell a number, and the last one
    while a scrape of it seems to be on its way.
    `unplaced`: differences that are in no count: over a gap too long to say in which tick they came about, or at a
    moment at which a sum over processes fell. `spans`:
    the seconds in which the counts of each tick were added, as the mean over its processes for the time that they were
    there; empty where they are not known. Scrapes are not taken when ticks end: they are a tick's length on average,
    and by a scrape more or less at times.
    """

    counts: Mapping[str, tuple[float | None, ...]]
    series: Mapping[str, int]
    resets: int
    unplaced: int
    spans: tuple[float, ...] = ()


def reading(named: Mapping[str, Sequence[Series]], window: Window) -> Reading:
    """What each of `named` counters, scraped from the same processes, added up to in each tick.

    A counter that falls was reset, and has since added what it stands at. One that appears at a process which was
    scraped before began there at 0: that is how the first error of a service shows. One that appears together with its
    process began before anybody looked, and only what is added from then on counts.

    An aggregate, which names no `instance`, also falls when one of its processes leaves, and then nobody knows what was
    added: at that moment nothing of it counts, whichever of its counters fell.

    Raises BadAnswer for what adds up to no number.
    """
    scrapes = _scrapes(chain.from_iterable(named.values()))
    steps = {name: [(one.target, _steps(one, scrapes[one.target])) for one in every] for name, every in named.items()}
    fallen = _fallen(chain.from_iterable(steps.values()))
    presence = _presence(scrapes, fallen, window)
    known = {tick for tick, one in presence.items() if one.counted}
    known -= _blind(chain.from_iterable(named.values()), window)
    if _unfinished(presence.get(window.ticks - 1), scrapes.values()):
        known.discard(window.ticks - 1)
    counts: dict[str, tuple[float | None, ...]] = {}
    resets = unplaced = 0
    for name, every in steps.items():
        added = [0.0] * window.ticks
        for target, step in ((target, step) for target, each in every for step in each):
            tick = window.tick(step.at)
            if tick is None:
                continue
            if step.gap > window.longest_gap or (target, step.at) in fallen:
                unplaced += 1
                continue
            if step.at - step.gap < window.since:
                continue
            resets += step.reset
            added[tick] += step.added
        if not all(map(isfinite, added)):
            raise BadAnswer(f"`{name}` adds up to no number")
        counts[name] = tuple(count if tick in known else None for tick, count in enumerate(added))
    found = (presence.get(tick) for tick in range(window.ticks))
    spans = tuple(window.seconds * one.counted / one.there if one else 0.0 for one in found)
    return Reading(counts, {name: len(every) for name, every in named.items()}, resets, unplaced, spans)


@dataclass(frozen=True, slots=True)
class _Step:
    """What was added by `at`, over `gap` seconds."""

    at: float
    gap: float
    added: float
    reset: bool = False


_Moment = tuple[Labels, float]
"""A process, or an aggregate, and when it was scraped."""


def _fallen(every: Iterable[tuple[Labels, Sequence[_Step]]]) -> frozenset[_Moment]:
    """When aggregates fell: a process left, or was reset, and the lifetime of the others is no news."""
    return frozenset(
        (target, step.at) for target, steps in every if _INSTANCE not in dict(target) for step in steps if step.reset
    )


def _scrapes(every: Iterable[Series]) -> dict[Labels, list[float]]:
    """By process, when it was scraped, in order."""
    found: dict[Labels, set[float]] = {}
    for series in every:
        found.setdefault(series.target, set()).update(sample.at for sample in series.samples)
    return {target: sorted(at) for target, at in found.items()}


@dataclass(frozen=True, slots=True)
class _Presence:
    """Of all processes that were scraped in a tick: seconds of it that they were there, and that they counted over."""

    there: float
    counted: float


def _presence(
    scrapes: Mapping[Labels, Sequence[float]], fallen: frozenset[_Moment], window: Window
) -> Mapping[int, _Presence]:
    """By tick. A process is there since its first scrape, or since the one that ended too long a gap; the first of all
    since the tick began, for somebody served the requests.
    """
    there: dict[int, list[float]] = defaultdict(list)
    counted: dict[int, float] = defaultdict(float)
    for target, times in scrapes.items():
        since, before = -inf, None
        for at, gap in zip(times, (inf, *_gaps(times)), strict=True):
            since = at if gap > window.longest_gap else since
            tick = window.tick(at)
            if tick is None:
                continue
            if tick != before:
                there[tick].append(min(window.seconds, window.start + window.seconds * (tick + 1) - since))
            counts = gap <= window.longest_gap and at - gap >= window.since and (target, at) not in fallen
            counted[tick] += gap if counts else 0.0
            before = tick
    return {
        tick: _Presence(sum(each) + window.seconds - max(each), counted[tick]) for tick, each in sorted(there.items())
    }


def _unfinished(presence: _Presence | None, every: Iterable[Sequence[float]]) -> bool:
    """Whether the newest tick lacks a scrape: it may be on its way, and the tick is read again."""
    gaps = [gap for times in every for gap in _gaps(times)]
    return presence is not None and bool(gaps) and presence.there - presence.counted > _LACKING * median(gaps)


def _blind(every: Iterable[Series], window: Window) -> frozenset[int | None]:
    """The ticks of samples that are no numbers, and of the first number after them: it was added since nobody knows
    when. What other counters say of such a tick means nothing without this one.
    """
    return frozenset(window.tick(at) for series in every for at in _untold(series.samples))


def _untold(samples: Sequence[Sample]) -> Iterable[float]:
    told = [True, *(isfinite(sample.value) for sample in samples)]
    return (sample.at for sample, both in zip(samples, pairwise(told), strict=True) if not all(both))


def _gaps(times: Sequence[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times)]


def _steps(series: Series, scrapes: Sequence[float]) -> list[_Step]:
    samples = [sample for sample in series.samples if isfinite(sample.value)]
    if not samples:
        return []
    first = samples[0]
    before = bisect_left(scrapes, first.at)
    born = [_Step(first.at, first.at - scrapes[before - 1], first.value)] if before else []
    return born + [_step(earlier, later) for earlier, later in pairwise(samples)]


def _step(earlier: Sample, later: Sample) -> _Step:
    gap = later.at - earlier.at
    if later.value < earlier.value:
        return _Step(later.at, gap, later.value, reset=True)
    return _Step(later.at, gap, later.value - earlier.value)


_INSTANT = 1e-6  # seconds: the end of a tick is in it, and times are told in milliseconds
