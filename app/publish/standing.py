"""How a pull request stands: its branch brought up to its base, labels put on, back to a draft. Each is had once."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass

from app.github.errors import Invalid, NotFound
from app.github.records import PullRequest
from app.github.repository import Repository
from app.model import AddLabel, MakeDraft, Outcome, Performed, StandingDeed, Stop, Stopped, UpdateBranch
from app.publish.account import Told, untold
from app.publish.doubt import unless_refused
from app.publish.fence import mark
from app.store.effects import Effect, Effects


@dataclass(frozen=True, slots=True)
class PullRequestMover:
    """Changes how pull requests of one repository stand."""

    repository: Repository
    effects: Effects
    told: Told = untold

    def perform(self, action: StandingDeed) -> Awaitable[Outcome]:
        """Whichever of its deeds `action` is."""
        match action:
            case UpdateBranch():
                return self.update(action)
            case AddLabel():
                return self.label(action)
            case MakeDraft():
                return self.draft(action)

    async def update(self, action: UpdateBranch) -> Outcome:
        """Have the base merged into the branch. GitHub looks at the head itself, so asking twice merges once."""
        key = f"{self.repository.full_name}/update-branch/{action.number}/{action.head_sha}"
        if await self._had(key):
            return Performed(action)
        pull = await self._open(action.number)
        if pull is None or pull.head_sha != action.head_sha:
            begun = await self.effects.get(key) is not None
            return await self._moved(key, action, pull if begun else None)
        await self.effects.begin(key)
        try:
            async with unless_refused(self.effects, key):
                await self.repository.standing.update_branch(action.number, action.head_sha)
        except Invalid:
            pull = await self._open(action.number)
            if pull is not None and pull.head_sha == action.head_sha:
                raise
            return await self._moved(key, action, pull)
        return await self._done(key, action)

    async def _moved(self, key: str, action: UpdateBranch, pull: PullRequest | None) -> Outcome:
        """The head is another one: the merge that we asked for, where it is a merge into what was the head."""
        if pull is None or not await self._merged_onto(pull.head_sha, action.head_sha):
            return Stopped(action, Stop.HEAD_MOVED)
        return await self._done(key, action)

    async def label(self, action: AddLabel) -> Outcome:
        """Put it on; one that was put on for this occasion, and that somebody took off, stays off."""
        occasion = mark(f"{action.label.lower()} {action.occasion}")
        key = f"{self.repository.full_name}/label/{action.number}/{occasion}"
        if await self._had(key):
            return Performed(action)
        pull = await self._open(action.number)
        if pull is None or pull.head_sha != action.head_sha:
            return Stopped(action, Stop.HEAD_MOVED)
        begun = await self.effects.get(key) is not None
        there = action.label.lower() in map(str.lower, pull.labels)
        if action.anew and not begun:
            there = await self._heard(f"{key}/off", action, there)
        await self.effects.begin(key)
        if not there:
            async with unless_refused(self.effects, key):
                await self.repository.standing.add_label(action.number, action.label)
        return await self._done(key, action)

    async def draft(self, action: MakeDraft) -> Outcome:
        """Take it back to a draft; whoever makes it ready again, after this occasion, is heeded."""
        key = f"{self.repository.full_name}/draft/{action.number}/{mark(action.occasion)}"
        if await self._had(key):
            return Performed(action)
        pull = await self._open(action.number)
        if pull is None or pull.head_sha != action.head_sha:
            return Stopped(action, Stop.HEAD_MOVED)
        await self.effects.begin(key)
        if not pull.draft:
            async with unless_refused(self.effects, key):
                await self.repository.standing.make_draft(pull.node_id)
        return await self._done(key, action)

    async def _heard(self, key: str, action: AddLabel, there: bool) -> bool:
        """Is it on since it was last off? Else it is taken off, which is known apart from the putting on: so a label
        that is on after a crash is known for the old one or for ours.
        """
        effect = await self.effects.get(key)
        if effect is not None and effect.completed:  # where it is on, somebody put it on since, and it was heard
            return there
        if there:
            await self.effects.begin(key)
            async with unless_refused(self.effects, key):
                await self.repository.standing.remove_label(action.number, action.label)
        if there or effect is not None:
            await self.effects.record(key, Effect(None, "", completed=True))
        return False

    async def _open(self, number: int) -> PullRequest | None:
        try:
            pull = await self.repository.pull(number)
        except NotFound:
            return None
        return pull if pull.state == "open" else None

    async def _merged_onto(self, head_sha: str, before: str) -> bool:
        """Is the head a merge into `before`, as GitHub makes it?"""
        parents = await self.repository.commit_parents(head_sha)
        return len(parents) > 1 and parents[0] == before

    async def _had(self, key: str) -> bool:
        effect = await self.effects.get(key)
        return effect is not None and effect.completed

    async def _done(self, key: str, action: StandingDeed) -> Performed:
        await self.effects.record(key, Effect(None, "", completed=True), self.told(action))
        return Performed(action)
