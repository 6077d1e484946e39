"""What one part of the campaign did, what it found broken, and what it measured."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Report:
    """One part. `holds`: its invariants, in words; `figures`: seconds, or whatever `name` says, one a measurement."""

    part: str
    holds: tuple[str, ...] = ()
    counts: Counter[str] = field(default_factory=Counter)
    figures: dict[str, list[float]] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def measured(self, name: str, value: float) -> None:
        """Keep one measurement."""
        self.figures.setdefault(name, []).append(value)

    def broken(self, found: Iterable[str]) -> None:
        """Keep what does not hold."""
        self.violations.extend(found)

    def lines(self) -> Iterable[str]:
        """The report in words."""
        yield f"== {self.part}: {'BROKEN' if self.violations else 'holds'}"
        yield "   " + ", ".join(f"{count:,} {name}" for name, count in self.counts.items())
        yield from (f"   {'?' if self.violations else 'yes'}: {what}" for what in self.holds)
        yield from (f"   {name}: {_told(values)}" for name, values in self.figures.items())
        yield from (f"   VIOLATION: {what}" for what in self.violations)


def say(text: str) -> None:
    """Tell how far we are, apart from the report."""
    print(text, file=sys.stderr, flush=True)


def _told(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.2f} (n = 1)"
    ordered = sorted(values)
    return f"median {ordered[len(ordered) // 2]:.2f}, worst {ordered[-1]:.2f} (n = {len(ordered)})"
