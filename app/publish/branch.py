"""Branches of ours: made once out of a commit that is the same each time, and moved forward only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.github.errors import Invalid
from app.github.repository import Repository
from app.model import CreateBranch, Edit, MoveBranch, Outcome, Performed, Removed, Restored, Stop, Stopped, Written
from app.publish.account import Told, untold
from app.publish.fence import Fence, mark
from app.store.effects import Effect, Effects


@dataclass(frozen=True, slots=True)
class BranchWriter:
    """Writes branches of one repository."""

    repository: Repository
    effects: Effects
    fence: Fence
    told: Told = untold

    async def create(self, action: CreateBranch) -> Outcome:
        """Make the branch. One that exists is ours if it is at the very commit we make; else it is somebody's.

        Once it was made it is not made again: whoever deleted it meant it.
        """
        key = f"{self.repository.full_name}/branch/{mark(action.branch)}"
        said = mark(repr((action.parent, action.edits, action.message, action.author)))
        effect = await self.effects.get(key)
        if effect is not None and effect.completed:
            return Performed(action, sha=effect.digest) if said in effect.sent else _taken(action, effect.digest)
        sha = await self._commit(action)
        if not await self.fence.passes(action.head_sha):
            return Stopped(action, Stop.HEAD_MOVED)
        await self.effects.begin(key)
        there = await self._point(action.branch, sha)
        if there != sha:
            return _taken(action, there)
        await self.effects.record(key, Effect(None, sha, completed=True, sent=frozenset({said})), self.told(action))
        return Performed(action, sha=sha)

    async def move(self, action: MoveBranch) -> Outcome:
        """Move the branch forward. GitHub takes no expected commit here, but without force it loses none either."""
        key = f"{self.repository.full_name}/move/{mark(f'{action.branch} {action.expected} {action.sha}')}"
        effect = await self.effects.get(key)
        if effect is not None and effect.completed:
            return Performed(action, sha=action.sha)
        there = await self.repository.branch(action.branch)
        if there not in {action.expected, action.sha}:
            return _taken(action, there)
        if there == action.expected:
            if not await self.fence.passes(action.head_sha):
                return Stopped(action, Stop.HEAD_MOVED)
            await self.effects.begin(key)
            there = await self._forward(action)
        if there != action.sha:
            return _taken(action, there)
        await self.effects.record(key, Effect(None, action.sha, completed=True), self.told(action))
        return Performed(action, sha=action.sha)

    async def _commit(self, action: CreateBranch) -> str:
        """The commit, by git's own naming the same one each time; nobody sees it before a branch points to it."""
        base = await self.repository.commit_tree(action.parent)
        entries = [await self._entry(edit) for edit in action.edits]
        tree = await self.repository.create_tree(base, entries)
        return await self.repository.create_commit(action.message, tree, action.parent, action.author)

    async def _entry(self, edit: Edit) -> dict[str, Any]:
        """An edit in GitHub's words. What is no UTF-8 text must be stored before a tree can name it."""
        match edit:
            case Removed(path):
                return {"path": path, "mode": "100644", "type": "blob", "sha": None}
            case Restored(path, sha, mode):
                return {"path": path, "mode": mode, "type": "blob", "sha": sha}
            case Written(path, content, mode):
                return {"path": path, "mode": mode, "type": "blob", **await self._content(content)}

    async def _content(self, content: bytes) -> dict[str, str]:
        try:
            return {"content": content.decode()}
        except UnicodeDecodeError:
            return {"sha": await self.repository.create_blob(content)}

    async def _point(self, branch: str, sha: str) -> str:
        """Make the branch; the commit that it is at."""
        try:
            await self.repository.create_branch(branch, sha)
        except Invalid:
            there = await self.repository.branch(branch)
            if there is None:
                raise
            return there
        return sha

    async def _forward(self, action: MoveBranch) -> str | None:
        """Move the branch; the commit that it is at."""
        try:
            await self.repository.move_branch(action.branch, action.sha)
        except Invalid:  # no step forward: somebody was faster, or it never was one
            there = await self.repository.branch(action.branch)
            if there == action.expected:
                raise
            return there
        return action.sha


def _taken(action: CreateBranch | MoveBranch, there: str | None) -> Stopped:
    return Stopped(action, Stop.TAKEN, there or "")
