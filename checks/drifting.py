"""A watched module as a Snapshot holds it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drifting:
    """How `module` stands: what the last look left, as JSON that `checks.drift.alarm` wrote; "" before there was one.

    `reference`: the days that it is compared with, first and last, ISO 8601; None while they are gathered.
    """

    module: str
    course: str = ""
    reference: tuple[str, str] | None = None
