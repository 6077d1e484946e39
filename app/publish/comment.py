"""Reactions and replies to a person's comment, and what we tell a pull request of our own accord, each once."""

from __future__ import annotations

from dataclasses import dataclass

from app.github.errors import Denied, Invalid, NotFound
from app.github.repository import Repository
from app.model import REPLY_MARKER, TOLD_MARKER, React, Reply, Tell
from app.publish.account import Told, untold
from app.publish.fence import mark
from app.store.effects import Effect, Effects


@dataclass(frozen=True, slots=True)
class CommentWriter:
    """Answers comments of one repository."""

    repository: Repository
    effects: Effects
    own_app: int
    told: Told = untold

    async def react(self, action: React) -> str:
        """Add a reaction; GitHub itself keeps one of a kind for each user. One refused costs nobody the answer.

        Returns why it was refused, or "".
        """
        key = f"{self.repository.full_name}/reaction/{action.comment_id}/{action.content}"
        effect = await self.effects.get(key)
        if effect is not None and effect.remote_id is not None:
            return ""
        await self.effects.begin(key)
        try:
            reaction = await self.repository.react(action.comment_id, action.content)
        except (NotFound, Denied, Invalid) as error:
            await self.effects.abandon(key)
            return str(error)
        await self.effects.record(key, Effect(reaction, ""), self.told(action))
        return ""

    async def reply(self, action: Reply) -> None:
        """Answer once. An answer whose fate we never learned is looked for by its marker before it is given again."""
        marker = f"{REPLY_MARKER}{action.comment_id} -->"
        await self._say(f"reply/{action.comment_id}", action, marker)

    async def tell(self, action: Tell) -> str:
        """The same, of our own accord. Returns why GitHub refused it, as it does in a locked conversation, or ""."""
        about = mark(f"{action.number} {action.about}")
        try:
            await self._say(f"told/{about}", action, f"{TOLD_MARKER}{about} -->")
        except (NotFound, Denied, Invalid) as error:
            return str(error)
        return ""

    async def _say(self, name: str, action: Reply | Tell, marker: str) -> None:
        key = f"{self.repository.full_name}/{name}"
        effect = await self.effects.get(key)
        if effect is not None and effect.remote_id is not None:
            return
        remote = None if effect is None else await self._find(action.number, marker)
        if remote is None:
            await self.effects.begin(key)
            remote = await self.repository.create_comment(action.number, f"{marker}\n{action.body}")
        await self.effects.record(key, Effect(remote, ""), self.told(action))

    async def _find(self, number: int, marker: str) -> int | None:
        """Our answer. Where GitHub names no App as a comment's writer, a bot's is taken for ours."""
        answers = [one for one in await self.repository.comments(number) if one.body.startswith(marker)]
        ours = (one.id for one in answers if one.app_id == self.own_app or (one.app_id is None and one.bot))
        return next(ours, None)
