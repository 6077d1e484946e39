"""The sections of a Snapshot: only those that some configured check needs, read side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.gather.before import Baselines
from app.gather.change import Changed
from app.gather.contracts import PATTERN, contracts
from app.gather.dependency_graph import DependencyGraph
from app.gather.drifting import Watches, drifting
from app.gather.files import Files, files_of, from_github, listed
from app.gather.green import Green
from app.gather.guarded import Guards, NoGuards, Window, guarded
from app.gather.known_fixes import Remembered, known_fixes
from app.gather.lineage import Lineage
from app.gather.measured import Measured, Sent
from app.gather.missing import or_missing
from app.gather.patched import Saving
from app.gather.sboms import Sboms, SentBills
from app.gather.studies import StudiesOf, of_head
from app.gather.supply import Facts, Supply, patterns
from app.gather.testing import tests
from app.gather.trials import Trials, experiments
from app.gather.wanted import Wanted
from app.github.repository import Repository
from app.model import Dispatched
from app.osv.model import Source
from checks.drifting import Drifting
from checks.guarded import Guarded
from checks.held import Experiment
from checks.model import (
    Before,
    ContractText,
    Measurement,
    Missing,
    Need,
    Snapshot,
    TestFacts,
)
from checks.studied import Studied


@dataclass(frozen=True, slots=True)
class Outside:
    """Whoever else is asked: what was sent to us, who knows of advisories, whether a base commit was green, what
    experiments and studies say, how watched modules stand, and what guards saw.
    """

    measurements: Sent
    bills: SentBills
    osv: Source | None
    green: Green
    trials: Trials
    studies: StudiesOf
    watches: Watches
    fixes: Remembered | None = None
    guards: Guards = field(default_factory=NoGuards)


@dataclass(frozen=True, slots=True)
class Sections:
    """Reads the facts of what `changed` that are `wanted`."""

    repository: Repository
    own_app: int
    outside: Outside
    changed: Changed
    wanted: Wanted
    young: bool  # the head is so new that its checks may not have begun
    heavier: Sequence[Dispatched] = ()  # tests that were asked for on the head
    now: float = 0.0  # epoch seconds

    async def snapshot(self) -> Snapshot:
        """All sections, each a fact or the reason it is missing."""
        tests_read, files = await asyncio.gather(self._tests(), self._files())
        forked = self.changed.forked
        lineage = None if forked is None else Lineage(forked, self.repository.history)
        contracts_read, supply = await asyncio.gather(self._contracts(files), self._supply(files, tests_read, lineage))
        return Snapshot(
            pull=self.changed.pull,
            change=self.changed.facts,
            tests=tests_read,
            measurements=await self._measured(contracts_read),
            before=await self._before(contracts_read, lineage),
            contracts=contracts_read,
            sboms=supply.sboms,
            advisories=supply.advisories,
            vex=supply.vex,
            manifests=supply.manifests,
            fixes=await known_fixes(self.outside.fixes, self.changed.pull) if self.wanted.supply() else None,
            experiments=await self._experiments(),
            studies=await self._studies(),
            drift=await self._drift(),
            guarded=await self._guarded(files, tests_read),
        )

    async def _tests(self) -> TestFacts | Missing | None:
        if not self.wanted.needs(Need.TESTS):
            return None
        sha = self.changed.pull.head_sha
        asked = tests(self.repository, sha, self.own_app, self.heavier)
        found = await or_missing(asked, "reading test results")
        if self.young and isinstance(found, TestFacts) and not (found.runs or found.escalated):
            return Missing(f"no check has begun on {sha[:7]} yet", coming=True)
        return found

    async def _files(self) -> Files | Missing:
        """One listing of the base serves contracts, bills and what belongs to them alike."""
        if isinstance(self.changed.facts, Missing):
            return self.changed.facts
        globs = ((PATTERN,) if self.wanted.needs(Need.CONTRACTS) else ()) + self.wanted.paths(Need.SBOMS)
        globs += self.wanted.paths(Need.SPECLIVE)
        if not globs:
            return files_of(self.changed.facts, ())
        config = self.wanted.supply()
        globs += patterns(config) if config else ()
        base = await or_missing(listed(self.repository, self.changed.pull.base_sha, globs), "listing the base's files")
        return base if isinstance(base, Missing) else files_of(self.changed.facts, base.paths, base.whole)

    async def _contracts(self, files: Files | Missing) -> tuple[ContractText, ...] | Missing | None:
        if not self.wanted.needs(Need.CONTRACTS):
            return None
        if isinstance(files, Missing):
            return files
        return await or_missing(contracts(from_github(self.repository), self.changed.pull, files), "reading contracts")

    async def _supply(
        self, files: Files | Missing, tests_read: TestFacts | Missing | None, lineage: Lineage | None
    ) -> Facts:
        config = self.wanted.supply()
        if config is None:
            return Facts()
        if isinstance(files, Missing) or lineage is None:
            missing = files if isinstance(files, Missing) else _ROOTLESS
            return Facts(missing, missing, missing, missing)
        read = from_github(self.repository)
        bills = files.matching(self.wanted.paths(Need.SBOMS))
        coming = self.young or _running(tests_read)
        saving = Saving(read, lineage.forked.sha, self.changed.pull.head_sha, self.changed.patches)
        sboms = Sboms(saving, self.outside.bills, self.changed.pull, bills, lineage, self.outside.green, coming)
        graph = DependencyGraph(self.repository, lineage.forked.sha, self.changed.pull.head_sha)
        return await Supply(read, self.changed.pull, files, config, self.outside.osv or graph).facts(sboms)

    async def _experiments(self) -> tuple[Experiment, ...] | None:
        if not self.wanted.needs(Need.EXPERIMENTS):
            return None
        return await experiments(self.outside.trials, self.changed.pull.repository, self.changed.pull.head_sha)

    async def _drift(self) -> tuple[Drifting, ...] | None:
        if not self.wanted.needs(Need.DRIFT):
            return None
        return await drifting(self.outside.watches, self.changed.pull.repository)

    async def _guarded(
        self, files: Files | Missing, tests_read: TestFacts | Missing | None
    ) -> Guarded | Missing | None:
        config = self.wanted.guarding()
        if config is None:
            return None
        if isinstance(files, Missing):
            return files
        pull = self.changed.pull
        forked = pull.merge_base_sha or pull.base_sha
        saving = Saving(from_github(self.repository), forked, pull.head_sha, self.changed.patches)
        window = Window(self.now, self.young or _running(tests_read))
        cards = files.matching(self.wanted.paths(Need.SPECLIVE))
        return await or_missing(guarded(self.outside.guards, saving, pull, cards, config, window), "reading Spec Cards")

    async def _studies(self) -> tuple[Studied, ...] | None:
        if not self.wanted.needs(Need.STUDIES):
            return None
        pull = self.changed.pull
        return await of_head(self.outside.studies, pull.repository, pull.number, pull.head_sha)

    async def _measured(self, contracts_read: object) -> tuple[Measurement, ...] | Missing | None:
        if not self.wanted.needs(Need.MEASUREMENTS):
            return None
        names = self.wanted.measurements(contracts_read if isinstance(contracts_read, tuple) else ())
        measured = Measured(self.outside.measurements, self.repository)
        return await or_missing(measured.of(self.changed.pull, names), "reading measurements")

    async def _before(self, contracts_read: object, lineage: Lineage | None) -> tuple[Before, ...] | Missing | None:
        if not self.wanted.needs(Need.MEASUREMENTS):
            return None
        names = self.wanted.baselines(contracts_read if isinstance(contracts_read, tuple) else ())
        if names and lineage is None:
            return _ROOTLESS
        if not names or lineage is None:
            return ()
        found = Baselines(self.outside.measurements, self.repository, self.changed.pull, lineage)
        return await or_missing(found.of(names), "reading what the base measured")


_ROOTLESS = Missing("nobody says where the change left its base")


def _running(tests_read: TestFacts | Missing | None) -> bool:
    """May the checks of others still bring something? Where nobody asked for tests, that is not known."""
    return isinstance(tests_read, TestFacts) and any(run.status != "completed" for run in tests_read.runs)
