"""Branches of ours: made out of commits that are the same each time, moved forward only, and cleared away."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Any

from app.github.errors import Invalid, NotFound
from app.github.limits import COMPARE_COMMITS
from app.github.repository import Repository
from app.model import (
    SUBMODULE,
    BranchDeed,
    DeleteBranch,
    Edit,
    MoveBranch,
    Outcome,
    Performed,
    Removed,
    Restored,
    Stop,
    Stopped,
    WriteBranch,
    Written,
)
from app.publish.account import Told, untold
from app.publish.fence import Fence, mark
from app.store.effects import Effect, Effects
from checks.globs import matches

WORKFLOWS = "41898282+github-actions[bot]@users.noreply.github.com"  # whose commits a workflow's are, by its own word


@dataclass(frozen=True, slots=True)
class BranchWriter:
    """Writes branches of one repository."""

    repository: Repository
    effects: Effects
    fence: Fence
    told: Told = untold

    def perform(self, action: BranchDeed) -> Awaitable[Outcome]:
        """Whichever of its deeds `action` is."""
        match action:
            case WriteBranch():
                return self.write(action)
            case MoveBranch():
                return self.move(action)
            case DeleteBranch():
                return self.delete(action)

    async def write(self, action: WriteBranch) -> Outcome:
        """Make the branch, or bring it forward. It is ours while it is at a commit that we made; else it is somebody's.

        Once it was made it is not made again: whoever deleted it meant it.
        """
        effect = await self.effects.get(self._key(action))
        if effect is None:
            return await self._create(action)
        if _said(action) in effect.sent:
            return Performed(action, sha=effect.digest)
        there = await self.repository.branch(action.branch)
        if there is not None:
            return await self._bring_forward(action, effect, there)
        return _taken(action, there) if effect.completed else await self._create(action)

    async def delete(self, action: DeleteBranch) -> Outcome:
        """Delete the branch where it is as we left it. What nobody has any more is as good.

        Between the look and GitHub's own hand lies one round trip: who pushes in it keeps the commit, not the branch.
        """
        effect, there = await self.effects.get(self._key(action)), await self.repository.branch(action.branch)
        if there is None:
            return Performed(action)
        if effect is None or not await self._ours(action, effect, there) or await self._in_use(action.branch):
            return _taken(action, there)
        await self.repository.delete_branch(action.branch)
        await self.effects.record(self._key(action), replace(effect, completed=True), self.told(action))
        return Performed(action)

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
            there = await self._forward(action.branch, action.expected, action.sha)
        if there != action.sha:
            return _taken(action, there)
        await self.effects.record(key, Effect(None, action.sha, completed=True), self.told(action))
        return Performed(action, sha=action.sha)

    async def _create(self, action: WriteBranch) -> Outcome:
        """A branch of one commit."""
        sha = await self._commit(action, await self._tree(action), action.parent)
        if not await self.fence.passes(action.head_sha):
            return Stopped(action, Stop.HEAD_MOVED)
        await self.effects.begin(self._key(action), sha)
        return await self._noted(action, sha, await self._point(action.branch, sha))

    async def _bring_forward(self, action: WriteBranch, effect: Effect, there: str) -> Outcome:
        """One commit more, on top of where the branch is and of `parent`: it holds nothing but the edits.

        Whoever pushes meanwhile is safe: a step that would lose a commit is none that GitHub takes.
        """
        if not await self._ours(action, effect, there):
            return _taken(action, there)
        tree = await self._tree(action)
        made = await self._commit(action, tree, action.parent)
        if there != made:
            made = await self._commit(action, tree, effect.digest, action.parent)
        if there != made:
            made = await self._commit(action, tree, there, action.parent)
            if not await self.fence.passes(action.head_sha):
                return Stopped(action, Stop.HEAD_MOVED)
            await self.effects.record(self._key(action), Effect(None, there, completed=True, sent=frozenset({made})))
            there = await self._forward(action.branch, there, made) or ""
        return await self._noted(action, made, there)

    async def _noted(self, action: WriteBranch, sha: str, there: str) -> Outcome:
        if there != sha:
            return _taken(action, there)
        said = Effect(None, sha, completed=True, sent=frozenset({_said(action)}))
        await self.effects.record(self._key(action), said, self.told(action))
        return Performed(action, sha=sha)

    async def _ours(self, action: WriteBranch | DeleteBranch, effect: Effect, there: str) -> bool:
        """Did we make that commit, or did the workflow that we asked for build nothing but its files upon ours?"""
        if there in {effect.digest, *effect.sent}:
            return True
        if not action.remade or not effect.digest:
            return False
        try:
            since = await self.repository.compare(effect.digest, there)
        except NotFound:
            return False
        return (
            since.merge_base.sha == effect.digest
            and len(since.emails) < COMPARE_COMMITS
            and not since.truncated
            and set(since.emails) == {WORKFLOWS}
            and all(matches(file.path, action.remade) for file in since.files)
        )

    async def _in_use(self, branch: str) -> bool:
        """Does an open pull request come from it, or go to it?"""
        outward = await self.repository.pulls_of_branch(branch)
        return any(pull.state == "open" for pull in outward) or bool(await self.repository.open_pulls(branch))

    async def _tree(self, action: WriteBranch) -> str:
        base = await self.repository.commit_tree(action.parent)
        return await self.repository.create_tree(base, [await self._entry(edit) for edit in action.edits])

    async def _commit(self, action: WriteBranch, tree: str, *parents: str) -> str:
        """The commit, by git's own naming the same one each time; nobody sees it before a branch points to it."""
        return await self.repository.create_commit(action.message, tree, parents, action.author)

    async def _entry(self, edit: Edit) -> dict[str, Any]:
        """An edit in GitHub's words. What is no UTF-8 text must be stored before a tree can name it."""
        match edit:
            case Removed(path):
                return {"path": path, "mode": "100644", "type": "blob", "sha": None}
            case Restored(path, sha, mode):
                return {"path": path, "mode": mode, "type": "commit" if mode == SUBMODULE else "blob", "sha": sha}
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

    async def _forward(self, branch: str, expected: str, sha: str) -> str | None:
        """Move the branch; the commit that it is at."""
        try:
            await self.repository.move_branch(branch, sha)
        except Invalid:  # no step forward: somebody was faster, or it never was one
            there = await self.repository.branch(branch)
            if there == expected:
                raise
            return there
        return sha

    def _key(self, action: WriteBranch | DeleteBranch) -> str:
        return f"{self.repository.full_name}/branch/{mark(action.branch)}"


def _said(action: WriteBranch) -> str:
    return mark(repr((action.parent, action.edits, action.message, action.author)))


def _taken(action: WriteBranch | MoveBranch | DeleteBranch, there: str | None) -> Stopped:
    return Stopped(action, Stop.TAKEN, there or "")
