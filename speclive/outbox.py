"""Reports that wait to be sent: few enough to hold in memory, packed once, and given up from the oldest on."""

from __future__ import annotations

import gzip
import json
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from speclive.wire import Report

MOST = 64
"""Reports that wait: ten minutes without an answer."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A report as it is sent, the same bytes each time. `dropped`: how many before it it says were given up."""

    id: str
    body: bytes
    dropped: int


class Outbox:
    """The queue of one process. Its owner sees to it that one thread at a time uses it."""

    def __init__(self, most: int = MOST) -> None:
        self._waiting: deque[Packed] = deque()
        self._most = most
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, report: Report) -> None:
        """Add a report; where there is no room, the oldest goes, and the next report says so."""
        while len(self._waiting) >= self._most:
            self.drop()
        if self.dropped:
            report["dropped"] = self.dropped
        text = json.dumps(report, separators=(",", ":"), allow_nan=False, default=str)
        self._waiting.append(Packed(report["id"], gzip.compress(text.encode(), 6, mtime=0), self.dropped))
        self.dropped = 0

    def head(self) -> Packed | None:
        """The one to be sent next."""
        return self._waiting[0] if self._waiting else None

    def sent(self) -> None:
        """The head has arrived."""
        self._waiting.popleft()

    def drop(self) -> None:
        """Give the head up, and with it what it would have said of others."""
        self.dropped += 1 + self._waiting.popleft().dropped


class Pace:
    """When to try again: after 1, 2, 4, ... 300 seconds, a part of it by chance, or when the server says."""

    def __init__(self, chance: Callable[[], float] = random.random, longest: float = 300.0) -> None:
        self._chance = chance
        self._longest = longest
        self._failures = 0
        self._until = float("-inf")
        self.asked = False

    def failed(self, now: float, wait: float | None = None) -> None:
        """It did not work at `now`; the server asked to `wait` that many seconds, or did not say."""
        self._failures += 1
        self.asked = wait is not None
        longest = min(self._longest, 2.0 ** min(self._failures - 1, 16))
        self._until = now + (longest * (0.5 + self._chance() / 2) if wait is None else wait)

    def worked(self) -> None:
        """The next one may go at once."""
        self._failures, self._until, self.asked = 0, float("-inf"), False

    def hurry(self) -> None:
        """Somebody waits: try at once, unless the server asked for patience."""
        if not self.asked:
            self._until = float("-inf")

    def rest(self, now: float) -> float:
        """The seconds until the next try, 0 where it may be made."""
        return max(0.0, self._until - now)
