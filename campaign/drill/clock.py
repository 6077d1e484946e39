"""A clock that runs too fast: everything that is told in seconds is told in so many times fewer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """`scale` seconds of the drill pass in one of ours. Counts of requests a tick stay what they are."""

    scale: float

    def ours(self, drilled: float) -> float:
        """Our seconds in which so many of the drill pass."""
        return drilled / self.scale

    def drilled(self, ours: float) -> float:
        """Seconds of the drill that pass in so many of ours."""
        return ours * self.scale
