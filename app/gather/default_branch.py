"""A default branch without a pull request: its newest bills, and all that its rules ask to know of them.

One that has no bill of its own is read from GitHub's dependency graph.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from app.gather.day import day_of
from app.gather.dependency_graph import graph_bill
from app.gather.files import Files, decoded, files_of, from_github, listing
from app.gather.green import unknowable
from app.gather.lineage import MOST, Lineage
from app.gather.rules import Connect, reading, rules
from app.gather.sboms import MOST_FILES, Sboms, SentBills
from app.gather.supply import Supply, patterns
from app.github.errors import Conflict, Invalid, NotFound
from app.github.records import Commit
from app.github.repository import Repository
from app.model import Place, Trigger
from app.osv.model import Source
from checks.decide import Policy
from checks.judge import Case
from checks.model import ChangeFacts, Document, Missing, Mode, Pull, SbomPair, Snapshot
from checks.sbom import MAX_BYTES, Config

# Held against this, every package of a bill is one to ask about.
_EMPTY = '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}'
_UNTOUCHED = ChangeFacts(())


@dataclass(frozen=True, slots=True)
class DefaultBranches:
    """Reads what the daily look needs, through `connect`."""

    connect: Connect
    sent: SentBills
    osv: Source | None
    version: str
    now: Callable[[], float] = time.time

    async def base(self, trigger: Trigger) -> Case | None:
        """The bills of a repository's default branch, held against themselves, with all that its rules ask for. None
        where there are no rules of bills, no bill, or no commit.
        """
        place = Place(trigger.repository, trigger.installation)
        try:
            repository = await self.connect(place)
            name = await repository.default_branch()
            asked = await rules(reading(self.connect, place), _at(place.repository, name, ""))
            config = _config(asked.policy)
            if config is None or not isinstance(asked.policy, Policy):
                return None
            history = await repository.history(name)
        except (Conflict, NotFound):  # an empty repository, or one that is gone
            return None
        pull = _at(place.repository, name, history[0].sha)
        found = await self._facts(repository, pull, history, config)
        return Case(found, replace(asked.policy, checks={"sbom": config}), None, self.version) if found else None

    async def bills(self, place: Place, sha: str, config: Config) -> tuple[Document, ...]:
        """The bills that the branch had at its commit `sha`; none where that is gone. GitHub's graph has no older ones:
        where there was no bill, it tells what it knows now.
        """
        try:
            repository = await self.connect(place)
            history = await repository.history(sha)
        except (Conflict, Invalid, NotFound):
            return ()
        pull = _at(place.repository, "", sha)
        files = files_of(_UNTOUCHED, await listing(repository, sha, config.paths))
        pairs = await self._newest(repository, pull, files, history).pairs()
        return () if isinstance(pairs, Missing) else tuple(pair.head for pair in pairs if pair.head)

    def _newest(self, repository: Repository, pull: Pull, files: Files, history: Sequence[Commit]) -> _Newest:
        async def known(_sha: str) -> Sequence[Commit]:
            return history

        read, lineage = from_github(repository), Lineage(history[0], known)
        graph = partial(graph_bill, repository, pull.head_sha)
        return _Newest(read, self.sent, pull, files, lineage, unknowable, graph=graph)

    async def _facts(
        self, repository: Repository, pull: Pull, history: Sequence[Commit], config: Config
    ) -> Snapshot | None:
        files = files_of(_UNTOUCHED, await listing(repository, pull.head_sha, (*config.paths, *patterns(config))))
        newest = self._newest(repository, pull, files.matching(config.paths), history)
        facts = await Supply(newest.read, pull, files, config, self.osv).facts(newest)
        if isinstance(facts.sboms, Missing) or not facts.sboms:
            return None
        for pair in facts.sboms:
            if pair.head is not None:
                await self.sent.serves(pull.repository, pair.head.sha, pair.path, pull.base_ref)
        return Snapshot(
            pull,
            change=_UNTOUCHED,
            sboms=tuple(replace(pair, base=pair.head) for pair in facts.sboms),
            advisories=facts.advisories,
            vex=facts.vex,
            manifests=facts.manifests,
            day=day_of(self.now()),
        )


@dataclass(frozen=True, slots=True)
class _Newest(Sboms):
    """The bills of a branch: of each path the one that CI sent of its tip, else that in its tree, else the newest sent.

    Each is held against an empty one, so that there is something to ask about all that is in it. `graph`: whoever has a
    bill of the branch where none is found.
    """

    graph: Callable[[], Awaitable[Document | None]] = field(kw_only=True)

    async def pairs(self) -> tuple[SbomPair, ...] | Missing:
        """One pair a path."""
        paths = self.files.base
        if len(paths) > MOST_FILES:
            return Missing(f"more than {MOST_FILES} files match `sbom.paths`")
        in_tree = [await self.read(path, self.pull.head_sha, MAX_BYTES) for path in paths]
        came = await self._came()
        of_the_tip = (bill for bill in came if bill.sha == self.pull.head_sha)
        found = {bill.path: bill for bill in (*came, *in_tree, *of_the_tip) if bill is not None}
        if not found and (listed := await self.graph()):
            found = {listed.path: listed}
        return tuple(SbomPair(path, Document(path, bill.sha, _EMPTY), bill) for path, bill in sorted(found.items()))

    async def _came(self) -> list[Document]:
        """Of each path the newest that CI sent of a commit of the branch itself: one may come before the others."""
        found: dict[str, Document] = {}
        for behind in range(MOST):
            commit = await self.lineage.at(behind)
            if commit is None:
                break
            for path in await self.sent.paths_at(self.pull.repository, commit.sha):
                if path not in found:
                    content = await self.sent.get(self.pull.repository, commit.sha, path)
                    found |= {} if content is None else {path: decoded(path, commit.sha, content)}
        return list(found.values())


def _at(repository: str, branch: str, sha: str) -> Pull:
    """The branch as a change that changes nothing."""
    return Pull(repository, None, "", "", sha, branch, sha, branch, merge_base_sha=sha)


def _config(policy: object) -> Config | None:
    config = policy.checks.get("sbom") if isinstance(policy, Policy) else None
    return config if isinstance(config, Config) and config.mode is not Mode.OFF else None
