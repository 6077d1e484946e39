"""Is a version within a range of an OSV record? The evaluation algorithm of the OSV schema 1.7, in three values.

The schema's pseudocode (section "Evaluation") walks the events in the order of their versions; where a version has no
place in that order, the answer here is None instead of a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from checks.sbom.versions import order

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
        try:
            return self._before_limits(at) and _walk(steps, at)
        except order.IncomparableError:
            return None

    @cached_property
    def _always(self) -> bool:
        return all(event == (INTRODUCED, BEGINNING) for event in self.events)

    @cached_property
    def _steps(self) -> tuple[tuple[str, Any], ...] | None:
        """The events in the order of their versions, those at one version as they were written; None: the beginning."""
        if not self.scheme or INTRODUCED not in {name for name, _ in self.events}:
            return None
        first = [(name, None) for name, version in self.events if version == BEGINNING]
        others = [event for event in self.events if event[1] != BEGINNING and event != (LIMIT, _ANY)]
        placed: list[tuple[str, Any]] = [(name, order.key(self.scheme, version)) for name, version in others]
        if any(at is None for _, at in placed):
            return None
        try:
            return (*first, *sorted(placed, key=lambda step: step[1]))
        except order.IncomparableError:
            return None

    @cached_property
    def _limits(self) -> tuple[str, ...]:
        return tuple(version for name, version in self.events if name == LIMIT)

    def _before_limits(self, at: Any) -> bool:
        """Whether some limit lies above; a limit of `*` lies above everything, and so does having none."""
        limits = self._limits
        if not limits or _ANY in limits:
            return True
        return any(at < order.key(self.scheme, version) for version in limits if version != BEGINNING)


def _walk(steps: tuple[tuple[str, Any], ...], place: Any) -> bool:
    affected = False
    for name, at in steps:
        if at is not None and place < at:
            break
        if name == INTRODUCED:
            affected = True
        elif name == FIXED or (name == LAST_AFFECTED and (at is None or place > at)):
            affected = False
    return affected
