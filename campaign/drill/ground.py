"""Where drills take place: Maestro's own processes, a local GitHub, services with their visitors, and a Prometheus."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
from sqlalchemy import func, select

from app.github.sandbox import Repo
from app.model import KeptExperiment
from app.sources import Prometheus, Window
from app.storage import Stores, stores
from app.store.tables import experiment_looks as looks
from app.store.tables import experiment_ticks as ticks
from app.wire import Wire, root
from campaign.drill.clock import Clock
from campaign.drill.service import CANARY, STABLE, Service, Version, serving
from campaign.installation import Installation, directory, installation, until
from tests.examples.runner import Runner
from tests.prometheus import running

SCRAPE, TICK, WATERMARK = 15.0, 30.0, 60.0  # seconds of the drill
BASELINE = 0.01  # the share of requests that fail as long as all is well
SHARE = 0.1  # the canary's, of all requests
SOURCE = "production"  # what the operator calls the Prometheus


@dataclass(frozen=True, slots=True)
class Ground:
    """`services` by their place; `pace`: requests a second of ours to each of them."""

    clock: Clock
    pace: float
    installation: Installation
    stores: Stores
    services: Sequence[Service]
    desk: str
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
        await self._put(f"{place}/-/share", share)

    def runner(self, place: int, repo: Repo) -> Runner:
        """GitHub Actions for a repository whose service is at that place."""
        where = self.installation.directory / f"runner-{place}"
        where.mkdir(exist_ok=True)
        return Runner(self.installation.sandbox, repo, {"ROUTER_URL": f"{self.desk}/{place}"}, where)

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
    with directory() as where:
        async with (
            serving(services) as desk,
            running(where, _scraping(desk, places, clock)) as address,
            installation() as here,
            stores(here.database_url) as kept,
            aiohttp.ClientSession() as session,
        ):
            here.extra["MAESTRO_SOURCES"] = _sources(where, address, clock)
            for role in ("web", "worker"):
                await here.start(role)
            await here.up()
            await _scraped(Prometheus(Wire(session, root(address)), {}), 2 * places, clock)
            yield Ground(clock, pace * clock.scale, here, kept, services, desk, session)


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


def _sources(where: Path, address: str, clock: Clock) -> str:
    """The file in which the operator says where the Prometheus is."""
    file = where / "sources.yml"
    source = {"kind": "prometheus", "url": address, "repositories": ["*/*"], "lag_seconds": clock.ours(SCRAPE)}
    file.write_text(json.dumps({"sources": {SOURCE: source}}))
    return str(file)


async def _scraped(source: Prometheus, targets: int, clock: Clock) -> None:
    """Wait until each was scraped: a Prometheus that starts takes some seconds to see to them."""

    async def all_up() -> bool:
        return len(await source.series("up", Window(time.time(), clock.ours(SCRAPE), 1))) >= targets

    await until(all_up, 60)
