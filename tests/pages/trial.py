"""An experiment and its page on a real socket over a real SQLite file, with a clock that the test turns."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, DummyCookieJar
from aiohttp.test_utils import BaseTestServer, TestServer

from app.model import Canary, Cause
from app.pages import browser
from app.pages.door import Door
from app.pages.experiment_page import ExperimentPages
from app.pages.live import Live
from app.pages.showing import Showing
from app.render.capability import Pages, Subject, derived, of_experiment
from app.server import Web
from app.storage import Stores, stores
from app.store.experiments import Experiments, SentTick
from app.store.triples import SentTriple
from checks import shadow
from checks.experiment import Config, GateConfig, Reason

SHA = "a" * 40
START = 1_700_000_000.0
CAUSE = Cause("tests")
GATE: Mapping[str, Any] = {"baseline": 0.01, "watermark_seconds": 15, "max_missing_ticks": 10}


@dataclass
class Clock:
    """Epoch seconds."""

    at: float = START


@dataclass
class Trial:
    """The pages' server, what it shows, and whoever feeds it. Each tick lasts 30 seconds of `clock`."""

    root: str
    server: BaseTestServer
    session: ClientSession
    stores: Stores
    pages: Pages
    shown: Showing
    clock: Clock
    experiment: int = 0
    canary: Canary = field(default_factory=lambda: Canary("octo/shop", SHA, "canary", "main", 7))

    @property
    def live(self) -> Live:
        return self.shown.live

    @property
    def fed(self) -> Experiments:
        return Experiments(self.stores.main, lambda: int(self.clock.at * 1e6))

    @property
    def subject(self) -> Subject:
        return of_experiment(self.experiment, self.canary.repository, self.canary.sha)

    @property
    def path(self) -> str:
        return f"/experiments/{self.experiment}"

    @property
    def address(self) -> str:
        """The page with its key, as a check run has it."""
        return self.pages.address(self.subject)

    @property
    def key(self) -> str:
        return self.pages.key_of(self.subject)

    async def begin(self, canary: Canary | None = None, mirrored: shadow.Config | None = None, **gate: Any) -> None:
        """`mirrored`: how mirrored answers are compared; None: they are not."""
        self.canary = canary or self.canary
        rules = Config(environments=(self.canary.environment,), gate=GateConfig.model_validate({**GATE, **gate}))
        kept, _ = await self.fed.begin(self.canary, rules, CAUSE, mirrored)
        self.experiment = kept.id

    async def ticks(self, number: int, bad: int = 10, **more: Any) -> None:
        """That many ticks of 1,000 requests a side, of which 10 of the control's go wrong."""
        for _ in range(number):
            self.clock.at += 10
            sides = {"control": {"good": 990, "total": 1_000}, "canary": {"good": 1_000 - bad, "total": 1_000}}
            sent = {"t": self.clock.at, **(sides | more)}
            await self.fed.feed(self.experiment, [SentTick(self.clock.at, sent)])
            self.clock.at += 20
            await self.look()

    async def answers(self, number: int, endpoint: str, field_name: str) -> None:
        """That many mirrored answers, in which each fourth of the candidate's has another value than both others'."""
        old = {"status": 200, "body": {field_name: "1"}}
        sent = []
        for at in range(number):
            name, mine = f"{endpoint[:99]}{at}", old if at % 4 else {"status": 200, "body": {field_name: "2"}}
            body = {"id": name, "endpoint": endpoint, "candidate": mine, "primary": old, "secondary": old}
            sent.append(SentTriple(name, json.dumps(body).encode()))
        await self.stores.triples.feed(self.experiment, sent)
        await self.look()

    async def look(self) -> None:
        await self.fed.look(self.experiment, CAUSE)

    async def end(self) -> None:
        """Stopped, and all that follows from it done."""
        await self.fed.stop(self.experiment, Reason.STOPPED, CAUSE)
        await self.fed.acted(self.experiment, "nothing was asked for")


@asynccontextmanager
async def trial(directory: Path, **live: Any) -> AsyncIterator[Trial]:
    """A server without any experiment yet; `begin` one."""
    clock = Clock()
    async with (
        stores(f"sqlite:///{directory / 'maestro.db'}") as kept,
        ClientSession(cookie_jar=DummyCookieJar()) as client,
    ):
        pages = Pages("", derived("a private key"))
        news = Live(kept.news.of, pace=0.02, **live)
        drawn = ExperimentPages(kept.experiments, kept.points, kept.provenance, "https://github.com", lambda: clock.at)
        shown = Showing(drawn, Door(pages, kept.tokens), news, lambda: clock.at, heartbeat=0.2)
        app = Web([b"secret"], kept.inbox, lambda: None, [*browser.routes(), *shown.routes()]).app()
        app.on_shutdown.append(news.close)
        async with TestServer(app) as server:
            root = str(server.make_url("")).rstrip("/")
            yield Trial(root, server, client, kept, Pages(root, pages.key), shown, clock)
