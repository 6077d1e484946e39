"""What the figures are computed of: rows as they are stored, each with the one moment by which it falls into a period.

Moments are epoch seconds, lengths are seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Protocol, TypeVar


@dataclass(frozen=True, slots=True)
class Judged:
    """A pull request, `at` its first verdict. `surfaces`: from where a person had something done; `overridden`: checks
    that a person said do not count, and did not take back.

    `opened`, `merged`: as GitHub lists it once it is closed; None before that. `usd`, `ci_minutes`: what was reported
    of its heads; None where nothing was.
    """

    at: float
    blocked: bool = False
    surfaces: frozenset[str] = frozenset()
    overridden: frozenset[str] = frozenset()
    opened: float | None = None
    merged: bool | None = None
    usd: float | None = None
    ci_minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Failing:
    """Something stood wrong: a pull request, a canary or a watched module (`kind`). `at`: its end, else its beginning;
    `seconds`: from one to the other, None while it goes on.
    """

    at: float
    kind: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Remedied:
    """What was done about a failing pull request, `at` its end. `alone`: it was mended, and nobody else pushed."""

    at: float
    seconds: float
    failure: str
    alone: bool


@dataclass(frozen=True, slots=True)
class Voice:
    """What a person said to a study."""

    at: float
    agree: bool


@dataclass(frozen=True, slots=True)
class Number:
    """What was reported of one commit under a well-known name."""

    at: float
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Tokens:
    """What one report says of tokens: all that were read, and those of them that came from a cache."""

    at: float
    read: int
    cached: int


@dataclass(frozen=True, slots=True)
class Lasted:
    """A pull request of a person, `at` the moment it was opened, to its merge or closing.

    `since`: opened in the time of the App; else in as much time before its first verdict in that repository.
    """

    at: float
    seconds: float
    since: bool = True


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed pull request as GitHub lists it. `draft`: it was one when it was closed; `bot`: an App opened it."""

    number: int
    opened: float
    closed: float
    merged: bool
    bot: bool = False
    draft: bool = False


class _Row(Protocol):
    @property
    def at(self) -> float: ...


Row = TypeVar("Row", bound=_Row)


@dataclass(frozen=True, slots=True)
class Facts:
    """All rows from `start` (included) to `end`."""

    start: float
    end: float
    judged: Sequence[Judged] = ()
    failing: Sequence[Failing] = ()
    remedied: Sequence[Remedied] = ()
    voices: Sequence[Voice] = ()
    numbers: Sequence[Number] = ()
    tokens: Sequence[Tokens] = ()
    lasted: Sequence[Lasted] = ()

    def spans(self, count: int) -> tuple[Facts, ...]:
        """The same in `count` spans of equal length, one after the other: a row is in one of them at most."""
        step = (self.end - self.start) / count
        edges = [*(self.start + place * step for place in range(count)), self.end]
        parts = {name: _parted(getattr(self, name), self.start, step, count) for name in _ROWS}
        return tuple(
            replace(self, start=start, end=end, **{name: found[place] for name, found in parts.items()})
            for place, (start, end) in enumerate(pairwise(edges))
        )


_ROWS = tuple(one.name for one in fields(Facts) if one.name not in {"start", "end"})


def _parted(rows: Sequence[Row], start: float, step: float, count: int) -> list[list[Row]]:
    found: list[list[Row]] = [[] for _ in range(count)]
    for row in rows:
        place = int((row.at - start) // step)
        if 0 <= place < count:
            found[place].append(row)
    return found
