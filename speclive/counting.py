"""Counters that are exact however many threads count, without a lock where it is counted.

CPython advances an `itertools.count` in one step, so that no two threads draw the same number. Reading one draws a
number, too, and takes into account how many were drawn by readers; readers wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from threading import RLock

from speclive.forking import unlocked_in_children

_READING = unlocked_in_children(RLock())


class Counter:
    """Counts the calls of `tick`."""

    __slots__ = ("_read", "tick")

    def __init__(self) -> None:
        self.tick: Callable[[], int] = count().__next__
        self._read = 0

    def value(self) -> int:
        """How often `tick` was called so far."""
        with _READING:
            seen = self.tick() - self._read
            self._read += 1
            return seen


class Outcomes:
    """How often each outcome came to be. An outcome is a text; one tick counts all that it says, at once."""

    __slots__ = ("_counters",)

    def __init__(self) -> None:
        self._counters: dict[str, Counter] = {}

    def counter(self, outcome: str) -> Counter:
        """The counter of one outcome, the same each time."""
        there = self._counters.get(outcome)
        return there if there is not None else self._counters.setdefault(outcome, Counter())

    def counts(self) -> dict[str, int]:
        """By outcome; those that never came to be are left out."""
        read = {outcome: counter.value() for outcome, counter in self._counters.copy().items()}
        return {outcome: counted for outcome, counted in read.items() if counted}
