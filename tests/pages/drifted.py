"""A watched module and its page on a real socket over a real SQLite file, with days that the test makes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import web

from app.model import KeptModule
from app.pages.door import Door
from app.pages.drift_page import DriftPages
from app.pages.live import Live
from app.pages.showing import Showing
from app.render.capability import Pages, Subject, of_module
from app.storage import Stores
from app.store.drift import Drifts
from app.store.news import DriftNews
from checks.drift import NameSketch, NumberSketch, Sketch
from checks.drift.alarm import Acted
from checks.drift.block import Module
from tests.pages.looking import Looked, looked_at
from tools import drift
from tools.drift import FIRST, Came

NAMES = ("visa", "master", "amex", "cash")


def day(seed: int, moved: float = 0.0, names: Sequence[str] = NAMES) -> dict[str, Sketch]:
    """2,000 rows of a day; `moved`: the share of them that pay by the last way, where they paid by the first."""
    chance = np.random.default_rng(seed)
    shares = np.array([0.5 - moved, 0.3, 0.15, 0.05 + moved])
    paid = chance.choice(len(names), size=2_000, p=shares)
    prices = chance.lognormal(3, 0.5, size=2_000)
    return {"price": NumberSketch().add_many(prices), "card": NameSketch().add_many([names[at] for at in paid])}


@dataclass
class Clock:
    """Noon of a day, as of `date.toordinal`."""

    day: int = FIRST + 20

    def __call__(self) -> float:
        return datetime.combine(date.fromordinal(self.day), datetime.min.time(), UTC).timestamp() + 43_200


@dataclass
class DriftTrial(Looked):
    """The pages' server, what it shows, and whoever watches."""

    clock: Clock
    name: str = "ranking"
    repository: str = "octo/shop"

    @property
    def drifts(self) -> Drifts:
        return Drifts(self.stores.main, lambda: int(self.clock() * 1e6))

    async def module(self) -> KeptModule:
        found = await self.drifts.get(self.repository, self.name)
        assert found is not None
        return found

    @property
    def subject(self) -> Subject:
        return of_module(self.repository, self.name)

    async def watch(self, **more: Any) -> None:
        """From now on the module is watched."""
        rules = Module.model_validate({"name": self.name, **more})
        await self.drifts.note(self.repository, self.name, rules.model_dump_json())

    async def days(self, before: Sequence[Came], since: Sequence[Came]) -> None:
        """A reference of the days `before`, and a look at each day `since`."""
        await drift.compared(self.drifts, await self.module(), before, since)

    async def acted(self, **done: Any) -> None:
        """Something was done about it."""
        await drift.acted(self.drifts, (await self.module()).id, Acted(**done))


@asynccontextmanager
async def drift_trial(directory: Path) -> AsyncIterator[DriftTrial]:
    """A server without any module yet; `watch` one."""
    clock = Clock()

    def shows(kept: Stores, pages: Pages) -> tuple[Showing, Sequence[web.RouteDef]]:
        drawn = DriftPages(Drifts(kept.main), kept.provenance, "https://github.com", clock)
        news = Live(DriftNews(kept.main).of, pace=0.02)
        return Showing(drawn, Door(pages, kept.tokens), news, clock, heartbeat=0.2), ()

    async with looked_at(directory, shows) as here:
        yield DriftTrial(**vars(here), clock=clock)
