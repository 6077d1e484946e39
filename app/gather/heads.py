"""Where a pull request is, asked of GitHub at the moment somebody wants to act on it."""

from __future__ import annotations

from dataclasses import dataclass

from app.gather.rules import Connect
from app.github.errors import Denied, NotFound
from app.model import Place


@dataclass(frozen=True, slots=True)
class Heads:
    """Asks through `connect`, anew each time."""

    connect: Connect

    async def of(self, place: Place) -> str | None:
        """The head of the place's pull request, open or not; None where GitHub shows none. Raises GitHubError."""
        assert place.number is not None, "only a pull request has a head"
        try:
            return (await (await self.connect(place)).pull(place.number)).head_sha
        except (Denied, NotFound):
            return None
