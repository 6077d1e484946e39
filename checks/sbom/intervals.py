"""Is a version within a range of an OSV record? The evaluation algorithm of the OSV schema 1.7, in three values.

The schema's pseudocode (section "Evaluation") walks the events in the order of their versions; where a version has no
place in that order, the answer here is None instead of a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from checks.sbom import order

INTRODUCED, FIXED, LAST_AFFECTED, LIMIT = "introduced", "fixed", "last_affected", "limit"
EVENTS = (INTRODUCED, FIXED, LAST_AFFECTED, LIMIT)
BEGINNING = "0"  # before every version
_ANY = "*"  # as a limit: no limit

Event = tuple[str, str]  # one of EVENTS, version


@dataclass(frozen=True)
class Range:
    """One range of an `affected` entry. `scheme`: whose order of versions holds, "semver" or a purl type.

    `scheme` is "" when nobody can tell without more than the record: commits of a repository, or what cannot be read.
    """

    scheme: str
    events: tuple[Event, ...]

    def includes(self, version: str) -> bool | None:
        """Whether `version` is affected by this range; None when it has no place in the order, or the range none."""
        steps = self._steps
        if steps is None:
            return None
        if self._always:
            return True
        at = order.key(self.scheme, version)
        if at is None:
            return None
        place = _place(version, at)
        try:
            return self._before_limits(place) and _walk(steps, place)
        except order.IncomparableError:
            return None

    @cached_property
    def _always(self) -> bool:
        return all(event == (INTRODUCED, BEGINNING) for event in self.events)

    @cached_property
    def _steps(self) -> tuple[tuple[str, Any], ...] | None:
        """The events in the order of their versions; those at one version stay as they were written."""
        if not self.scheme or INTRODUCED not in {name for name, _ in self.events}:
            return None
        placed = [(name, self._at(version)) for name, version in self.events if (name, version) != (LIMIT, _ANY)]
        if any(place is None for _, place in placed):
            return None
        try:
            return tuple(sorted(placed, key=lambda step: step[1]))
        except order.IncomparableError:
            return None

    def _at(self, version: str) -> Any | None:
        if version == BEGINNING:
            return (0, 0)
        at = order.key(self.scheme, version)
        return None if at is None else (1, at)

    def _before_limits(self, place: Any) -> bool:
        """Whether some limit lies above; a limit of `*` lies above everything, and so does having none."""
        limits = [version for name, version in self.events if name == LIMIT]
        return not limits or _ANY in limits or any(place < self._at(version) for version in limits)


def _place(version: str, at: Any) -> Any:
    return (0, 0) if version == BEGINNING else (1, at)


def _walk(steps: tuple[tuple[str, Any], ...], place: Any) -> bool:
    affected = False
    for name, at in steps:
        if place < at:
            break
        if name == INTRODUCED:
            affected = True
        elif name == FIXED or (name == LAST_AFFECTED and place > at):
            affected = False
    return affected
