"""Ticks as they arrive: what can be kept, what the gate will make of it, and how its sender is told."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from app.pages.answers import refuse
from app.store.experiments import SentTick
from app.store.fed import Fed
from checks.experiment import GateConfig, GateState, TickError, read_tick

MOST = 500  # ticks at a time: what one look of the worker takes in one step
LONGEST = 64 * 1024  # characters of one
_BROKEN = object()


@dataclass(slots=True)
class Arriving:
    """Ticks for an experiment under `gate` that stands at `state`, at time `now` (epoch seconds).

    Late and flawed ones are kept and counted by the gate. What names no time cannot be kept, and what names a time that
    the gate would not believe is not: sent again when its time has come, it counts.
    """

    gate: GateConfig
    state: GateState
    now: float
    ticks: list[SentTick] = field(default_factory=list)
    places: list[int] = field(default_factory=list)  # of `ticks`, among all that was sent
    future: list[int] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    flawed: list[dict[str, Any]] = field(default_factory=list)
    unreadable: list[dict[str, Any]] = field(default_factory=list)

    def take(self, place: int, sent: object) -> None:
        """Sort in the one at `place`."""
        try:
            tick, flaws = read_tick(sent, self.gate)
            kept = SentTick(tick.t, sent)
            if len(kept.body) > LONGEST:
                raise TickError(f"longer than {LONGEST} characters")
        except TickError as error:
            self.unreadable.append({"tick": place, "reason": "not JSON" if sent is _BROKEN else str(error)})
            return
        if tick.t > self.now + self.gate.tick_seconds:
            self.future.append(place)
            return
        if flaws:
            self.flawed.append({"tick": place, "reason": flaws[0]})
        if tick.t <= self._frontier:
            self.late.append(place)
        self.ticks.append(kept)
        self.places.append(place)

    @property
    def _frontier(self) -> float:
        """Ticks up to this time are settled."""
        return max(self.now, self.state.newest or 0.0) - self.gate.watermark_seconds

    def answer(self, fed: Fed) -> dict[str, Any]:
        """What became of all, once they were `fed`; ticks are named by their place, from 0."""
        again = {self.places[place] for place in fed.duplicate}
        return {
            "accepted": len(fed.accepted),
            "duplicate": len(fed.duplicate),
            "differing": [self.places[place] for place in fed.differing],
            "future": self.future,
            "late": [place for place in self.late if place not in again],
            "flawed": [one for one in self.flawed if one["tick"] not in again],
            "unreadable": self.unreadable,
        }


def sent_in(content: bytes) -> list[object]:
    """The ticks in a body: one object, a list, or one a line. Answers 400 or 413 for any other."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        refuse(400, "the body is not UTF-8 text")
    try:
        whole: object = json.loads(text)
    except (ValueError, RecursionError):
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) < 2:
            refuse(400, "send one tick, a JSON list of ticks, or one a line")
        whole = [_read(line) for line in lines]
    ticks = whole if isinstance(whole, list) else [whole]
    if len(ticks) > MOST:
        refuse(413, f"more than {MOST} ticks at a time")
    return ticks


def _read(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return _BROKEN
