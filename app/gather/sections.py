"""The sections of a Snapshot: only those that some configured check needs, read side by side."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from app.gather.contracts import PATTERN, contracts
from app.gather.files import Files, files_of, from_github, listing
from app.gather.measured import Measured, Sent
from app.gather.missing import or_missing
from app.gather.sboms import sboms
from app.gather.testing import tests
from app.gather.wanted import Wanted
from app.github.repository import Repository
from checks.model import (
    ChangeFacts,
    ContractText,
    Measurement,
    Missing,
    Need,
    Pull,
    SbomPair,
    Snapshot,
    TestFacts,
)


@dataclass(frozen=True, slots=True)
class Sections:
    """Reads the facts of `pull` that are `wanted`."""

    repository: Repository
    own_app: int
    measurements: Sent
    pull: Pull
    change: ChangeFacts | Missing
    wanted: Wanted
    young: bool  # the head is so new that its checks may not have begun

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

    async def _tests(self) -> TestFacts | Missing | None:
        if not self.wanted.needs(Need.TESTS):
            return None
        found = await or_missing(tests(self.repository, self.pull.head_sha, self.own_app), "reading test results")
        if self.young and isinstance(found, TestFacts) and not found.runs:
            return Missing(f"no check has begun on {self.pull.head_sha[:7]} yet", coming=True)
        return found

    async def _files(self) -> Files | Missing:
        """One listing of the base serves contracts and SBOMs alike."""
        if isinstance(self.change, Missing):
            return self.change
        patterns = ((PATTERN,) if self.wanted.needs(Need.CONTRACTS) else ()) + self.wanted.paths(Need.SBOMS)
        if not patterns:
            return files_of(self.change, ())
        base = await or_missing(listing(self.repository, self.pull.base_sha, patterns), "listing the base's files")
        return base if isinstance(base, Missing) else files_of(self.change, base)

    async def _contracts(self, files: Files | Missing) -> tuple[ContractText, ...] | Missing | None:
        if not self.wanted.needs(Need.CONTRACTS):
            return None
        if isinstance(files, Missing):
            return files
        return await or_missing(contracts(from_github(self.repository), self.pull, files), "reading contracts")

    async def _sboms(self, files: Files | Missing) -> tuple[SbomPair, ...] | Missing | None:
        if not self.wanted.needs(Need.SBOMS):
            return None
        if isinstance(files, Missing):
            return files
        paths = self.wanted.paths(Need.SBOMS)
        return await or_missing(sboms(from_github(self.repository), self.pull, files, paths), "reading SBOMs")

    async def _measured(self, contracts_read: object) -> tuple[Measurement, ...] | Missing | None:
        if not self.wanted.needs(Need.MEASUREMENTS):
            return None
        names = self.wanted.measurements(contracts_read if isinstance(contracts_read, tuple) else ())
        return await or_missing(
            Measured(self.measurements, self.repository).of(self.pull, names), "reading measurements"
        )
