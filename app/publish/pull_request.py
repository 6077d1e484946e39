"""Pull requests of ours: one for each branch and base, found by them before it is made."""

from __future__ import annotations

from dataclasses import dataclass

from app.github.errors import Invalid
from app.github.repository import Repository
from app.model import OpenPullRequest, Outcome, Performed, Stop, Stopped
from app.publish.account import Told, untold
from app.publish.fence import Fence, mark
from app.store.effects import Effect, Effects


@dataclass(frozen=True, slots=True)
class PullRequestWriter:
    """Opens pull requests of one repository."""

    repository: Repository
    effects: Effects
    fence: Fence
    told: Told = untold

    async def open(self, action: OpenPullRequest) -> Outcome:
        """Open it, unless the branch has one already; a closed one counts, for whoever closed it has answered."""
        key = f"{self.repository.full_name}/pull/{mark(f'{action.branch} {action.base}')}"
        effect = await self.effects.get(key)
        if effect is not None and effect.remote_id is not None:
            return Performed(action, effect.remote_id)
        number = await self._find(action)
        if number is None:
            if not await self.fence.passes(action.head_sha):
                return Stopped(action, Stop.HEAD_MOVED)
            await self.effects.begin(key)
            number = await self._make(action)
        await self.effects.record(key, Effect(number, ""), self.told(action))
        return Performed(action, number)

    async def _make(self, action: OpenPullRequest) -> int:
        try:
            return await self.repository.create_pull(
                head=action.branch, base=action.base, title=action.title, body=action.body, draft=action.draft
            )
        except Invalid:  # perhaps because there is one since we looked
            number = await self._find(action)
            if number is None:
                raise
            return number

    async def _find(self, action: OpenPullRequest) -> int | None:
        """The open one, else the newest."""
        pulls = await self.repository.pulls_of_branch(action.branch, action.base)
        return max(((pull.state == "open", pull.number) for pull in pulls), default=(False, None))[1]
