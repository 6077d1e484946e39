"""How pull requests of ours, and those that they are for, stand on GitHub now; and files of a commit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from app.gather.files import from_github
from app.gather.rules import Connect
from app.github.errors import NotFound
from app.model import Place, Proposal
from checks.model import Document
from checks.sbom.manifests import MAX_BYTES

AGAIN = 3  # times that GitHub is asked again whether a pull request merges


@dataclass(frozen=True, slots=True)
class Proposed:
    """Asks GitHub each time: what a webhook said may have been lost, or be of yesterday."""

    connect: Connect
    pause: float = 2.0  # seconds

    async def of(self, place: Place, number: int) -> Proposal | None:
        """How pull request `number` stands; None when it is gone."""
        try:
            pull = await (await self.connect(place)).pull(number)
        except NotFound:
            return None
        return Proposal(pull.state == "open", pull.merged, pull.head_sha, pull.mergeable, pull.base_ref)

    async def merging(self, place: Place, number: int) -> Proposal | None:
        """The same, and whether it merges. GitHub finds that out once it is asked (docs "Get a pull request"), so it is
        asked again after a pause; None where it takes longer.
        """
        now = await self.of(place, number)
        for _ in range(AGAIN):
            if now is None or not now.open or now.merges is not None:
                break
            await asyncio.sleep(self.pause)
            now = await self.of(place, number)
        return now

    async def from_branch(self, place: Place, branch: str) -> tuple[int, ...]:
        """The open pull requests of this repository's own `branch`."""
        every = await (await self.connect(place)).pulls_of_branch(branch)
        return tuple(pull.number for pull in every if pull.state == "open")

    async def documents(self, place: Place, paths: Sequence[str], sha: str) -> tuple[Document, ...]:
        """The text files at `paths` of commit `sha` that are there and can be read."""
        read = from_github(await self.connect(place))
        found = [await read(path, sha, MAX_BYTES) for path in paths]
        return tuple(one for one in found if one is not None and one.missing is None)
