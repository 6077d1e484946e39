"""Closed pull requests, and how long each was open: read from GitHub's list, as far as it is not known yet."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from app.gather.unread import or_unread
from app.github.client import GitHub
from app.github.closed import ClosedPull, closed_pulls
from app.model import Unread
from program.kpi.rows import Closed

READ_ONLY = {"pull_requests": "read"}


@dataclass(frozen=True, slots=True)
class ClosedPulls:
    """Asks `github`, in the name of the installation of each repository, with a token that can only read."""

    github: GitHub

    async def changed(self, repository: str, since: float, pages: int) -> tuple[Sequence[Closed], float] | Unread:
        """Those that were changed after `since` (epoch seconds), and the moment up to which all are known now.

        `pages`: of a hundred; of a longer list the newest are told of.
        """
        return await or_unread(self._changed(repository, since, pages), f"closed pull requests of {repository}")

    async def _changed(self, repository: str, since: float, pages: int) -> tuple[Sequence[Closed], float]:
        installation = await self.github.installation_of(repository)
        client = self.github.installation(installation, permissions=READ_ONLY)
        found: list[ClosedPull] = []
        async with aclosing(closed_pulls(client, repository)) as listed:
            async for page in listed:
                found += page
                pages -= 1
                if not pages or any(one.changed <= since for one in page):
                    break
        known_to = max((one.changed for one in found), default=since)
        return [_plain(one) for one in found if one.opened and one.closed], max(known_to, since)


def _plain(one: ClosedPull) -> Closed:
    return Closed(one.number, one.opened, one.closed, one.merged, one.bot, one.draft)
