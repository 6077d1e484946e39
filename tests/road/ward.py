"""The drift watch without the engine, wired by hand over real HTTP, with a clock that a test moves from day to day."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy.ext.asyncio import AsyncEngine

from app.gather.modules import Modules
from app.gather.pulled import PulledDays
from app.gather.shelf import Shelves
from app.gather.suspects import Suspects
from app.github.auth import Identity
from app.github.caller import Tuning
from app.github.client import GitHub
from app.github.myself import Myself
from app.github.repository import Repository
from app.github.sandbox import Repo, Sandbox
from app.model import Done, KeptModule, Kind, Later, Place, SentBatch, Trigger
from app.publish.publisher import Publisher
from app.render.capability import Pages, derived
from app.render.drift_issue import DriftTexts
from app.sources import Sources
from app.store.database import connect
from app.store.drift import Drifts
from app.store.effects import Effects
from app.store.provenance import Provenance
from checks.drift.alarm import Course, load
from handlers.drift import DriftWatch
from handlers.pulling import Pulling
from handlers.remedy import Remedy
from handlers.stabilising import Stabilising
from tests.checks.drift.module import day_of_rows
from tests.road.stories import PATH
from tests.road.town import github as local_github
from tests.storage import laid

PAGES = Pages("https://maestro.example", derived("a private key"))
RULES = """version: 1
drift:
  modules:
    - name: ranking
      paths: [ranking/**]
      reference: {days: 3}
      limits: {recovery_days: 3}
      features:
        - {name: price, kind: numeric}
        - {name: card, kind: categorical, role: output}
"""
REMEDIED = (
    RULES
    + """      remediation:
        files: [{prepared: ranking/safe.bin, live: ranking/model.bin}]
        workflow: retrain.yml
"""
)
RETRAIN = "name: Retrain\nrun-name: Retrain ${{ inputs.maestro_id }}\non: workflow_dispatch\n"
FILES: dict[str, str | bytes] = {
    "ranking/safe.bin": b"\xff\x00safe",
    "ranking/model.bin": b"\xff\x00live",
    ".github/workflows/retrain.yml": RETRAIN,
}
MODEL = b"\xff\x00live"
_DAY = 86_400.0


@dataclass
class Ward:
    """Octo/shop and its module `ranking`. `day` is today's, at three in the morning by UTC."""

    sandbox: Sandbox
    repo: Repo
    github: GitHub
    database: AsyncEngine
    session: aiohttp.ClientSession
    sources: Sources = field(default_factory=Sources)
    pulled: PulledDays | None = None
    start: float = field(default_factory=lambda: time.time() // _DAY * _DAY)
    day: int = 0
    hours: float = 3.0
    sent: int = 0

    def now(self) -> float:
        """Day 0 is the sandbox's own today."""
        return self.start + self.day * _DAY + self.hours * 3_600.0

    def ordinal(self, day: int) -> int:
        return datetime.fromtimestamp(self.start + day * _DAY, UTC).date().toordinal()

    @property
    def drifts(self) -> Drifts:
        return Drifts(self.database, lambda: int(self.now() * 1e6))

    @property
    def watch(self) -> DriftWatch:
        """Another worker over the same database."""
        publisher = Publisher(
            self._connect,
            Effects(self.database),
            self.sandbox.app.app_id,
            Provenance(self.database),
            own_login=Myself(self.github),
        )
        texts = DriftTexts(PAGES.address)
        remedy = Remedy(publisher, Shelves(self._connect), texts)
        stabilising = Stabilising(publisher, Suspects(self._connect), remedy, texts, self.now)
        pulling = Pulling(self.pulled or PulledDays(self.sources, self.session, self.now, glance=30.0), self.drifts)
        return DriftWatch(Modules(self._connect), self.drifts, pulling, stabilising, self.now)

    async def ruled(self) -> tuple[Trigger, ...]:
        """The default branch got its rules."""
        return await self.watch.ruled(self._trigger(Kind.SWEEP, base_ref="main"))

    async def send(self, day: int, moved: float = 0.0, rows: int = 500, seed: int | None = None) -> None:
        """One batch of a day."""
        self.sent += 1
        features = day_of_rows(1_000 + day if seed is None else seed, moved, rows)
        batch = SentBatch(f"{self.sent}", self.ordinal(day), f"{self.sent}", features)
        await self.drifts.take((await self.kept()).id, batch)

    async def look(self) -> Done | Later:
        """The timer comes round."""
        return await self.watch(self._trigger(Kind.DRIFT, module="ranking"))

    async def days(self, first: int, last: int, moved: float = 0.0) -> Course:
        """Each day a batch, and a look in the morning after."""
        for day in range(first, last + 1):
            self.day = day
            await self.send(day, moved)
            self.day = day + 1
            await self.look()
        return await self.course()

    async def kept(self) -> KeptModule:
        found = await self.drifts.get("octo/shop", "ranking")
        assert found is not None
        return found

    async def course(self) -> Course:
        return load((await self.kept()).course)

    def issues(self) -> list[Any]:
        return list((self.repo.state.issues or {}).values())

    def deployed(self, day: float, sha: str, environment: str = "production") -> None:
        """A commit begins to serve, at this day by the sandbox's own clock."""
        self.sandbox.world.skipped = self.start + day * _DAY - time.time()
        deployment = self.repo.deploy(sha, environment)
        self.repo.report_deployment(deployment.id, "success")
        self.sandbox.world.skipped = 0.0

    def _trigger(self, kind: Kind, **more: Any) -> Trigger:
        installation = self.sandbox.installation("octo").id
        return Trigger(kind, "octo/shop", installation, reason="test", **more)

    async def _connect(self, place: Place) -> Repository:
        installation = place.installation or self.sandbox.installation("octo").id
        return Repository(self.github.installation(installation), place.repository)


@asynccontextmanager
async def ward(directory: Path, rules: str = RULES) -> AsyncIterator[Ward]:
    """Open a ward; it must be left without one violation of GitHub's contract."""
    database = connect(laid(directory).main)
    async with local_github() as sandbox, aiohttp.ClientSession() as session:
        identity = Identity(sandbox.app.app_id, sandbox.app.private_key)
        client = GitHub(identity, session, api_url=sandbox.url, tuning=Tuning(patience=0.5))
        repo = sandbox.repository("octo/shop", {PATH: rules, **FILES}, collaborators={"alice": "write"})
        here = Ward(sandbox, repo, client, database, session)
        await here.ruled()
        yield here
    await database.dispose()
