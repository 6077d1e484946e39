"""The daily look: each repository's default branch is held against what has been published of its packages.

One run only says where to look. Each look is a trigger of its own, so that one repository costs no other its turn, and
what GitHub asks us to wait for waits on that lane alone. docs/fixes.md says what a look costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

from app.model import Kind, Surface, Trigger, Unread
from handlers.ports import Census

REPOSITORIES = 500  # of an installation and run: two calls each where no rules are, of at least 5,000 an hour
AT_ONCE = 4  # installations listed side by side


@dataclass(slots=True)
class DailyLook:
    """One run a call. What it remembers between runs may be lost: then a large installation begins anew."""

    census: Census
    repositories: int = REPOSITORIES
    _left_at: dict[int, str] = field(init=False, default_factory=dict)  # installation → repository to go on with

    async def __call__(self) -> tuple[Trigger, ...]:
        """A look at each repository, as many of an installation as one run may ask for."""
        found = await self.census.installations()
        if isinstance(found, Unread):
            return ()
        slots = asyncio.Semaphore(AT_ONCE)

        async def taking_turns(installation: int) -> Sequence[Trigger]:
            async with slots:
                return await self._installation(installation)

        async with asyncio.TaskGroup() as group:
            rounds = [group.create_task(taking_turns(one)) for one in found]
        return tuple(chain.from_iterable(one.result() for one in rounds))

    async def _installation(self, installation: int) -> Sequence[Trigger]:
        found = await self.census.repositories(installation)
        if isinstance(found, Unread):
            return ()
        names = sorted(found)
        start = self._left_at.pop(installation, "")
        turn = [name for name in names if name >= start] + [name for name in names if name < start]
        if len(turn) > self.repositories:
            self._left_at[installation] = turn[self.repositories]
        return [
            Trigger(Kind.REPAIR, name, installation, reason="advisories", surface=Surface.SCHEDULE)
            for name in turn[: self.repositories]
        ]
