"""The same facts from a git checkout: the road's other reader, for a laptop or a CI job without credentials."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from app.config import PATH
from app.gather import checkout_rules
from app.gather.checkout_rules import BUILT_IN, Rules
from app.gather.contracts import MAX_BYTES as CONTRACT_BYTES
from app.gather.contracts import MOST_FILES as MOST_CONTRACTS
from app.gather.contracts import PATTERN
from app.gather.files import at_head, decoded, touched
from app.gather.git import Git, GitError
from app.gather.sboms import MAX_BYTES as SBOM_BYTES
from app.gather.sboms import MOST_FILES as MOST_SBOMS
from checks import sbom
from checks.decide import Policy, asked
from checks.globs import matches
from checks.judge import Case, Unreadable
from checks.model import (
    ChangeFacts,
    ContractText,
    Document,
    Measurement,
    Missing,
    Origin,
    Pull,
    SbomPair,
    Snapshot,
    TestFacts,
    TestRun,
)

_CONCLUSIONS = {"pass": "success", "fail": "failure"}
_NOT_HERE = "a checkout cannot ask GitHub; bring {} with --measurements FILE"


class UnknownRef(Exception):
    """A ref that the checkout does not know, or two without the history between them."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """Reads `head` against `base`. `measured`: what the caller brings; `rules`: a configuration it brings, or None."""

    git: Git
    base: str
    head: str
    measured: tuple[Measurement, ...]
    rules: Rules | None
    version: str

    async def case(self) -> Case:
        """The case as this checkout tells it. Raises UnknownRef, and GitError where git itself fails."""
        pull, change = await self._change()
        ends = await self._ends(pull)
        found = self.rules or await self._rules(pull, ends)
        policy, edited = checkout_rules.policy(found, pull), await self._edited(found, pull, change, ends)
        contracts = await self._contracts(change, ends)
        sboms = await self._sboms(change, ends, (policy, edited))
        if found is BUILT_IN and not sboms and isinstance(policy, Policy):
            policy = replace(policy, checks={"risk": policy.checks["risk"]})  # nobody asked for a bill of materials
        snapshot = Snapshot(
            pull=pull,
            change=change,
            tests=_tests(self.measured),
            measurements=tuple(one for one in self.measured if one.name != "tests"),
            contracts=contracts,
            sboms=sboms,
        )
        return Case(snapshot, policy, edited, self.version)

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
        try:
            return await self.git.commit(ref)
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

    async def _ends(self, pull: Pull) -> _Ends:
        left = pull.merge_base_sha or pull.base_sha
        base, head = await asyncio.gather(self.git.files(pull.base_sha), self.git.files(pull.head_sha))
        return _Ends(pull, base, base if left == pull.base_sha else await self.git.files(left), head)

    # --- the rules -----------------------------------------------------------------------------------------------

    async def _rules(self, pull: Pull, ends: _Ends) -> Rules:
        """The base's configuration; a checkout without one is judged by the nearest there is, and told so."""
        if PATH in ends.base:
            return Rules(await self.git.content(ends.base[PATH]))
        if PATH in ends.head:
            text = await self.git.content(ends.head[PATH])
            return Rules(text, note=f"{pull.base_ref} has no {PATH}; judged by the head's own")
        file = self.git.root / PATH
        if file.is_file():
            return Rules(file.read_bytes(), note=f"{PATH} is not committed yet; judged by the working tree's")
        return BUILT_IN

    async def _edited(self, found: Rules, pull: Pull, change: ChangeFacts, ends: _Ends) -> Policy | Unreadable | None:
        """The base's rules as this change would leave them; None when it leaves them alone."""
        if self.rules is not None or found.note or PATH not in ends.head or not touched(change)(PATH):
            return None
        return checkout_rules.policy(Rules(await self.git.content(ends.head[PATH])), pull)

    # --- the files -----------------------------------------------------------------------------------------------

    async def _contracts(self, change: ChangeFacts, ends: _Ends) -> tuple[ContractText, ...] | Missing:
        changes = touched(change)
        base = [path for path in sorted(ends.base) if matches(path, (PATTERN,))]
        head = [path for path in at_head(base, change, (PATTERN,)) if changes(path)]
        if len(base) + len(head) > MOST_CONTRACTS:
            return Missing(f"more than {MOST_CONTRACTS} contract files: {PATTERN}")
        written = [
            (origin, await self._document(path, sha, blobs, CONTRACT_BYTES))
            for origin, sha, blobs, paths in (
                (Origin.BASE, ends.pull.base_sha, ends.base, base),
                (Origin.HEAD, ends.pull.head_sha, ends.head, head),
            )
            for path in paths
        ]
        return tuple(
            ContractText(origin, found.path, found.missing.reason if found.missing else found.text)
            for origin, found in written
            if found is not None
        )

    async def _sboms(
        self, change: ChangeFacts, ends: _Ends, policies: Iterable[Policy | Unreadable | None]
    ) -> tuple[SbomPair, ...] | Missing:
        patterns, changes = _sbom_paths(policies), touched(change)
        base = {path for path in ends.base if matches(path, patterns)}
        paths = sorted(base.union(at_head(base, change, patterns)))
        if len(paths) > MOST_SBOMS:
            return Missing(f"more than {MOST_SBOMS} files match `sbom.paths`")
        return tuple([await self._pair(path, ends) if changes(path) else _same(path, ends.pull) for path in paths])

    async def _pair(self, path: str, ends: _Ends) -> SbomPair:
        left = ends.pull.merge_base_sha or ends.pull.base_sha
        return SbomPair(
            path,
            await self._document(path, left, ends.left, SBOM_BYTES),
            await self._document(path, ends.pull.head_sha, ends.head, SBOM_BYTES),
        )

    async def _document(self, path: str, sha: str, blobs: Mapping[str, str], max_bytes: int) -> Document | None:
        if path not in blobs:
            return None
        if await self.git.size(blobs[path]) > max_bytes:
            return Document(path, sha, missing=Missing(f"{path} is larger than {max_bytes} bytes"))
        return decoded(path, sha, await self.git.content(blobs[path]))


@dataclass(frozen=True, slots=True)
class _Ends:
    """The files, path → blob, of the base's tip, of the commit where the head left it, and of the head."""

    pull: Pull
    base: Mapping[str, str]
    left: Mapping[str, str]
    head: Mapping[str, str]


def _same(path: str, pull: Pull) -> SbomPair:
    """A file that the change leaves alone is not read: it is equal to itself."""
    return SbomPair(path, Document(path, pull.base_sha), Document(path, pull.head_sha))


def _sbom_paths(policies: Iterable[Policy | Unreadable | None]) -> tuple[str, ...]:
    configs = (config for policy in policies if isinstance(policy, Policy) for _, config in asked(policy))
    return tuple(path for config in configs if isinstance(config, sbom.Config) for path in config.paths)


def _tests(measured: Iterable[Measurement]) -> TestFacts | Missing:
    """The caller's word for its test run: `"tests": "pass"` or `"fail"`."""
    given = next((one for one in measured if one.name == "tests"), None)
    if given is None:
        return Missing(_NOT_HERE.format("the result of your tests"))
    conclusion = _CONCLUSIONS.get(str(given.value))
    if conclusion is None:
        return Missing(f'`tests` must be "pass" or "fail", not {given.value!r}')
    return TestFacts((TestRun("tests", "completed", conclusion, given.url, "local"),), source="--measurements")
