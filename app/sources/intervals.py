"""Figures that a source adds up itself, by intervals of its own clock, brought into ticks. Pure.

Datadog and CloudWatch keep no counters that could be read as they stand: they answer with what was counted in each
interval, and their intervals begin at multiples of their length. So the ticks of such a source are its intervals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isclose

from app.sources.counters import Reading, Window
from app.sources.errors import BadAnswer, BadSelector
from checks.experiment.quantity import is_number

_NEAR = 1e-9  # relative: what a service made of rates is a float
_WHOLE = 1e-6

Sums = Mapping[int, float]
"""What was counted in each interval that has a figure, by its place from 0."""


@dataclass(frozen=True, slots=True)
class Intervals:
    """`count` intervals of `seconds` each from `start`, in whole epoch seconds, a multiple of `seconds`."""

    start: int
    seconds: int
    count: int

    @property
    def end(self) -> int:
        """Epoch seconds."""
        return self.start + self.seconds * self.count

    def placed(self, points: Iterable[tuple[object, object]]) -> Sums:
        """The figures of `points`, which are when an interval begins and what was counted in it.

        A null is no figure; what lies outside, as the interval that has just begun, has a place that is no tick's.
        Raises BadAnswer for what is no number, for a time at which no interval begins, and for two figures of one.
        """
        found: dict[int, float] = {}
        for begins, value in points:
            if not is_number(begins) or begins % self.seconds:
                raise BadAnswer(f"a figure of {_shown(begins)}, where no interval of {self.seconds} seconds begins")
            place = int(begins - self.start) // self.seconds
            if value is None:
                continue
            if not is_number(value) or place in found:
                raise BadAnswer(f"{_shown(value)} as a figure of {_shown(begins)}, or two of them")
            found[place] = value
        return found


def intervals(window: Window) -> Intervals:
    """The ticks of `window` as intervals. Raises BadSelector where they would begin within one."""
    start, seconds = round(window.start), round(window.seconds)
    if seconds != window.seconds or start != window.start or start % seconds:
        raise BadSelector(f"ticks of {window.seconds:g} seconds from {window.start:.3f} are no intervals of the source")
    return Intervals(start, seconds, window.ticks)


def counted(named: Mapping[str, Sums], at: Intervals) -> Reading:
    """What one side counted in each tick, by the names of its counters.

    Where there were requests and none of them is told as bad, none was: such a source says nothing of what did not
    happen. A tick that lacks another figure is missing. Raises BadAnswer for a count that is no whole number.
    """
    ticks = [_tick(named, place) for place in range(at.count)]
    counts = {name: tuple(tick[name] if tick else None for tick in ticks) for name in named}
    return Reading(counts, {name: 1 if sums else 0 for name, sums in named.items()}, resets=0, unplaced=0)


def _tick(named: Mapping[str, Sums], place: int) -> Mapping[str, float] | None:
    """Nothing where a figure is missing."""
    found: dict[str, float] = {}
    for name, sums in named.items():
        value = sums.get(place, 0 if name == "bad" else None)
        if value is None:
            return None
        found[name] = value if name == "sum" else _count(name, value)
    return found


def _count(name: str, value: float) -> int:
    if value < 0 or not isclose(value, round(value), rel_tol=_NEAR, abs_tol=_WHOLE):
        raise BadAnswer(f"`{name}` is {value!r} in an interval, which is no number of requests")
    return round(value)


def _shown(value: object) -> str:
    return repr(value)[:40]
