"""Fixes without the engine: evaluations, what follows on them, and the daily look, wired by hand over real HTTP.

A process can be killed between an effect on GitHub and its record; the next one works on the same database.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy.ext.asyncio import AsyncEngine

from app.archive import Archive
from app.gather.census import Census
from app.gather.default_branch import DefaultBranches
from app.gather.proposed import Proposed
from app.gather.reader import GitHubReader
from app.github.auth import Identity
from app.github.caller import Tuning
from app.github.client import GitHub
from app.github.myself import Myself
from app.github.repository import Repository
from app.github.sandbox import Repo, Sandbox
from app.github.sandbox.state import Pull
from app.model import FIX_BRANCH, Fix, Kind, Place, Trigger
from app.osv.client import Osv
from app.osv.sandbox import OsvSandbox
from app.publish.publisher import Publisher
from app.render.actions import DECISION, GitHubRenderer
from app.render.fix import FixRenderer
from app.store.advisories import Advisories
from app.store.bills import Bills
from app.store.database import connect
from app.store.decisions import Decisions
from app.store.effects import Effects
from app.store.fixes import Fixes
from app.store.measurements import Measurements
from app.store.provenance import Provenance
from app.wire import Wire, root
from handlers.advisories import DailyLook
from handlers.evaluate import Evaluation
from handlers.mending import Mending
from handlers.repair import Repairs
from tests.publish.scene import Crash
from tests.road.stories import PATH
from tests.road.town import github as local_github
from tests.storage import laid

RULES = "version: 1\nsbom: {mode: block, paths: [sbom.json], fix: {workflow: relock.yml}}\n"
RELOCK = "name: Relock\nrun-name: Relock ${{ inputs.maestro_id }}\non: workflow_dispatch\n"
IMPATIENT = Tuning(patience=0.5)  # seconds: a test does not wait for GitHub's hour to pass


@dataclass
class Workshop:
    """`skipped`: seconds by which our clock runs ahead. `measured`: how long each merged fix took."""

    sandbox: Sandbox
    osv: OsvSandbox
    github: GitHub
    session: aiohttp.ClientSession
    database: AsyncEngine
    skipped: float = 0.0
    measured: list[float] = field(default_factory=list)

    def now(self) -> float:
        return time.time() + self.skipped

    def restart(self) -> None:
        """Another process: it has no token yet."""
        app = self.sandbox.app
        identity = Identity(app.app_id, app.private_key)
        self.github = GitHub(identity, self.session, api_url=self.sandbox.url, tuning=IMPATIENT)

    # --- what Maestro does -----------------------------------------------------------------------------------

    async def evaluate(self, repo: Repo, number: int, effects: Effects | None = None) -> str | None:
        """Evaluate a pull request and do what follows; the conclusion of `maestro / decision` at its head.

        A Crash is let through: the process ends there.
        """
        trigger = Trigger(Kind.EVALUATE, repo.full_name, self._installation(repo), number, reason="test")
        judged = await Evaluation(self._reader(), self._publisher(Effects(self.database)), self._archive, _WORDS)(
            trigger, 0
        )
        for following in await self.repairs(effects).following(trigger, judged):
            await self.run(following, effects)
        head = repo.pull(number).head_sha
        ours = (run for run in repo.check_runs(head) if run.suite.app.id == self.sandbox.app.app_id)
        return next((run.conclusion for run in ours if run.name == DECISION), None)

    async def run(self, trigger: Trigger, effects: Effects | None = None) -> None:
        """Do what a trigger asks for, and what follows from that."""
        for following in (await self.repairs(effects)(trigger)).then:
            await self.run(following, effects)

    async def look(self, effects: Effects | None = None) -> None:
        """The daily look at all that there is."""
        for trigger in await DailyLook(Census(self.github))():
            await self.run(trigger, effects)

    async def hear_of_the_end(self, repo: Repo, number: int) -> None:
        """GitHub tells us that a pull request was closed."""
        await self.run(Trigger(Kind.REPAIR, repo.full_name, self._installation(repo), number, reason="closed"))

    async def hear_of_the_reopening(self, repo: Repo, number: int) -> None:
        """GitHub tells us that a pull request was reopened."""
        reason = "pull_request.reopened"
        await self.run(Trigger(Kind.REPAIR, repo.full_name, self._installation(repo), number, reason=reason))

    async def killed(self, repo: Repo, number: int, effects: Effects) -> bool:
        """Evaluate, in a process that may end on the way: did it?"""
        try:
            await self.evaluate(repo, number, effects)
        except Crash:
            return True
        return False

    # --- what there is ---------------------------------------------------------------------------------------

    async def fixes(self) -> list[Fix]:
        return sorted(await Fixes(self.database).listed(), key=lambda fix: fix.id)

    def proposed(self, repo: Repo) -> list[Pull]:
        """Our pull requests, the oldest first."""
        return [pull for pull in repo.state.pulls.values() if pull.head_ref.startswith(FIX_BRANCH)]

    def repairs(self, effects: Effects | None = None) -> Repairs:
        fixes, proposed = Fixes(self.database), Proposed(self._connect, pause=0.01)
        publisher = self._publisher(effects or Effects(self.database))
        mending = Mending(publisher, fixes, proposed, FixRenderer(), self.now, self.measured.append)
        bases = DefaultBranches(self._connect, Bills(self.database), self._asked, "test", self.now)
        return Repairs(self._archive, bases, proposed, fixes, mending)

    @property
    def _archive(self) -> Archive:
        return Archive(Decisions(self.database))

    @property
    def _asked(self) -> Osv:
        return Osv(Wire(self.session, root(self.osv.url)), Advisories(self.database))

    def _reader(self) -> GitHubReader:
        own_app, sent = self.sandbox.app.app_id, Measurements(self.database)
        bills = Bills(self.database)
        return GitHubReader(
            self._connect,
            own_app,
            sent,
            self._archive,
            "test",
            bills=bills,
            osv=self._asked,
            fixes=Fixes(self.database),
            now=self.now,
        )

    def _publisher(self, effects: Effects) -> Publisher:
        own_app, log = self.sandbox.app.app_id, Provenance(self.database)
        return Publisher(self._connect, effects, own_app, log, own_login=Myself(self.github))

    def _installation(self, repo: Repo) -> int:
        return self.sandbox.installation(repo.state.owner.login).id

    async def _connect(self, place: Place) -> Repository:
        assert place.installation is not None
        return Repository(self.github.installation(place.installation), place.repository)


_WORDS = GitHubRenderer()


@asynccontextmanager
async def workshop(directory: Path) -> AsyncIterator[Workshop]:
    """Open a workshop; it must be left without one violation of either contract."""
    database = connect(laid(directory).main)
    async with local_github() as sandbox, OsvSandbox() as osv, aiohttp.ClientSession() as session:
        identity = Identity(sandbox.app.app_id, sandbox.app.private_key)
        github = GitHub(identity, session, api_url=sandbox.url, tuning=IMPATIENT)
        yield Workshop(sandbox, osv, github, session, database)
        assert osv.violations == []
    await database.dispose()


def shop(sandbox: Sandbox, bill: str, manifest: str, rules: str = RULES) -> Repo:
    """octo/shop with this bill and this `package.json` on its default branch."""
    files = {PATH: rules, "sbom.json": bill, "package.json": manifest, ".github/workflows/relock.yml": RELOCK}
    return sandbox.repository("octo/shop", files, collaborators={"alice": "write", "root": "admin"})


def published(record: str) -> Mapping[str, Any]:
    """A record as the local OSV service takes it."""
    read: Mapping[str, Any] = json.loads(record)
    return read
