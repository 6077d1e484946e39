"""Where drills take place: Maestro's own processes, a local GitHub, services with their visitors, and a Prometheus."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import aiohttp
from sqlalchemy import func, select

from app.model import KeptExperiment
from app.sources import Prometheus, Window
from app.storage import Stores, stores
from app.store.tables import experiment_looks as looks
from app.store.tables import experiment_ticks as ticks
from app.wire import Wire, root
from campaign.drill.clock import Clock
from campaign.drill.service import CANARY, STABLE, Service, Version, serving
from campaign.installation import Installation, installation, until
from tests.prometheus import running

SCRAPE, TICK, WATERMARK = 15.0, 30.0, 60.0  # seconds of the drill
BASELINE = 0.01  # the share of requests that fail as long as all is well
SHARE = 0.1  # the canary's, of all requests


@dataclass(frozen=True, slots=True)
class Ground:
    """`services` by their place; `pace`: requests a second of ours to each of them."""

    clock: Clock
    pace: float
    installation: Installation
    stores: Stores
    services: Sequence[Service]
    desk: str
    prometheus: Prometheus
    session: aiohttp.ClientSession

    @property
    def timing(self) -> dict[str, float]:
        """Of the gate, in our seconds."""
        return {"tick_seconds": self.clock.ours(TICK), "watermark_seconds": self.clock.ours(WATERMARK)}

    async def fail(self, place: int, version: str, share: float) -> None:
        """Let that share of a version's requests go wrong from now on."""
        await self._put(f"{place}/{version}/failing", share)

    async def route(self, place: int, share: float) -> None:
        """Give the canary that share of the requests from now on."""
        await self._put(f"{place}/share", share)

    async def settled(self, kept: KeptExperiment, moment: float) -> float:
        """When the tick that holds `moment` was scored: with the first look at which it was a watermark old."""
        ends = select(func.min(ticks.c.t)).where(ticks.c.experiment == kept.id, ticks.c.t >= moment)
        async with self.stores.main.connect() as connection:
            due = (await connection.execute(ends)).scalar_one() + self.timing["watermark_seconds"]
            first = select(func.min(looks.c.at)).where(looks.c.experiment == kept.id, looks.c.at >= due * 1e6)
            return float((await connection.execute(first)).scalar_one()) / 1e6

    async def _put(self, path: str, number: float) -> None:
        async with self.session.put(f"{self.desk}/{path}", data=str(number), raise_for_status=True):
            pass


@asynccontextmanager
async def ground(places: int, pace: float, clock: Clock) -> AsyncIterator[Ground]:
    """Open one with so many services, each of which gets `pace` requests a second of the drill."""
    services = [_service() for _ in range(places)]
    async with (
        installation() as here,
        serving(services) as desk,
        running(here.directory, _scraping(desk, places, clock)) as address,
        aiohttp.ClientSession() as session,
    ):
        source = Prometheus(Wire(session, root(address)), {})
        for role in ("web", "worker"):
            await here.start(role)
        await here.up()
        async with stores(here.database_url) as kept:
            await _scraped(source, 2 * places, clock)
            yield Ground(clock, pace * clock.scale, here, kept, services, desk, source, session)


def _service() -> Service:
    return Service(Random(0), {name: Version(BASELINE) for name in (STABLE, CANARY)})


def _scraping(desk: str, places: int, clock: Clock) -> dict[str, Any]:
    often = f"{round(clock.ours(SCRAPE) * 1000)}ms"
    targets = [
        {
            "targets": [desk.removeprefix("http://")],
            "labels": {"__metrics_path__": f"/{place}/{version}/metrics", "service": str(place), "version": version},
        }
        for place in range(places)
        for version in (STABLE, CANARY)
    ]
    scraped = {"job_name": "shop", "static_configs": targets}
    return {"global": {"scrape_interval": often, "scrape_timeout": often}, "scrape_configs": [scraped]}


async def _scraped(source: Prometheus, targets: int, clock: Clock) -> None:
    """Wait until each was scraped: a Prometheus that starts takes some seconds to see to them."""

    async def all_up() -> bool:
        return len(await source.series("up", Window(time.time(), clock.ours(SCRAPE), 1))) >= targets

    await until(all_up, 60)
