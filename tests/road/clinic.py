"""Healing without the engine: a sweep, the road that its triggers ride, redelivery and an intake, wired by hand."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from app import record
from app.archive import Archive
from app.gather.census import Census
from app.gather.hooks import Hooks
from app.gather.reader import GitHubReader
from app.gather.standing import Standings
from app.github.auth import Identity
from app.github.caller import Tuning
from app.github.client import GitHub
from app.github.repository import Repository
from app.github.sandbox import Repo, Sandbox
from app.model import Archived, Cause, Opened, Place, Trigger
from app.publish.publisher import Publisher
from app.render.actions import DECISION, GitHubRenderer
from app.store.database import connect
from app.store.decisions import Decisions
from app.store.deliveries import Deliveries
from app.store.effects import Effects
from app.store.inbox import Inbox
from app.store.measurements import Measurements
from app.store.provenance import Provenance
from checks.judge import Case
from checks.model import Decision
from handlers.evaluate import Evaluation
from handlers.redelivery import Redelivery
from handlers.sweep import Sweep
from tests.road.town import github as local_github
from tests.storage import laid

IMPATIENT = Tuning(patience=0.5)  # seconds: a test does not wait for GitHub's hour to pass


class Crash(BaseException):
    """The process ends here."""


class Fragile(Archive):
    """The archive of a process that may end right after the next decision was kept."""

    def __init__(self, decisions: Decisions) -> None:
        super().__init__(decisions)
        self.crash = False

    async def keep(self, case: Case, decision: Decision, cause: Cause) -> Archived:
        kept = await super().keep(case, decision, cause)
        if self.crash:
            raise Crash
        return kept


class Dying(GitHubReader):
    """A reader in a process that ends before it has gathered anything."""

    async def gather(self, opened: Opened, attempts_left: int) -> Case:
        raise Crash


@dataclass
class Clinic:
    """All of it, over one database. `skipped`: seconds by which the sweep's clock runs ahead."""

    sandbox: Sandbox
    github: GitHub
    database: AsyncEngine
    skipped: float = 0.0
    heard: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.archive = Fragile(Decisions(self.database))
        self.inbox = Inbox(self.database)
        self.deliveries = Deliveries(self.database)

    def sweep(self, **limits: int) -> Sweep:
        standings = Standings(self.archive.decisions, Effects(self.database), record.base_of, DECISION)
        return Sweep(Census(self.github), standings, now=lambda: time.time() + self.skipped, **limits)

    def redelivery(self) -> Redelivery:
        return Redelivery(Hooks(self.github), self.deliveries)

    async def evaluate(self, trigger: Trigger, reader: type[GitHubReader] = GitHubReader) -> None:
        """Let a trigger ride the road; a Crash on it ends there."""
        own_app = self.sandbox.app.app_id
        reads = reader(self.connect, own_app, Measurements(self.database), self.archive, "test")
        writes = Publisher(self.connect, Effects(self.database), own_app, Provenance(self.database))
        try:
            await Evaluation(reads, writes, self.archive, GitHubRenderer())(trigger, 0)
        except Crash:
            return

    async def heal(self, reader: type[GitHubReader] = GitHubReader) -> None:
        """A first sweep, as after a restart, and the evaluation of all that it finds."""
        for trigger in await self.sweep()():
            await self.evaluate(trigger, reader)

    async def hear(self, request: web.Request) -> web.Response:
        """A webhook, stored as the web process stores it."""
        guid = request.headers["X-GitHub-Delivery"]
        self.heard.append(guid)
        await self.inbox.keep(guid, request.headers["X-GitHub-Event"], await request.read())
        return web.Response(status=202)

    def runs(self, repo: Repo, sha: str) -> list[tuple[str, str, str | None]]:
        """Every run of ours on `sha` that was ever made: name, status, conclusion."""
        every = (run for run in repo.state.runs.values() if run.suite.head_sha == sha)
        ours = (run for run in every if run.suite.app.id == self.sandbox.app.app_id)
        return sorted((run.name, run.status, run.conclusion) for run in ours)

    def calls(self, since: int = 0) -> list[str]:
        """What GitHub was asked, tokens left out."""
        seen = (one for one in self.sandbox.requests[since:] if not one.path.endswith("access_tokens"))
        return [f"{one.method} {one.path} {one.status}" for one in seen]

    async def connect(self, place: Place) -> Repository:
        assert place.installation is not None
        return Repository(self.github.installation(place.installation), place.repository)


@asynccontextmanager
async def clinic(directory: Path) -> AsyncIterator[Clinic]:
    """Open a clinic; it must be left without one violation of GitHub's contract."""
    database = connect(laid(directory).main)
    async with local_github() as sandbox, aiohttp.ClientSession() as session:
        identity = Identity(sandbox.app.app_id, sandbox.app.private_key)
        here = Clinic(sandbox, GitHub(identity, session, api_url=sandbox.url, tuning=IMPATIENT), database)
        async with _listening(here):
            yield here
        await here.inbox.close()
    await database.dispose()


@asynccontextmanager
async def _listening(here: Clinic) -> AsyncIterator[None]:
    application = web.Application()
    application.router.add_post("/webhook", here.hear)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here.sandbox.webhook_url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhook"
    yield
    await runner.cleanup()
