"""Which client speaks for a place."""

from __future__ import annotations

from cachetools import TTLCache

from app.github.client import GitHub
from app.github.repository import Repository
from app.model import Place

_KEPT = 300.0  # seconds that an answer to "which installation?" is believed


class Connector:
    """Finds the client for a place; where the event named no installation, GitHub is asked, and believed a while."""

    def __init__(self, github: GitHub) -> None:
        self._github = github
        self._known: TTLCache[str, int] = TTLCache(maxsize=10_000, ttl=_KEPT)

    async def __call__(self, place: Place) -> Repository:
        installation = place.installation or self._known.get(place.repository)
        if installation is None:
            installation = self._known[place.repository] = await self._github.installation_of(place.repository)
        return Repository(self._github.installation(installation), place.repository)
