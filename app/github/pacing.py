"""Pacing: what one installation may still ask of GitHub, and when. Shared by all calls in its name.

Limits: docs.github.com "Rate limits for the REST API": 80 content writes a minute, 500 an hour, few requests
at once, and silence until `retry-after` once GitHub has said stop (an App that goes on may be banned).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from app.github.clock import Clock
from app.github.errors import RateLimited
from app.github.limits import WRITES_PER_HOUR, WRITES_PER_MINUTE
from app.github.retry import Fault, silence

MINUTE = 60.0
HOUR = 3_600.0


class Patience:
    """The seconds that one call may still spend waiting."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._left = seconds
        self._clock = clock

    def affords(self, seconds: float) -> bool:
        return seconds <= self._left

    async def wait(self, seconds: float) -> None:
        """Sleep at least `seconds`; whoever cannot afford them must not call this."""
        self._left -= seconds
        await self._clock.sleep(seconds)


class Pace:
    """Two sliding windows over writes. Slots, for now or for later, are granted in the order of asking."""

    def __init__(
        self,
        steady: Callable[[], float],
        per_minute: int = WRITES_PER_MINUTE,
        per_hour: int = WRITES_PER_HOUR,
    ) -> None:
        self._steady = steady
        self._per_minute = per_minute
        self._per_hour = per_hour
        self._granted: deque[float] = deque(maxlen=max(per_minute, per_hour))

    def delay(self) -> float:
        """Seconds until a write asked for now may go."""
        return max(self._next() - self._steady(), 0.0)

    def grant(self) -> None:
        """Take the slot that `delay` named."""
        self._granted.append(self._next())

    def _next(self) -> float:
        return max(
            self._steady(),
            self._after(self._per_minute, MINUTE),
            self._after(self._per_hour, HOUR),
        )

    def _after(self, count: int, window: float) -> float:
        """The moment at which the `count`-th last slot leaves the window."""
        return self._granted[-count] + window if len(self._granted) >= count else 0.0


class Budget:
    """One installation's standing with GitHub: its pace of writes, its silence, its requests in flight."""

    def __init__(self, clock: Clock, concurrency: int, pace: Pace | None) -> None:
        self._clock = clock
        self._slots = asyncio.Semaphore(concurrency)
        self._blocked_until = 0.0
        self._strikes = 0
        self.pace = pace  # None: writes of this identity are not content (tokens, redeliveries)

    @property
    def blocked_for(self) -> float:
        """Seconds in which nobody may call; 0 when all is well."""
        return max(self._blocked_until - self._clock.steady(), 0.0)

    def block(self, fault: Fault) -> None:
        """GitHub said stop. A silence already longer than this one stays."""
        if fault.asked is None and not self.blocked_for:  # calls that were in flight together are one strike
            self._strikes += 1
        until = self._clock.steady() + silence(fault, max(self._strikes, 1))
        self._blocked_until = max(self._blocked_until, until)

    def forgive(self) -> None:
        """GitHub answered a call as usual; one that was under way before the silence proves nothing."""
        if not self.blocked_for:
            self._strikes = 0

    @asynccontextmanager
    async def turn(self, call: str, patience: Patience, *, writes: bool) -> AsyncIterator[None]:
        """Hold a slot while the request is in flight. RateLimited when the wait would outlast `patience`."""
        await self._outwait(call, patience)
        if writes and self.pace:
            await self._keep_pace(self.pace, call, patience)
        await self._slot(call, patience)
        try:
            yield
        finally:
            self._slots.release()

    async def _keep_pace(self, pace: Pace, call: str, patience: Patience) -> None:
        delay = pace.delay()
        if not patience.affords(delay):
            raise RateLimited(call, 0, "our own pace of writes", retry_after=delay)
        pace.grant()
        if delay:
            await patience.wait(delay)

    async def _slot(self, call: str, patience: Patience) -> None:
        """Take a slot once nobody is told to be silent; a silence that began while we queued counts too."""
        while True:
            await self._outwait(call, patience)
            await self._slots.acquire()
            if not self.blocked_for:
                return
            self._slots.release()

    async def _outwait(self, call: str, patience: Patience) -> None:
        while left := self.blocked_for:
            if not patience.affords(left):
                raise RateLimited(call, 0, "GitHub asked this installation to wait", retry_after=left)
            # late by a draw, never early: the waiting calls must not all return in one moment
            await patience.wait(left + self._clock.draw())
