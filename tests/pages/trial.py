"""An experiment and its page on a real socket over a real SQLite file, with a clock that the test turns."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from app.model import Canary, Cause
from app.pages.door import Door
from app.pages.experiment_page import ExperimentPages
from app.pages.live import Live
from app.pages.showing import Showing
from app.render.capability import Pages, Subject, of_experiment
from app.storage import Stores
from app.store.experiments import Experiments, SentTick
from app.store.triples import SentTriple
from checks import shadow
from checks.experiment import Config, GateConfig, Reason
from tests.pages.looking import Looked, looked_at

SHA = "a" * 40
START = 1_700_000_000.0
CAUSE = Cause("tests")
GATE: Mapping[str, Any] = {"baseline": 0.01, "watermark_seconds": 15, "max_missing_ticks": 10}


@dataclass
class Clock:
    """Epoch seconds."""

    at: float = START


@dataclass
class Trial(Looked):
    """The pages' server, what it shows, and whoever feeds it. Each tick lasts 30 seconds of `clock`."""

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

    def shows(kept: Stores, pages: Pages) -> tuple[Showing, Sequence[web.RouteDef]]:
        drawn = ExperimentPages(kept.experiments, kept.points, kept.provenance, "https://github.com", lambda: clock.at)
        news = Live(kept.news.of, pace=0.02, **live)
        return Showing(drawn, Door(pages, kept.tokens), news, lambda: clock.at, heartbeat=0.2), ()

    async with looked_at(directory, shows) as here:
        yield Trial(**vars(here), clock=clock)
