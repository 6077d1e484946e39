"""What a source says of a series, a point a step: an expression of Prometheus, evaluated at the end of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil, floor, isfinite
from typing import Protocol

from app.sources.errors import BadAnswer, BadSelector, NoSeries
from app.sources.promql import demanding
from app.sources.query_api import QueryApi, Samples, Wire

CHUNK = 10_000  # points of one question; beyond 11,000 Prometheus refuses it


@dataclass(frozen=True, slots=True)
class Grid:
    """`count` steps of `seconds` each from `start`, epoch seconds, a multiple of `seconds`.

    A step holds its start, not its end, and is named by it: so are the minutes that most databases sum up by.
    """

    start: int
    seconds: int
    count: int

    @property
    def end(self) -> int:
        """Where the last step ends."""
        return self.start + self.seconds * self.count

    @property
    def times(self) -> tuple[int, ...]:
        """Where each step starts."""
        return tuple(range(self.start, self.end, self.seconds))

    @property
    def ends(self) -> tuple[int, ...]:
        """Where each step ends."""
        return tuple(time + self.seconds for time in self.times)


def grid(start: float, end: float, seconds: int) -> Grid:
    """The steps that lie whole between `start` and `end` (epoch seconds).

    >>> grid(50, 250, 60).times
    (60, 120, 180)
    """
    first = ceil(start / seconds)
    return Grid(first * seconds, seconds, max(floor(end / seconds) - first, 0))


class Ranges(Protocol):
    """Whoever says what a series was at each step. There is one adapter a kind of source."""

    def check(self, query: str) -> None:
        """Raises BadSelector for a query that could never be asked."""

    async def points(self, query: str, at: Grid) -> tuple[float | None, ...]:
        """The value of each step of `at`, None where there is none. Raises NoSeries where there is none at all,
        BadSelector, BadAnswer, and what the wire raises.
        """


@dataclass(frozen=True, slots=True)
class PrometheusRanges:
    """Reads through `wire`. `demanded`: labels that every selector is made to demand, as of a Prometheus."""

    wire: Wire
    demanded: Mapping[str, str]

    def check(self, query: str) -> None:
        """Raises BadSelector for what is not of the small language of `app.sources.promql`."""
        demanding(query, self.demanded)

    async def points(self, query: str, at: Grid) -> tuple[float | None, ...]:
        """As `Ranges.points`. Evaluated where steps end, for a query looks back. What comes as more than one series is
        refused: none of them is the one.
        """
        api, asked = QueryApi(self.wire, self.demanded), demanding(query, self.demanded)
        if not at.count:
            return ()
        found: dict[object, Samples] = {}
        for start, end in _chunks(at):
            for labels, samples in await api.each(asked, start, end, at.seconds):
                found.setdefault(labels, {}).update(samples)
            if len(found) > 1:
                raise BadSelector(f"the query comes to {len(found):,} series, and must come to one: add them up")
        if not found:
            raise NoSeries("the query comes to no series")
        (samples,) = found.values()
        return _placed(samples, at)


def _chunks(at: Grid) -> Iterator[tuple[int, int]]:
    """The first and the last moment of each question."""
    ends = at.ends
    for begins in range(0, at.count, CHUNK):
        part = ends[begins : begins + CHUNK]
        yield part[0], part[-1]


def _placed(samples: Samples, at: Grid) -> tuple[float | None, ...]:
    """NaN and infinities are no values: a rate over nothing, a quantile of no requests."""
    unasked = samples.keys() - set(at.ends)
    if unasked:
        raise BadAnswer(f"a point of {min(unasked):.3f}, which was not asked for")
    values = map(samples.get, at.ends)
    return tuple(value if value is not None and isfinite(value) else None for value in values)
