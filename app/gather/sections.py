"""The sections of a Snapshot: only those that some configured check needs, read side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from app.gather.contracts import PATTERN, contracts
from app.gather.files import at_head, listing
from app.gather.measured import Measured
from app.gather.missing import or_missing
from app.gather.sboms import sboms
from app.gather.testing import tests
from app.github.repository import Repository
from app.store.measurements import Measurements
from checks import contract, sbom
from checks.decide import Policy, asked
from checks.globs import matches
from checks.judge import Unreadable
from checks.model import (
    ChangeFacts,
    Check,
    CheckConfig,
    ContractText,
    Measurement,
    Missing,
    Need,
    Pull,
    SbomPair,
    Snapshot,
    TestFacts,
)
from checks.registry import BY_NAME

_BUILT_IN = frozenset({"tests", "risk"})


@dataclass(frozen=True, slots=True)
class Files:
    """Which of the files that checks read exist at the base and at the head, and the change between the two."""

    change: ChangeFacts
    base: tuple[str, ...]
    head: tuple[str, ...]

    def matching(self, patterns: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Those that match any of `patterns`, at the base and at the head."""
        return (
            tuple(path for path in self.base if matches(path, patterns)),
            tuple(path for path in self.head if matches(path, patterns)),
        )


@dataclass(frozen=True, slots=True)
class Sections:
    """Reads the facts of `pull` that `rules` (the base's, and the head's where it edits them) ask for."""

    repository: Repository
    own_app: int
    measurements: Measurements
    pull: Pull
    change: ChangeFacts | Missing
    rules: tuple[Policy | Unreadable | None, ...]

    async def snapshot(self) -> Snapshot:
        """All sections, each a fact or the reason it is missing."""
        tests_read, files = await asyncio.gather(self._tests(), self._files())
        contracts_read, sboms_read = await asyncio.gather(self._contracts(files), self._sboms(files))
        return Snapshot(
            pull=self.pull,
            change=self.change,
            tests=tests_read,
            measurements=await self._measured(contracts_read),
            contracts=contracts_read,
            sboms=sboms_read,
        )

    def _configs(self) -> Iterable[tuple[Check, CheckConfig]]:
        return chain.from_iterable(asked(policy) for policy in self.rules if isinstance(policy, Policy))

    def _needs(self, need: Need) -> bool:
        return any(need in check.needs for check, _ in self._configs())

    def _sbom_paths(self) -> tuple[str, ...]:
        return tuple(path for _, config in self._configs() if isinstance(config, sbom.Config) for path in config.paths)

    async def _tests(self) -> TestFacts | Missing | None:
        if not self._needs(Need.TESTS):
            return None
        return await or_missing(tests(self.repository, self.pull.head_sha, self.own_app), "reading test results")

    async def _files(self) -> Files | Missing:
        """One listing of the base serves contracts and SBOMs alike."""
        if isinstance(self.change, Missing):
            return self.change
        patterns = ((PATTERN,) if self._needs(Need.CONTRACTS) else ()) + self._sbom_paths()
        if not patterns:
            return Files(self.change, (), ())
        base = await or_missing(listing(self.repository, self.pull.base_sha, patterns), "listing the base's files")
        return base if isinstance(base, Missing) else Files(self.change, base, at_head(base, self.change, patterns))

    async def _contracts(self, files: Files | Missing) -> tuple[ContractText, ...] | Missing | None:
        if not self._needs(Need.CONTRACTS):
            return None
        if isinstance(files, Missing):
            return files
        base, head = files.matching((PATTERN,))
        return await or_missing(contracts(self.repository, self.pull, files.change, base, head), "reading contracts")

    async def _sboms(self, files: Files | Missing) -> tuple[SbomPair, ...] | Missing | None:
        if not self._needs(Need.SBOMS):
            return None
        if isinstance(files, Missing):
            return files
        base, head = files.matching(self._sbom_paths())
        return await or_missing(sboms(self.repository, self.pull, files.change, base, head), "reading SBOMs")

    async def _measured(self, texts: object) -> tuple[Measurement, ...] | Missing | None:
        if not self._needs(Need.MEASUREMENTS):
            return None
        written = texts if isinstance(texts, tuple) else ()
        named = frozenset[str]().union(
            *(contract.names(config, written) for _, config in self._configs() if isinstance(config, contract.Config))
        )
        wanted = frozenset(name for name in named - _BUILT_IN if name.partition(".")[0] not in BY_NAME)
        return await or_missing(
            Measured(self.measurements, self.repository).of(self.pull, wanted), "reading measurements"
        )
