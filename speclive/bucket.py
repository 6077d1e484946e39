"""A token bucket: so many a second, and no more than that at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock


class Bucket:
    """Gives `rate` tokens a second. It never waits: where two ask at the same moment, one of them gets none."""

    __slots__ = ("_at", "_lock", "_now", "_rate", "_tokens")

    def __init__(self, rate: float, now: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._now, self._lock = rate, now, Lock()
        self._tokens, self._at = rate, now()

    def take(self) -> bool:
        """Was there a token?"""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            now = self._now()
            self._tokens = min(self._rate, self._tokens + (now - self._at) * self._rate)
            self._at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
        finally:
            self._lock.release()
