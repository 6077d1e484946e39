"""A course of any length in bounded memory: as many points of it, evenly spaced, as a picture needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

MOST = 960  # points; a picture has 48 columns

Point = TypeVar("Point")


@dataclass(slots=True)
class Thinned(Generic[Point]):
    """Every point while there are at most `most`, then every second one, every fourth, and always the last.

    >>> course = Thinned(most=4)
    >>> for point in range(11):
    ...     course.add(point)
    >>> list(course)
    [3, 7, 10]
    """

    most: int = MOST
    step: int = 1
    since: int = 0  # points after the last that is kept
    kept: list[Point] = field(default_factory=list)
    last: list[Point] = field(default_factory=list)  # those after it: the newest, or none

    def add(self, point: Point) -> None:
        """The next one."""
        self.since += 1
        self.last = [point]
        if self.since == self.step:
            self._keep(point)

    def __iter__(self) -> Iterator[Point]:
        return iter(self.kept + self.last)

    def _keep(self, point: Point) -> None:
        self.kept.append(point)
        self.since, self.last = 0, []
        if len(self.kept) >= self.most:
            self.kept, self.step = self.kept[1::2], 2 * self.step
