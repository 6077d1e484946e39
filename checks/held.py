"""A guarded experiment as a Snapshot holds it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Experiment:
    """One on the head: its rules and where it stands, both as JSON that `checks.experiment` wrote.

    `acted`: what became of its consequences; "" while they are owed.
    """

    id: int
    environment: str
    gate: str
    state: str
    acted: str = ""
