"""Reactions and replies to a person's comment, each once."""

from __future__ import annotations

from dataclasses import dataclass

from app.github.errors import Denied, Invalid, NotFound
from app.github.repository import Repository
from app.model import React, Reply
from app.publish.account import Told, untold
from app.store.effects import Effect, Effects


@dataclass(frozen=True, slots=True)
class CommentWriter:
    """Answers comments of one repository."""

    repository: Repository
    effects: Effects
    told: Told = untold

    async def react(self, action: React) -> str:
        """Add a reaction; GitHub itself keeps one of a kind for each user. One refused costs nobody the answer.

        Returns why it was refused, or "".
        """
        try:
            await self.repository.react(action.comment_id, action.content)
        except (NotFound, Denied, Invalid) as error:
            return str(error)
        return ""

    async def reply(self, action: Reply) -> None:
        """Answer once. An answer whose fate we never learned is not repeated: silence beats saying it twice."""
        key = f"{self.repository.full_name}/reply/{action.comment_id}"
        if await self.effects.get(key) is not None:
            return
        await self.effects.begin(key)
        remote = await self.repository.create_comment(action.number, action.body)
        await self.effects.record(key, Effect(remote, ""), self.told(action))
