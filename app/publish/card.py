"""The one sticky comment: found by its stored id, else by our App and its marker, else made; never anybody else's."""

from __future__ import annotations

from dataclasses import dataclass

from app.github.errors import NotFound
from app.github.repository import Repository
from app.model import CARD_MARKER, WriteCard
from app.publish.account import Told, untold
from app.store.effects import Effect, Effects, card_key


@dataclass(frozen=True, slots=True)
class CardWriter:
    """Writes the card of one repository's pull requests."""

    repository: Repository
    effects: Effects
    own_app: int
    told: Told = untold

    async def said(self, action: WriteCard) -> bool:
        """Does the card already say this, but for its age?"""
        effect = await self.effects.get(self._key(action.number))
        return effect is not None and effect.digest == action.digest

    async def write(self, action: WriteCard, comments: int) -> None:
        """Edit the card, or make it. `comments`: how many the pull request has; where there are none, none is ours."""
        key = self._key(action.number)
        effect = await self.effects.get(key)
        remote = effect.remote_id if effect else None
        if remote is None and (comments or effect is not None):
            remote = await self._find(action.number)
        if remote is not None:
            remote = await self._edit(remote, action)
        if remote is None:
            if not action.create:
                return
            await self.effects.begin(key)
            remote = await self.repository.create_comment(action.number, action.body)
        await self.effects.record(key, Effect(remote, action.digest), self.told(action))

    async def _edit(self, remote: int, action: WriteCard) -> int | None:
        try:
            await self.repository.update_comment(remote, action.body)
        except NotFound:  # somebody deleted it
            return None
        return remote

    async def _find(self, number: int) -> int | None:
        """Our oldest card; younger ones, left by a crash or a race, are removed.

        Where GitHub names no App as a comment's writer, a bot's card is taken for ours, but never removed.
        """
        cards = [c for c in await self.repository.comments(number) if c.body.startswith(CARD_MARKER)]
        ours = sorted(c.id for c in cards if c.app_id == self.own_app)
        for duplicate in ours[1:]:
            await self.repository.delete_comment(duplicate)
        unnamed = sorted(c.id for c in cards if c.app_id is None and c.bot)
        return next(iter(ours + unnamed), None)

    def _key(self, number: int) -> str:
        return card_key(self.repository.full_name, number)
