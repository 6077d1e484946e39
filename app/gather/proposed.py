"""How pull requests of ours, and those that they are for, stand on GitHub now; and files of a commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.gather.files import from_github
from app.gather.rules import Connect
from app.github.errors import NotFound
from app.model import Place, Proposal
from checks.model import Document
from checks.sbom.manifests import MAX_BYTES


@dataclass(frozen=True, slots=True)
class Proposed:
    """Asks GitHub each time: what a webhook said may have been lost, or be of yesterday."""

    connect: Connect

    async def of(self, place: Place, number: int) -> Proposal | None:
        """How pull request `number` stands; None when it is gone."""
        try:
            pull = await (await self.connect(place)).pull(number)
        except NotFound:
            return None
        return Proposal(pull.state == "open", pull.merged, pull.head_sha)

    async def documents(self, place: Place, paths: Sequence[str], sha: str) -> tuple[Document, ...]:
        """The text files at `paths` of commit `sha` that are there and can be read."""
        read = from_github(await self.connect(place))
        found = [await read(path, sha, MAX_BYTES) for path in paths]
        return tuple(one for one in found if one is not None and one.missing is None)
