"""How long pull requests are open: GitHub's list of closed ones is read once a day of each repository.

The time before the App came is in that list too, and nowhere in what we keep. docs/kpi.md tells what is made of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.model import Trigger, Unread
from program.kpi.rows import Closed

REPOSITORIES = 20  # of one run: with a look for the installation and its pages, 220 calls, of at least 5,000 an hour
PAGES = 10  # of a hundred pull requests, of one repository and run


class Lists(Protocol):
    """GitHub's lists of closed pull requests."""

    async def changed(self, repository: str, since: float, pages: int) -> tuple[Sequence[Closed], float] | Unread:
        """Those that were changed after `since` (epoch seconds), and up to when all are known now."""


class Times(Protocol):
    """What is kept of them."""

    async def due(self, most: int) -> Sequence[tuple[str, float]]:
        """Repositories whose list was not read for a day, and up to when each is known."""

    async def keep(self, repository: str, found: Sequence[Closed], known_to: float) -> None:
        """What the list said; the repository is due again in a day."""


@dataclass(frozen=True, slots=True)
class Timing:
    """One run a call; what is due is known from the database, so that nothing is asked where nothing is judged."""

    lists: Lists
    times: Times

    async def __call__(self) -> tuple[Trigger, ...]:
        """Read the lists that are due. One that cannot be read waits for the next day; where GitHub asks for silence,
        the rest waits for the next run.
        """
        for repository, known in await self.times.due(REPOSITORIES):
            found = await self.lists.changed(repository, known, PAGES)
            if not isinstance(found, Unread):
                await self.times.keep(repository, *found)
            elif found.limited:
                break
            else:
                await self.times.keep(repository, (), known)
        return ()
