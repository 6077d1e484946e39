"""The last look before a deed: is the head that it was decided on still the head?"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from app.github.errors import NotFound
from app.github.repository import Repository


@dataclass(frozen=True, slots=True)
class Fence:
    """Asks GitHub anew each time, so that a worker that was away too long does nothing on an old head's behalf.

    Whether the pull request is open matters to what puts a change into service, and to nothing else: whoever closes it
    unmerged has taken it back.
    """

    repository: Repository
    number: int | None

    async def passes(self, head_sha: str) -> bool:
        """Is `head_sha` still the head? Without a pull request there is none that could move."""
        if self.number is None:
            return True
        try:
            return (await self.repository.pull(self.number)).head_sha == head_sha
        except NotFound:
            return False

    async def wanted(self, head_sha: str) -> bool:
        """The same, and is the pull request open or merged?"""
        if self.number is None:
            return True
        try:
            pull = await self.repository.pull(self.number)
        except NotFound:
            return False
        return pull.head_sha == head_sha and (pull.merged or pull.state == "open")


def mark(text: str) -> str:
    """A short name made of `text`: fit for a key, for an input and for a title, and the same each time."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
