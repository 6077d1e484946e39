"""What holds for all guards of this process: the kill switch, the arm, and what was set from afar."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from speclive.wire import Setting
from speclive.words import Card, Mode

SWITCH, SIDE = "MAESTRO_SPECLIVE", "MAESTRO_SPECLIVE_SIDE"
_LOOKED_AT = frozenset({"canary", "mirror"})


def forbidden() -> bool:
    """Does the environment say `MAESTRO_SPECLIVE=off`? Then nothing else counts."""
    return os.environ.get(SWITCH, "").strip().lower() in {"off", "0", "false", "no"}


@dataclass(slots=True)
class State:
    """`off`: the kill switch, here or (`off_afar`) from afar. `side`: the arm of this process: `control`, `canary`,
    `mirror` or "". `settings`: in their order; the last that fits a card counts.
    """

    off: bool = field(default_factory=forbidden)
    off_afar: bool = False
    side: str = field(default_factory=lambda: os.environ.get(SIDE, "").strip().lower())
    settings: tuple[Setting, ...] = ()

    @property
    def killed(self) -> bool:
        """Are all guards off?"""
        return self.off or self.off_afar

    def mode(self, card: Card) -> Mode:
        """What a card's guard is to do, whatever the kill switch says."""
        told = [one["mode"] for one in self.settings if "mode" in one and fnmatchcase(card.id, one["cards"])]
        return Mode(told[-1]) if told else card.mode

    def sample(self, card: Card) -> float:
        """The share of calls, 0 .. 1, that is to be looked at."""
        told = [one["sample"] for one in self.settings if "sample" in one and fnmatchcase(card.id, one["cards"])]
        return min(1.0, max(0.0, told[-1])) if told else card.sample

    def looks(self, card: Card) -> bool:
        """Is the card looked at in this process, at all?"""
        mode = self.mode(card)
        if self.killed or mode is Mode.OFF or self.sample(card) <= 0:
            return False
        return mode is not Mode.SHADOW or self.side in _LOOKED_AT


STATE = State()
