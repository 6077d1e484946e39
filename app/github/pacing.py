"""Pacing: what one installation may still ask of GitHub, and when. Shared by all calls in its name.

Limits: docs.github.com "Rate limits for the REST API": 80 content writes a minute, 500 an hour, few requests
at once, and silence until `retry-after` once GitHub has said stop (an App that goes on may be banned).
GitHub counts by installation, not by process: what has been used stands in a `Ledger` that all workers share.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from app.github.clock import Clock
from app.github.errors import RateLimited, Unavailable
from app.github.retry import Fault, silence

HEARSAY = 1.0  # seconds for which what the ledger said of a silence is believed


class LedgerAway(Exception):
    """The ledger cannot be read or written now; no slot was taken that anybody may use."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a ledger knows of one installation. `until` names its latest silence, by the ledger's own clock."""

    minute: int = 0  # writes in the last minute
    hour: int = 0  # writes in the last hour
    silent: float = 0.0  # seconds in which nobody may call; 0 when all is well
    strikes: int = 0  # limits in a row that named no time
    until: float = 0.0


NOTHING = Standing()


class Ledger(Protocol):
    """Who wrote when, and who must be silent. It has its own clock, so that those who share it need not agree.

    Every method may raise LedgerAway.
    """

    async def reserve(self, installation: int) -> float:
        """Take one slot in both windows and return 0; or take none, and return the seconds until one may be free."""

    async def silence(self, installation: int, seconds: float, strikes: int) -> None:
        """GitHub said stop, for so long. A longer silence stays, and so do more strikes."""

    async def forgive(self, installation: int) -> None:
        """GitHub answers as usual: the strikes are over, unless somebody was silenced meanwhile."""

    async def standing(self, installation: int) -> Standing:
        """How one installation stands."""

    async def standings(self) -> dict[int, Standing]:
        """How every installation stands that has written within the hour or must be silent."""


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A ledger in which writes are no content: those of the App itself, tokens and redeliveries."""

    ledger: Ledger

    async def reserve(self, installation: int) -> float:
        """There is always a slot."""
        return 0.0

    async def silence(self, installation: int, seconds: float, strikes: int) -> None:
        """As any other."""
        await self.ledger.silence(installation, seconds, strikes)

    async def forgive(self, installation: int) -> None:
        """As any other."""
        await self.ledger.forgive(installation)

    async def standing(self, installation: int) -> Standing:
        """As any other."""
        return await self.ledger.standing(installation)

    async def standings(self) -> dict[int, Standing]:
        """As any other."""
        return await self.ledger.standings()


class Patience:
    """The seconds that one call may still spend waiting."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._left = seconds
        self._clock = clock

    def affords(self, seconds: float) -> bool:
        return seconds <= self._left

    def spend(self, seconds: float) -> None:
        """So long was waited elsewhere."""
        self._left -= seconds

    async def wait(self, seconds: float) -> None:
        """Sleep at least `seconds`; whoever cannot afford them must not call this."""
        self.spend(seconds)
        await self._clock.sleep(seconds)


@contextmanager
def _or_unavailable(call: str) -> Iterator[None]:
    """Without the ledger nothing was sent, and the call may be made again."""
    try:
        yield
    except LedgerAway:
        raise Unavailable(call, 0, "the write budget cannot be reached") from None


def _unheard(_standing: Standing) -> None:
    """Nobody watches this budget."""


class Budget:
    """One installation's standing with GitHub, as this process sees it: its page of the ledger, its requests in flight.

    A read costs no word with the ledger, but that a silence is asked for once in `HEARSAY` seconds. Silences are then
    counted down on the steady clock: a wall clock that is set back makes none of them longer.
    """

    def __init__(
        self,
        clock: Clock,
        concurrency: int,
        ledger: Ledger,
        installation: int,
        watch: Callable[[Standing], None] = _unheard,
    ) -> None:
        self._clock = clock
        self._slots = asyncio.Semaphore(concurrency)
        self._ledger = ledger
        self._installation = installation
        self._watch = watch
        self._queue = asyncio.Lock()  # first come, first served
        self._asking = asyncio.Lock()
        self._asked_at = float("-inf")
        self._heard = 0.0  # the silence that was last counted in
        self._blocked_until = 0.0
        self._strikes = 0

    @property
    def blocked_for(self) -> float:
        """Seconds in which nobody may call; 0 when all is well."""
        return max(self._blocked_until - self._clock.steady(), 0.0)

    async def block(self, fault: Fault) -> None:
        """GitHub said stop. A silence already longer than this one stays.

        This process heeds it even while the ledger is away; the others will be told by GitHub.
        """
        if fault.asked is None and not self.blocked_for:  # calls that were in flight together are one strike
            self._strikes += 1
        seconds = silence(fault, max(self._strikes, 1))
        self._blocked_until = max(self._blocked_until, self._clock.steady() + seconds)
        with suppress(LedgerAway):
            await self._ledger.silence(self._installation, seconds, self._strikes)

    async def forgive(self) -> None:
        """GitHub answered a call as usual; one that was under way before the silence proves nothing."""
        if self._strikes and not self.blocked_for:
            self._strikes = 0
            with suppress(LedgerAway):  # the call was answered, and its answer must not be lost over this
                await self._ledger.forgive(self._installation)

    @asynccontextmanager
    async def turn(self, call: str, patience: Patience, *, writes: bool) -> AsyncIterator[None]:
        """Hold a slot while the request is in flight. RateLimited when the wait would outlast `patience`.

        Unavailable when the ledger is away: nobody writes, or ends a silence, on a guess.
        """
        await self._outwait(call, patience)
        if writes:
            await self._keep_pace(call, patience)
        await self._slot(call, patience)
        try:
            yield
        finally:
            self._slots.release()

    async def _silence(self, call: str) -> float:
        """Seconds in which nobody may call, as far as any worker has learned."""
        if self._stale:
            async with self._asking:
                await self._listen(call)
        return self.blocked_for

    async def _listen(self, call: str) -> None:
        if self._stale:  # nobody asked while we queued
            with _or_unavailable(call):
                self._learn(await self._ledger.standing(self._installation))
            self._asked_at = self._clock.steady()

    @property
    def _stale(self) -> bool:
        return self._clock.steady() - self._asked_at >= HEARSAY

    def _learn(self, standing: Standing) -> None:
        if standing.until != self._heard:
            self._heard = standing.until
            self._blocked_until = max(self._blocked_until, self._clock.steady() + standing.silent)
        self._strikes = standing.strikes
        self._watch(standing)

    async def _keep_pace(self, call: str, patience: Patience) -> None:
        came = self._clock.steady()
        async with self._queue:  # whoever waits for a slot waits for all behind: none of them could have one either
            patience.spend(self._clock.steady() - came)
            while delay := await self._reserve(call):
                if not patience.affords(delay):
                    raise RateLimited(call, 0, "our own pace of writes", retry_after=delay)
                await patience.wait(delay)

    async def _reserve(self, call: str) -> float:
        with _or_unavailable(call):
            return await self._ledger.reserve(self._installation)

    async def _slot(self, call: str, patience: Patience) -> None:
        """Take a slot once nobody is told to be silent; a silence that began while we queued counts too."""
        while True:
            await self._outwait(call, patience)
            await self._slots.acquire()
            if not self.blocked_for:
                return
            self._slots.release()

    async def _outwait(self, call: str, patience: Patience) -> None:
        while left := await self._silence(call):
            if not patience.affords(left):
                raise RateLimited(call, 0, "GitHub asked this installation to wait", retry_after=left)
            # late by a draw, never early: the waiting calls must not all return in one moment
            await patience.wait(left + self._clock.draw())
