"""Beside whatever source an experiment has: what Spec Cards saw on either side, from our own storage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.model import Canary
from app.sources import NoSeries, Reading, Source, Window
from checks.experiment import Side
from checks.experiment.design import Design
from checks.experiment.watched import of_guards

Slot = tuple[float, int, int]
"""When it ended (epoch seconds), and how often clauses were evaluated and violated in it."""


class GuardSlots(Protocol):
    """Says what was counted between two moments, epoch seconds."""

    async def of_canary(self, repository: str, sha: str, start: float, end: float) -> Sequence[Slot]:
        """By processes that say that they are the canary of this commit."""

    async def of_control(self, repository: str, sha: str, start: float, end: float) -> Sequence[Slot]:
        """By all others, in the environments in which that canary runs."""


@dataclass(frozen=True, slots=True)
class Guarding:
    """A source: `speclive:canary:violated` and the like it answers itself, whatever else `other` does."""

    other: Source
    slots: GuardSlots
    canary: Canary

    def check(self, side: Side, seconds: float) -> None:
        """As the other, of what it is to answer."""
        if not of_guards(side):
            self.other.check(side, seconds)

    async def count(self, design: Design, side: Side, window: Window) -> Reading:
        """A tick in which nobody told anything is missing. Raises NoSeries where nobody did in any."""
        if not of_guards(side):
            return await self.other.count(design, side, window)
        names = {name: str(text).rpartition(":")[2] for name, text in side.counters.items()}
        label = str(next(iter(side.counters.values()))).split(":")[1]
        found = self.slots.of_canary if label == "canary" else self.slots.of_control
        slots = await found(self.canary.repository, self.canary.sha, max(window.start, window.since), window.end)
        if not slots:
            raise NoSeries(f"no guarded process of the {label} told anything")
        ticks = _ticks(slots, window)
        place = {"evaluated": 0, "violated": 1}
        counts = {
            name: tuple(None if tick is None else tick[place[what]] for tick in ticks) for name, what in names.items()
        }
        return Reading(counts, dict.fromkeys(counts, 1), resets=0, unplaced=0)


def _ticks(slots: Sequence[Slot], window: Window) -> list[tuple[int, int] | None]:
    """What was evaluated and violated in each tick; None where no slot ended in it."""
    ticks: list[tuple[int, int] | None] = [None] * window.ticks
    for at, evaluated, violated in slots:
        place = window.tick(at)
        if place is not None:
            before = ticks[place] or (0, 0)
            ticks[place] = before[0] + evaluated, before[1] + violated
    return ticks
