"""A guarded experiment as a Snapshot holds it, and what feeds it."""

from __future__ import annotations

from dataclasses import dataclass

BY_HAND = "by_hand"
"""The course of an experiment that somebody rolled back, whatever its gate says."""


@dataclass(frozen=True, slots=True)
class Feed:
    """The source of an experiment's figures, as it was when it was last asked.

    `lag`: seconds that its newest complete figure is old, None where nobody may know. `trouble`: why nothing could be
    read, "" where it could; `since`: epoch seconds.
    """

    source: str
    lag: float | None = None
    trouble: str = ""
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Experiment:
    """One on the head: its rules and where it stands, both as JSON that `checks.experiment` wrote.

    `acted`: what became of its consequences; "" while they are owed. `course`: what was done then: promote, rollback,
    hold or BY_HAND. `feed`: None where ticks are sent. `mirrored`: what its mirrored answers say, as JSON that
    `checks.shadow` wrote; "" where none are compared.
    """

    id: int
    environment: str
    gate: str
    state: str
    acted: str = ""
    feed: Feed | None = None
    course: str = ""
    mirrored: str = ""
