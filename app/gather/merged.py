"""Changes that were merged, and what they did to the base: by a merge commit, squashed, rebased, or pushed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.gather.rules import Connect
from app.github.errors import Denied, Invalid, NotFound, TooLarge
from app.github.records import Commit, PullRequest, Tree
from app.github.repository import Repository
from app.model import Canary, Change, Landed, Leaves, Place, Proposal, Refusal

_TOO_BIG = "the repository has more files than GitHub lists"


@dataclass(frozen=True, slots=True)
class Merges:
    """Reads GitHub through `connect`."""

    connect: Connect

    async def landed(self, place: Place, canary: Canary) -> Landed | None:
        """The change that `canary` tried, where it is merged; None where it is not, or GitHub does not say.

        The canary's commit is the head that was merged, or what it came to the base branch as. Where it is neither, the
        base has something else than what was tried, perhaps with the correction in it.
        """
        there = await self.connect(place)
        try:
            pulls = await there.commit_pulls(canary.sha)
            pull = _brought(pulls, canary)
            if pull is not None:
                return Landed(pull.number, pull.title, pull.base_ref, pull.merge_sha, pull.head_sha)
            return None if pulls else await _pushed(there, canary)
        except (Denied, Invalid, NotFound):
            return None

    async def proposal(self, place: Place, number: int) -> Proposal | None:
        """How a pull request that takes a change back stands; None where it is gone, or GitHub does not say."""
        try:
            pull = await (await self.connect(place)).pull(number)
        except (Denied, Invalid, NotFound):
            return None
        return Proposal(pull.state == "open", pull.merged, pull.head_sha)

    async def change(self, place: Place, landed: Landed) -> Change | Refusal | None:
        """What it did; None where its base does not hold it any more; a Refusal says why nobody can tell."""
        there = await self.connect(place)
        try:
            tip = await there.branch(landed.base)
            if tip is None or not await _holds(there, tip, landed.sha):
                return None
            before = await _before(there, landed)
            if isinstance(before, Refusal):
                return before
            trees = [await there.tree(sha) for sha in (before[0], landed.sha, tip)]
        except (Denied, Invalid, NotFound, TooLarge) as error:
            return Refusal(f"GitHub does not show what {landed.sha[:7]} changed ({error.status})")
        if any(tree.truncated for tree in trees):
            return Refusal(f"{_TOO_BIG} (by hand: `{before[1]}`)")
        was, came, now = map(_leaves, trees)
        return Change(tip, was, came, now, before[1])


def _brought(pulls: Sequence[PullRequest], canary: Canary) -> PullRequest | None:
    """The pull request that was merged with the canary's commit: its own, else the first one onto its base."""
    merged = [one for one in pulls if one.merged and canary.sha in {one.head_sha, one.merge_sha}]
    own = [one for one in merged if one.number == canary.number]
    others = [one for one in merged if one.base_ref == canary.base_ref]
    return min(own or others, key=lambda one: one.number, default=None)


async def _pushed(there: Repository, canary: Canary) -> Landed | None:
    """A commit of the base branch that no pull request brought."""
    tip = await there.branch(canary.base_ref)
    if tip is None or not await _holds(there, tip, canary.sha):
        return None
    (commit, *_) = await there.history(canary.sha)
    return Landed(None, commit.message.partition("\n")[0], canary.base_ref, canary.sha)


async def _holds(there: Repository, tip: str, sha: str) -> bool:
    """Is `sha` in the history of `tip`?"""
    return tip == sha or (await there.compare(sha, tip)).merge_base.sha == sha


async def _before(there: Repository, landed: Landed) -> tuple[str, str] | Refusal:
    """The commit that the base was at before, and the command that takes the change back."""
    history = {one.sha: one for one in await there.history(landed.sha)}
    last = history[landed.sha]
    if not last.parents:
        return Refusal("it is the first commit of the repository")
    if len(last.parents) > 1:
        if landed.sha == landed.head_sha:
            return Refusal(f"{landed.sha[:7]} is a merge that was pushed to {landed.base}: nobody can tell its sides")
        return last.parents[0], f"git revert -m 1 {landed.sha[:7]}"
    brought = () if landed.number is None else await there.pull_commits(landed.number)
    before = _before_all(last, history, brought)
    if before is None:
        return Refusal(f"it was rebased onto {landed.base} as more commits than GitHub lists at once")
    alone = before == last.parents[0]
    return before, f"git revert {landed.sha[:7] if alone else f'{before[:7]}..{landed.sha[:7]}'}"


def _before_all(last: Commit, history: dict[str, Commit], brought: Sequence[Commit]) -> str | None:
    """What lies below all commits that a rebase made of `brought`, of which `last` is the last.

    A rebase keeps of each who wrote it, when, and its message; a squash keeps none of that, and is one commit.
    """
    written = {(one.written, one.message) for one in brought}
    below, left = last, len(brought)
    while left and len(below.parents) == 1 and (below.written, below.message) in written:
        if below.parents[0] not in history:
            return None
        below, left = history[below.parents[0]], left - 1
    return last.parents[0] if below is last else below.sha


def _leaves(tree: Tree) -> Leaves:
    return {entry.path: (entry.mode, entry.sha) for entry in tree.entries if entry.kind != "tree"}
