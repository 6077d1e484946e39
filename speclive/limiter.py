"""What the guards of one function cost, of its own time, and which share of the calls they may look at for that.

Guards are timed on few calls, less what the watch itself takes. The clock is that on the wall: it is read without
asking the kernel, which would take longer than the guard and leave its code cold. Other threads run in between of few
calls, and the median does not mind.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from statistics import median

BUDGET = 0.01  # of the call's own time
FLOOR = 3_000.0  # ns that are granted whatever the call takes: the budget of a call of 0.3 ms
ENOUGH, MOST = 8, 64  # timed calls to judge by, the newest
LASTING = 0.5  # seconds that they are spread over: a machine that is slow for a moment says nothing
SLACK = 1.25  # so much cheaper than granted before more calls are looked at: a measure wavers
LEAST = 1 / 4096  # of the calls


class Limiter:
    """Of one wrapper. `share`: of the calls that may be looked at, 1.0 as long as the guards are cheap enough.
    `changed` is called when it is another.
    """

    __slots__ = ("_changed", "_now", "_since", "_timed", "share")

    def __init__(self, changed: Callable[[], None], now: Callable[[], float] = time.monotonic) -> None:
        self.share, self._changed, self._now = 1.0, changed, now
        self._timed: deque[tuple[float, float]] = deque(maxlen=MOST)
        self._since = now()

    def timed(self, cost: float, took: float) -> None:
        """One call: ns of the guards, and of the call."""
        self._timed.append((cost, took))
        now = self._now()
        if len(self._timed) >= ENOUGH and now - self._since >= LASTING:
            timed = tuple(self._timed)
            self._timed.clear()
            self._since = now
            self._judge(median(one[0] for one in timed), median(one[1] for one in timed))

    def _judge(self, cost: float, took: float) -> None:
        before, granted = self.share, max(FLOOR, BUDGET * took)
        if cost > granted:
            self.share = max(LEAST, granted / cost)
        elif self.share < 1.0 and cost * SLACK < granted:
            self.share = 1.0
        if self.share != before:
            self._changed()


class Stopwatch:
    """Times one call of a wrapper, which says where it is."""

    __slots__ = ("_at", "_cost", "_limiter", "_took")

    def __init__(self, limiter: Limiter) -> None:
        self._limiter, self._cost, self._took = limiter, 0, 0
        self._at = time.perf_counter_ns()

    def called(self) -> None:
        """Before the call."""
        self._cost += time.perf_counter_ns() - self._at
        self._took = time.perf_counter_ns()

    def returned(self) -> None:
        """After the call."""
        self._took = time.perf_counter_ns() - self._took
        self._at = time.perf_counter_ns()

    def done(self) -> None:
        """At the end."""
        self._cost += time.perf_counter_ns() - self._at
        self._limiter.timed(self._cost - self._own(), self._took)

    def _own(self) -> int:
        """What a watch itself takes on this machine at this moment, ns."""
        return min(self._nothing() for _ in range(3))

    def _nothing(self) -> int:
        watch = Stopwatch(self._limiter)
        watch.called()
        watch.returned()
        return watch._cost + time.perf_counter_ns() - watch._at
