"""Bills of materials at both ends of a change: its head, and the newest green commit of the base that has one."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol

from app.gather.files import Files, ReadFile, decoded, touched
from app.gather.green import Green
from app.gather.lineage import MOST, Lineage
from app.github.records import Commit
from checks.model import Baseline, Document, Missing, Pull, SbomPair
from checks.sbom import MAX_BYTES

MOST_FILES = 20


class SentBills(Protocol):
    """The bills that CI sent."""

    async def paths_at(self, repository: str, sha: str) -> tuple[str, ...]:
        """What was sent of a commit, by path."""

    async def paths_of(self, repository: str, shas: Collection[str]) -> frozenset[str]:
        """What was sent of any of these commits, by path."""

    async def paths(self, repository: str) -> frozenset[str]:
        """What was sent of any commit at all, by path."""

    async def get(self, repository: str, sha: str, path: str) -> bytes | None:
        """One of them, as it was sent."""

    async def serves(self, repository: str, sha: str, path: str, branch: str) -> None:
        """`branch`, or a change to it, is held against this one: it is worth keeping."""


class NothingSent:
    """Where nobody can send anything."""

    async def paths_at(self, repository: str, sha: str) -> tuple[str, ...]:
        """Nothing."""
        return ()

    async def paths_of(self, repository: str, shas: Collection[str]) -> frozenset[str]:
        """Nothing."""
        return frozenset()

    async def paths(self, repository: str) -> frozenset[str]:
        """Nothing."""
        return frozenset()

    async def get(self, repository: str, sha: str, path: str) -> bytes | None:
        """Nothing."""
        return None

    async def serves(self, repository: str, sha: str, path: str, branch: str) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Sboms:
    """Pairs the bills of `pull`. `files`: those that the configured paths match; `coming`: CI may still send some."""

    read: ReadFile
    sent: SentBills
    pull: Pull
    files: Files
    lineage: Lineage
    green: Green
    coming: bool = False

    async def pairs(self) -> tuple[SbomPair, ...] | Missing:
        """One pair a path. A file that the change leaves alone is not read: it is equal to itself."""
        ends = (self.lineage.forked.sha, self.pull.head_sha)
        base, head = await asyncio.gather(*(self.sent.paths_at(self.pull.repository, sha) for sha in ends))
        came = _Came(frozenset(base), frozenset(head), await self._owed({*base, *head}))
        paths = sorted({*self.files.base, *self.files.head, *came.any})
        if len(paths) > MOST_FILES:
            return Missing(f"more than {MOST_FILES} bills: files at `sbom.paths`, and what CI sent")
        drafts = await asyncio.gather(*(self._draft(path, came) for path in paths))
        found = tuple([await self._against_green(draft, came) for draft in drafts])
        for pair in found:
            if pair.path in came.any and pair.base is not None:
                await self.sent.serves(self.pull.repository, pair.base.sha, pair.path, self.pull.base_ref)
        return found

    async def _owed(self, known: Collection[str]) -> frozenset[str]:
        """The paths, besides those `known` of either end, of which CI sent a bill for an older commit of the base.

        Where the base has a file of that path, the file took its place. No history is asked for where nothing else was
        ever sent.
        """
        others = (await self.sent.paths(self.pull.repository)).difference(known, self.files.base)
        if not others:
            return others
        line = [commit.sha for commit in await self.lineage.line()]
        return others & await self.sent.paths_of(self.pull.repository, line)

    # --- both ends -------------------------------------------------------------------------------------------

    async def _draft(self, path: str, came: _Came) -> SbomPair:
        """The bill at the head, and where the change left its base."""
        if path not in came.any and not touched(self.files.change)(path):
            return SbomPair(path, Document(path, self.pull.base_sha), Document(path, self.pull.head_sha))
        forked = self.lineage.forked.sha
        base = await (self._sent(path, forked) if path in came.base else self._file(path, forked))
        return SbomPair(path, base, await self._head(path, came))

    async def _head(self, path: str, came: _Came) -> Document | None:
        sha = self.pull.head_sha
        if path in came.head:
            return await self._sent(path, sha)
        if path in came.any:
            return Document(path, sha, missing=Missing(f"CI has not sent it for {sha[:7]}", coming=self.coming))
        return await self._file(path, sha) if path in self.files.head else None

    # --- the baseline ----------------------------------------------------------------------------------------

    async def _against_green(self, draft: SbomPair, came: _Came) -> SbomPair:
        """The pair with the bill of its baseline as base, where there is something to compare.

        A file that the tree does not have now is not looked for in older ones.
        """
        base, head = draft.base, draft.head
        if head is None or head.missing or (base and (base.missing or base.text == head.text)):
            return draft
        if base is None and draft.path not in came.any:
            return draft
        for behind in range(MOST):
            commit = await self.lineage.at(behind)
            if commit is None:
                break
            found = await self._green_bill(draft, commit, behind)
            if found is not None:
                return replace(draft, base=found, baseline=Baseline(commit.sha, commit.at, behind))
        return replace(draft, base=None)

    async def _green_bill(self, draft: SbomPair, commit: Commit, behind: int) -> Document | None:
        if behind == 0:
            return draft.base if draft.base and await self.green(commit) else None
        if not await self.green(commit):
            return None
        return await self._sent(draft.path, commit.sha) or await self._file(draft.path, commit.sha)

    # --- one bill --------------------------------------------------------------------------------------------

    async def _sent(self, path: str, sha: str) -> Document | None:
        content = await self.sent.get(self.pull.repository, sha, path)
        return None if content is None else decoded(path, sha, content)

    async def _file(self, path: str, sha: str) -> Document | None:
        """The file, unless no tree that we know of has one of that name."""
        there = path in self.files.base or path in self.files.head
        return await self.read(path, sha, MAX_BYTES) if there else None


@dataclass(frozen=True, slots=True)
class _Came:
    """The paths of which CI sent a bill: where the change left its base, of the head, and before, of the base alone."""

    base: frozenset[str]
    head: frozenset[str]
    before: frozenset[str]

    @property
    def any(self) -> frozenset[str]:
        return self.base | self.head | self.before
