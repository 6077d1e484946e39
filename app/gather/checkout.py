"""The same facts from a git checkout: the road's other reader, for a laptop or a CI job without credentials."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.config import PATH
from app.gather import checkout_rules
from app.gather.checkout_rules import Rules
from app.gather.contracts import contracts
from app.gather.day import day_of
from app.gather.files import Files, decoded, files_of, too_large, touched
from app.gather.git import Git, GitError
from app.gather.green import unknowable
from app.gather.guarded import cards
from app.gather.lineage import MOST, Lineage
from app.gather.sboms import NothingSent, Sboms
from app.gather.supply import Facts, Supply
from app.gather.wanted import Wanted, wanted_by
from app.github.records import Commit
from app.osv.model import Source
from checks import sbom
from checks.decide import Policy
from checks.guarded import Guarded
from checks.judge import Case, Removed, Unreadable
from checks.model import (
    Advisories,
    Baseline,
    Before,
    ChangeFacts,
    Document,
    Measurement,
    Missing,
    Need,
    Pull,
    Snapshot,
    TestFacts,
    TestRun,
)
from checks.sbom.rules.policy import Sources

MeasuredAt = Callable[[str], tuple[Measurement, ...]]
MeasuredBefore = Callable[[Sequence[str]], tuple[int, tuple[Measurement, ...]]]
"""What was measured on the base, of the commits given, the newest first: which of them it is of, and what."""


def nothing_before(_line: Sequence[str]) -> tuple[int, tuple[Measurement, ...]]:
    """For whoever brings no baseline."""
    return 0, ()


_CONCLUSIONS = {"pass": "success", "fail": "failure"}
_UNASKED = "the SBOMs alone: OSV is not asked from a checkout; bring advisories with --osv DIR|FILE"
_NO_CHANGE = "base and head are the same commit: nothing has changed"
_NOBODY = Missing("a checkout cannot ask GitHub")
_NOT_HERE = f"{_NOBODY.reason}; bring {{}} with --measurements FILE"


class UnknownRef(Exception):
    """A ref that the checkout does not know, or two without the history between them."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """Reads `head` against `base`. `measured`: what the caller knows of a commit; `rules`: its own, or None.

    It asks nobody: where the rules want OSV to be asked and the caller brings no advisories, those of the bills count.
    Bills are held against where the change left its base; whether that was green, a checkout cannot tell.
    """

    git: Git
    base: str
    head: str
    measured: MeasuredAt
    rules: Rules | None
    version: str
    osv: Source | None = None  # the advisories that the caller brings
    before: MeasuredBefore = nothing_before
    now: Callable[[], float] = time.time

    async def case(self) -> Case:
        """The case as this checkout tells it. Raises UnknownRef, and GitError where git itself fails."""
        pull, change = await self._change()
        trees = await self._trees(pull)
        files = files_of(change, trees.files[pull.base_sha])
        found = self.rules or await self._rules(pull, trees) or checkout_rules.built_in(files)
        policy, edited = checkout_rules.policy(found, pull), await self._edited(found, pull, change, trees)
        if isinstance(policy, Policy) and pull.head_sha == pull.base_sha:
            policy = replace(policy, notes=(*policy.notes, _NO_CHANGE))
        measured = self.measured(pull.head_sha)
        wanted = wanted_by(policy, edited)
        written = await contracts(trees.document, pull, files)
        names = wanted.measurements(written if isinstance(written, tuple) else ())
        supply = await self._supply(wanted, pull, files, trees)
        snapshot = Snapshot(
            pull=pull,
            change=change,
            tests=_tests(measured),
            measurements=_numbers(measured, names),
            before=await self._before(pull, wanted.baselines(written if isinstance(written, tuple) else ())),
            contracts=written,
            sboms=supply.sboms,
            advisories=supply.advisories,
            vex=supply.vex,
            manifests=supply.manifests,
            experiments=_NOBODY if wanted.needs(Need.EXPERIMENTS) else None,
            drift=_NOBODY if wanted.needs(Need.DRIFT) else None,
            studies=_NOBODY if wanted.needs(Need.STUDIES) else None,
            guarded=await _guarded(wanted, pull, files, trees),
            day=day_of(self.now()),
        )
        return Case(snapshot, policy, edited, self.version)

    # --- the supply chain ----------------------------------------------------------------------------------------

    async def _supply(self, wanted: Wanted, pull: Pull, files: Files, trees: _Trees) -> Facts:
        config = wanted.supply()
        if config is None:
            return Facts()
        forked = pull.merge_base_sha or pull.base_sha
        lineage = Lineage(Commit(forked, at=await self.git.committed_at(forked)))
        bills = files.matching(wanted.paths(Need.SBOMS))
        sboms = Sboms(trees.document, NothingSent(), pull, bills, lineage, unknowable)
        supply = Supply(trees.document, pull, files, self._with_own_source(config), self.osv)
        return self._with_own_words(await supply.facts(sboms), config)

    def _with_own_source(self, config: sbom.Config) -> sbom.Config:
        """What the caller brings counts before what the rules name; and OSV is not asked from here."""
        source = "osv" if self.osv else "bill" if config.advisories.source == "osv" else config.advisories.source
        paths = config.advisories.paths if source == "files" else ()
        return config.model_copy(update={"advisories": Sources.model_validate({"source": source, "paths": paths})})

    def _with_own_words(self, facts: Facts, config: sbom.Config) -> Facts:
        """Tell whoever reads of advisories that OSV was not asked, where the rules want it to be."""
        if not isinstance(facts.advisories, Advisories) or config.advisories.source != "osv" or self.osv is not None:
            return facts
        return replace(facts, advisories=replace(facts.advisories, source=_UNASKED))

    async def _before(self, pull: Pull, names: frozenset[str]) -> tuple[Before, ...]:
        """The caller's word for what the base measured; only the caller can bring it."""
        line = await self.git.line(pull.merge_base_sha or pull.base_sha, MOST)
        behind, measured = self.before(line)
        at = Baseline(line[behind], behind=behind)
        brought = {one.name: Before(one, at) for one in measured if one.name in names}
        absent = {name: Before(Measurement(name, None, source="file", missing=_NOBODY)) for name in names}
        return tuple(one for _, one in sorted({**absent, **brought}.items()))

    # --- the change ----------------------------------------------------------------------------------------------

    async def _change(self) -> tuple[Pull, ChangeFacts]:
        base, head = await self._commit(self.base), await self._commit(self.head)
        forked = await self.git.merge_base(base, head)
        if not forked and await self.git.shallow():
            raise UnknownRef(
                f"this shallow clone does not reach back to where {self.head} left {self.base}; "
                "fetch the rest (git fetch --unshallow)"
            )
        author, title = await self.git.described(head)
        pull = Pull(
            repository=self.git.root.name,
            number=None,
            title=title,
            author=author,
            head_sha=head,
            head_ref=await self.git.branch(self.head),
            base_sha=base,
            base_ref=self.base,
            merge_base_sha=forked,
        )
        left = forked or base
        files, messages = await asyncio.gather(self.git.changes(left, head), self.git.messages(left, head))
        return pull, ChangeFacts(files, messages)

    async def _commit(self, ref: str) -> str:
        """The commit of `ref`; of a branch and a tag of one name the branch is meant, as on GitHub."""
        branch = f"refs/heads/{ref}"
        try:
            return await self.git.commit(branch if await self._has(branch) else ref)
        except GitError:
            raise UnknownRef(f"{ref!r} names no commit here{await self._hint(ref)}") from None

    async def _hint(self, ref: str) -> str:
        """What a person with such a checkout probably wants to hear."""
        if not await self._has("HEAD"):
            return ": the repository has no commit yet"
        if await self._has(f"origin/{ref}"):
            return f"; did you mean origin/{ref}?"
        return "; this clone is shallow: fetch more (git fetch --unshallow)" if await self.git.shallow() else ""

    async def _has(self, ref: str) -> bool:
        try:
            return bool(await self.git.commit(ref))
        except GitError:
            return False

    async def _trees(self, pull: Pull) -> _Trees:
        commits = sorted({pull.base_sha, pull.merge_base_sha or pull.base_sha, pull.head_sha})
        listed = await asyncio.gather(*map(self.git.files, commits))
        return _Trees(self.git, dict(zip(commits, listed, strict=True)))

    # --- the rules -----------------------------------------------------------------------------------------------

    async def _rules(self, pull: Pull, trees: _Trees) -> Rules | None:
        """The base's configuration; a checkout without one is judged by the nearest there is, and told so."""
        if PATH in trees.files[pull.base_sha]:
            return Rules(await trees.content(PATH, pull.base_sha))
        if PATH in trees.files[pull.head_sha]:
            text = await trees.content(PATH, pull.head_sha)
            return Rules(text, note=f"{pull.base_ref} has no {PATH}; judged by the head's own")
        file = self.git.root / PATH
        if file.is_file():
            return Rules(file.read_bytes(), note=f"{PATH} is not committed yet; judged by the working tree's")
        return None

    async def _edited(
        self, found: Rules, pull: Pull, change: ChangeFacts, trees: _Trees
    ) -> Policy | Unreadable | Removed | None:
        """The base's rules as this change would leave them; None when it leaves them alone."""
        if self.rules is not None or found.note or not touched(change)(PATH):
            return None
        if PATH not in trees.files[pull.head_sha]:
            return Removed()
        return checkout_rules.policy(Rules(await trees.content(PATH, pull.head_sha)), pull)


@dataclass(frozen=True, slots=True)
class _Trees:
    """The files of the commits that matter: sha → path → blob."""

    git: Git
    files: Mapping[str, Mapping[str, str]]

    async def content(self, path: str, sha: str) -> bytes:
        """What the file holds."""
        return await self.git.content(self.files[sha][path])

    async def document(self, path: str, sha: str, max_bytes: int) -> Document | None:
        """The file as gather reads files."""
        if path not in self.files[sha]:
            return None
        if await self.git.size(self.files[sha][path]) > max_bytes:
            return too_large(path, sha, max_bytes)
        return decoded(path, sha, await self.content(path, sha))


async def _guarded(wanted: Wanted, pull: Pull, files: Files, trees: _Trees) -> Guarded | None:
    """The cards alone: what guards saw, a checkout does not know."""
    if wanted.guarding() is None:
        return None
    features, unread = await cards(trees.document, pull, files.matching(wanted.paths(Need.SPECLIVE)), everything=True)
    return Guarded(features, unread=unread)


def _numbers(measured: Iterable[Measurement], wanted: frozenset[str]) -> tuple[Measurement, ...]:
    """The caller's numbers; of the others that are wanted, only the caller can bring them."""
    brought = {one.name: one for one in measured if one.name != "tests"}
    absent = (Measurement(name, None, source="file", missing=_NOBODY) for name in sorted(wanted - brought.keys()))
    return (*brought.values(), *absent)


def _tests(measured: Iterable[Measurement]) -> TestFacts | Missing:
    """The caller's word for its test run: `"tests": "pass"` or `"fail"`."""
    given = next((one for one in measured if one.name == "tests"), None)
    if given is None:
        return Missing(_NOT_HERE.format("the result of your tests"))
    conclusion = _CONCLUSIONS.get(str(given.value))
    if conclusion is None:
        return Missing(f'`tests` must be "pass" or "fail", not {given.value!r}')
    run = TestRun("tests", "completed", conclusion, given.url, "local", 1 if given.n is None else given.n)
    return TestFacts((run,), source="--measurements")
