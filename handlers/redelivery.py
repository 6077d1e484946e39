"""Healing on schedule: what GitHub could not deliver to us is asked for again.

GitHub does not redeliver by itself (docs content/webhooks/using-webhooks/handling-failed-webhook-deliveries.md).
What any attempt did deliver we hold under its GUID, so GitHub's long list of successes need not be read; a dead
delivery counts as not held, and its next attempt runs it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field

from cachetools import TTLCache

from app.model import Attempt, Trigger, Unread
from handlers.ports import Hooks, Intake

ASKED = 3_600.0  # seconds before the same GUID is asked for again
WINDOW = 3 * 86_400.0  # seconds that GitHub keeps a delivery: docs .../redelivering-webhooks.md
MOST = 100  # redeliveries of one run: they arrive at once, beside everything else
PAGES = 50  # of a hundred attempts, of one run


@dataclass(slots=True)
class Redelivery:
    """One run a call. It remembers what it asked for; should that be lost, a GUID comes once too often."""

    hooks: Hooks
    intake: Intake
    now: Callable[[], float] = time.time
    most: int = MOST
    _asked: TTLCache[str, bool] = field(init=False)

    def __post_init__(self) -> None:
        self._asked = TTLCache(100_000, ASKED, timer=self.now)

    async def __call__(self) -> tuple[Trigger, ...]:
        """Ask for what was lost, the oldest first; what comes of it comes through the front door: no triggers."""
        for attempt in reversed(await self._lost()):
            self._asked[attempt.guid] = True
            refused = await self.hooks.again(attempt)
            if refused is not None and refused.limited:
                del self._asked[attempt.guid]
                break
        return ()

    async def _lost(self) -> list[Attempt]:
        """The newest attempt of each GUID that never reached us, the newest first."""
        lost: dict[str, Attempt] = {}
        arrived: set[str] = set()
        oldest = self.now() - WINDOW
        async with aclosing(self.hooks.failed()) as pages:
            for _ in range(PAGES):
                page = await anext(pages, None)
                if page is None or isinstance(page, Unread):
                    break
                arrived |= {attempt.guid for attempt in page if attempt.arrived}
                for attempt in await self._missed(page, arrived):
                    lost.setdefault(attempt.guid, attempt)
                if len(lost) >= self.most or any(attempt.at < oldest for attempt in page):
                    break
        return [attempt for attempt in lost.values() if attempt.at >= oldest][: self.most]

    async def _missed(self, attempts: Iterable[Attempt], arrived: Collection[str]) -> list[Attempt]:
        new = [one for one in attempts if one.guid not in arrived and one.guid not in self._asked]
        held = await self.intake.held([attempt.guid for attempt in new]) if new else ()
        return [attempt for attempt in new if attempt.guid not in held]
