"""What Spec Cards saw of a canary and of what serves beside it, as a test says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

START = 1_700_000_010.0


@dataclass(frozen=True, slots=True)
class Slots:
    """By seconds after START, how often clauses were evaluated and violated until then."""

    control: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    canary: Mapping[int, tuple[int, int]] = field(default_factory=dict)

    async def of_canary(self, repository: str, sha: str, start: float, end: float) -> Sequence[tuple[float, int, int]]:
        return [(START + at, *counts) for at, counts in self.canary.items() if start < START + at <= end]

    async def of_control(self, repository: str, sha: str, start: float, end: float) -> Sequence[tuple[float, int, int]]:
        return [(START + at, *counts) for at, counts in self.control.items() if start < START + at <= end]
