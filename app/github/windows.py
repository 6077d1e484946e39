"""The sliding windows over writes, and a ledger in memory: for one process and no longer than it lives.

It serves where nobody else speaks in the same name: a given token, `maestro check`, the tests.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from app.github.limits import WRITES_PER_HOUR, WRITES_PER_MINUTE
from app.github.pacing import Standing

MINUTE = 60.0
HOUR = 3_600.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Writes in any minute, and in any hour. `leeway`: seconds by which that minute is longer."""

    per_minute: int = WRITES_PER_MINUTE
    per_hour: int = WRITES_PER_HOUR
    leeway: float = 0.0

    @property
    def windows(self) -> tuple[tuple[int, float], ...]:
        """How many writes in how many seconds."""
        return (self.per_minute, MINUTE + self.leeway), (self.per_hour, HOUR)


GITHUBS = Limits(leeway=2.0)
"""GitHub counts when a write arrives, and one may be longer on its way than the next: without leeway the campaign's
burst showed it 82 in a minute."""


@dataclass(slots=True)
class _Page:
    """One installation: when it wrote, oldest first, and its silence."""

    wrote: deque[float] = field(default_factory=deque)
    until: float = 0.0
    strikes: int = 0


@dataclass(frozen=True, slots=True)
class MemoryLedger:
    """An `app.github.pacing.Ledger` in memory. `now`: seconds that never go back."""

    now: Callable[[], float]
    limits: Limits = GITHUBS
    _pages: defaultdict[int, _Page] = field(default_factory=lambda: defaultdict(_Page))

    async def reserve(self, installation: int) -> float:
        """Take a slot and return 0, or the seconds until there may be one."""
        now, wrote = self.now(), self._pages[installation].wrote
        delay = max(
            wrote[-count] + window - now if len(wrote) >= count else 0.0 for count, window in self.limits.windows
        )
        if delay > 0:
            return delay
        while wrote and wrote[0] + HOUR <= now:
            wrote.popleft()
        wrote.append(now)
        return 0.0

    async def silence(self, installation: int, seconds: float, strikes: int) -> None:
        """Nobody may call for so long."""
        page = self._pages[installation]
        page.until, page.strikes = max(page.until, self.now() + seconds), max(page.strikes, strikes)

    async def forgive(self, installation: int) -> None:
        """No strikes, unless it must be silent now."""
        page = self._pages[installation]
        if page.until <= self.now():
            page.strikes = 0

    async def standing(self, installation: int) -> Standing:
        """How it stands."""
        now, page = self.now(), self._pages[installation]
        minute, hour = (sum(at + window > now for at in page.wrote) for window in (MINUTE, HOUR))
        return Standing(minute, hour, max(page.until - now, 0.0), page.strikes, page.until)

    async def standings(self) -> dict[int, Standing]:
        """How they all stand."""
        every = {installation: await self.standing(installation) for installation in list(self._pages)}
        return {installation: one for installation, one in every.items() if one.hour or one.silent}
