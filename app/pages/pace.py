"""How often one person may act, in each web process."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from cachetools import TTLCache

WINDOW = 60.0  # seconds
MOST = 30
_PEOPLE = 10_000  # that are remembered; whoever is forgotten has not acted for a window, or there is a crowd


@dataclass(slots=True)
class Pace:
    """At most `most` times in WINDOW seconds. `now`: seconds of any clock that only goes forward."""

    most: int = MOST
    now: Callable[[], float] = time.monotonic
    _acted: TTLCache[Hashable, deque[float]] = field(init=False)

    def __post_init__(self) -> None:
        self._acted = TTLCache(_PEOPLE, WINDOW, timer=self.now)

    def wait(self, person: Hashable) -> float:
        """0 where they may act now, which counts; else the seconds until they may."""
        now = self.now()
        acted = self._acted.get(person) or deque[float]()
        while acted and acted[0] <= now - WINDOW:
            acted.popleft()
        if len(acted) >= self.most:
            return acted[0] + WINDOW - now
        acted.append(now)
        self._acted[person] = acted
        return 0.0
