"""Comments that call an agent, each written once. What calls it stands first, so our marker stands last."""

from __future__ import annotations

from dataclasses import dataclass

from app.github.repository import Repository
from app.model import TOLD_MARKER, Mention, Outcome, Performed, Stop, Stopped
from app.publish.account import Told, untold
from app.publish.doubt import unless_refused
from app.publish.fence import Fence, mark
from app.store.effects import Effect, Effects


@dataclass(frozen=True, slots=True)
class Mentioner:
    """Calls agents in the comments of one repository."""

    repository: Repository
    effects: Effects
    fence: Fence
    own_app: int
    told: Told = untold

    async def mention(self, action: Mention) -> Outcome:
        """Write it; one whose fate we never learned is looked for by its marker before it is written again."""
        about = mark(f"{action.number} {action.about}")
        key = f"{self.repository.full_name}/mention/{about}"
        effect = await self.effects.get(key)
        if effect is not None and effect.remote_id is not None:
            return Performed(action, effect.remote_id)
        marker = f"{TOLD_MARKER}{about} -->"
        remote = None if effect is None else await self._find(action.number, marker)
        if remote is None:
            if not await self.fence.wanted(action.head_sha):
                return Stopped(action, Stop.HEAD_MOVED)
            await self.effects.begin(key)
            async with unless_refused(self.effects, key):
                remote = await self.repository.create_comment(action.number, f"{action.body}\n\n{marker}")
        await self.effects.record(key, Effect(remote, ""), self.told(action))
        return Performed(action, remote)

    async def _find(self, number: int, marker: str) -> int | None:
        """Our comment. Where GitHub names no App as a comment's writer, a bot's is taken for ours."""
        said = [one for one in await self.repository.comments(number) if one.body.rstrip().endswith(marker)]
        ours = (one.id for one in said if one.app_id == self.own_app or (one.app_id is None and one.bot))
        return next(ours, None)
