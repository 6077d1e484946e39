"""Healing on schedule: what GitHub could not deliver to us is asked for again.

GitHub does not redeliver by itself (docs content/webhooks/using-webhooks/handling-failed-webhook-deliveries.md).
What any attempt did deliver we hold under its GUID, so GitHub's long list of successes need not be read; a dead
delivery counts as not held, and its next attempt runs it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from cachetools import TTLCache

from app.model import Attempt, Trigger, Unread
from handlers.ports import Hooks, Intake

ASKED = 3_600.0  # seconds before a GUID is asked for again of which nothing more was heard
AGAIN = 30.0  # the same when the attempt that was asked for has failed as well; doubled each time, up to ASKED
WINDOW = 3 * 86_400.0  # seconds that GitHub keeps a delivery: docs .../redelivering-webhooks.md
MOST = 100  # redeliveries of one run: they arrive at once, beside everything else
PAGES = 50  # of a hundred attempts, of one run


@dataclass(frozen=True, slots=True)
class _Asked:
    """A GUID that was asked for, `times` in a row, the last time by its attempt `attempt`."""

    attempt: int
    at: float
    times: int

    def patience(self, newest: int) -> float:
        """Seconds to wait, given the newest attempt in GitHub's log: is it still the one that we asked for?"""
        return ASKED if newest == self.attempt else min(ASKED, AGAIN * 2.0 ** (self.times - 1))


@dataclass(slots=True)
class Redelivery:
    """One run a call. It remembers what it asked for; should that be lost, a GUID comes once too often."""

    hooks: Hooks
    intake: Intake
    now: Callable[[], float] = time.time
    most: int = MOST
    _asked: TTLCache[str, _Asked] = field(init=False)

    def __post_init__(self) -> None:
        self._asked = TTLCache(100_000, 2 * ASKED, timer=self.now)

    async def __call__(self) -> tuple[Trigger, ...]:
        """Ask for what was lost, the oldest first; what comes of it comes through the front door: no triggers."""
        for attempt in reversed(await self._lost()):
            refused = await self.hooks.again(attempt)
            if refused is not None and refused.limited:
                break
            before = self._asked.get(attempt.guid)
            self._asked[attempt.guid] = _Asked(attempt.id, self.now(), before.times + 1 if before else 1)
        return ()

    async def _lost(self) -> list[Attempt]:
        """The newest attempt of each GUID that never reached us and is to be asked for now, the newest first."""
        lost: dict[str, Attempt] = {}
        seen: set[str] = set()
        oldest = self.now() - WINDOW
        async with aclosing(self.hooks.failed()) as pages:
            for _ in range(PAGES):
                page = await anext(pages, None)
                if page is None or isinstance(page, Unread):
                    break
                for attempt in await self._missed(page, seen):
                    lost[attempt.guid] = attempt
                if len(lost) >= self.most or any(attempt.at < oldest for attempt in page):
                    break
        return [attempt for attempt in lost.values() if attempt.at >= oldest][: self.most]

    async def _missed(self, page: Sequence[Attempt], seen: set[str]) -> list[Attempt]:
        """Those of `page` whose GUID none of the `seen`, newer attempts has settled. What is looked at is `seen`."""
        arrived = {attempt.guid for attempt in page if attempt.arrived}
        newest = {attempt.guid: attempt for attempt in reversed(page) if attempt.guid not in seen | arrived}
        seen |= arrived | newest.keys()
        due = [attempt for attempt in reversed(newest.values()) if self._due(attempt)]
        held = await self.intake.held([attempt.guid for attempt in due]) if due else ()
        return [attempt for attempt in due if attempt.guid not in held]

    def _due(self, newest: Attempt) -> bool:
        asked = self._asked.get(newest.guid)
        return asked is None or self.now() - asked.at >= asked.patience(newest.id)
