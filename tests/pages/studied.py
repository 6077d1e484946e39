"""A study and its page on a real socket over a real SQLite file, with a clock that the test turns."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from app.model import Cause, Intervention, KeptStudy, Opinion
from app.pages.door import Door
from app.pages.live import Live
from app.pages.showing import Showing
from app.pages.study_json import StudyJson
from app.pages.study_page import StudyPages
from app.render.capability import Pages, Subject, of_study
from app.storage import Stores
from app.store.news import StudyNews
from app.store.opinions import Opinions
from app.store.studies import Studies
from checks.impact.block import Config
from checks.impact.panels import dump as dump_panels
from checks.impact.panels import judged
from checks.impact.series import Neighbour, Observed, Series
from checks.impact.told import dump
from tests.pages.looking import Looked, looked_at

SHA = "b" * 40
AT = 1_700_000_040.0  # 22:14 UTC: the deployment
STEP = 60.0
BEFORE, AFTER = 80, 40
CAUSE = Cause("tests")
METRICS: Sequence[dict[str, Any]] = (
    {"name": "errors", "kind": "flow", "better": "lower", "unit": "1/min", "controls": ["traffic", "flat"]},
    {"name": "p95", "better": "lower", "unit": "ms"},
)


def rules(metrics: Sequence[dict[str, Any]] = METRICS) -> Config:
    """Rules that look at 80 minutes before a deployment and 40 after it."""
    window = {"pre_seconds": int(BEFORE * STEP), "post_seconds": int(AFTER * STEP)}
    return Config.model_validate({"metrics": list(metrics)} | window)


def course(name: str, effect: float, level: float = 100.0, noise: float = 1.0) -> Series:
    """A level with noise of a fixed seed, which moves by `effect` with the deployment."""
    chance = random.Random(name)
    times = tuple(AT + STEP * at for at in range(-BEFORE, AFTER))
    values = tuple(level + noise * chance.gauss(0, 1) + (effect if time >= AT else 0.0) for time in times)
    return Series(name, times, values)


@dataclass
class Clock:
    """Epoch seconds."""

    at: float = AT


@dataclass
class StudyTrial(Looked):
    """The pages' server, what it shows, and whoever looks."""

    clock: Clock
    kept: KeptStudy | None = None
    rules: Config = field(default_factory=rules)

    @property
    def studies(self) -> Studies:
        return Studies(self.stores.main, lambda: int(self.clock.at * 1e6))

    @property
    def study(self) -> KeptStudy:
        assert self.kept is not None
        return self.kept

    @property
    def subject(self) -> Subject:
        return of_study(self.study.id, self.study.intervention.repository, self.study.intervention.sha)

    async def begin(self, *pulls: int, deployment: int = 31, asked: Config | None = None, **more: Any) -> None:
        """A study of a deployment that brought `pulls`."""
        self.rules = asked or self.rules
        found = {"environment": "production", "pulls": pulls or (4, 7)} | more
        one = Intervention(repository="octo/shop", deployment=deployment, sha=SHA, at=AT, **found)
        until = AT + self.rules.post_seconds
        self.kept = await self.studies.begin(one, self.rules.model_dump_json(), until, AT + 300, CAUSE)

    async def look(self, *observed: Observed, done: bool = False, beside: Sequence[Neighbour] = ()) -> None:
        """One look at what was `observed`, by default at more errors and at the same p95."""
        self.clock.at += 300
        seen = observed or (
            Observed("errors", course("errors", 4.0), (course("traffic", 9.0), course("flat", 0.0, noise=0.0))),
            Observed("p95", course("p95", 0.0)),
        )
        told, panels = judged(self.rules, seen, AT, beside)
        await self.studies.draw(self.study.id, dump_panels(panels))
        self.kept = await self.studies.tell(self.study.id, dump(told), self.clock.at + 300, done, CAUSE)

    async def say(self, login: str, agree: bool, metric: str = "") -> None:
        """Somebody says what they think of it."""
        self.clock.at += 1
        opinions = Opinions(self.stores.main, lambda: int(self.clock.at * 1e6))
        await opinions.hold(self.study, Opinion(login, agree, metric), Cause("command.agree", login))


@asynccontextmanager
async def study_trial(directory: Path) -> AsyncIterator[StudyTrial]:
    """A server without any study yet; `begin` one."""
    clock = Clock()

    def shows(kept: Stores, pages: Pages) -> tuple[Showing, Sequence[web.RouteDef]]:
        drawn = StudyPages(kept.studies, kept.opinions, kept.provenance, "https://github.com", lambda: clock.at)
        door, news = Door(pages, kept.tokens), Live(StudyNews(kept.main).of, pace=0.02)
        api = StudyJson(kept.studies, kept.opinions, door, lambda: clock.at)
        return Showing(drawn, door, news, lambda: clock.at, heartbeat=0.2), api.routes()

    async with looked_at(directory, shows) as here:
        yield StudyTrial(**vars(here), clock=clock)
