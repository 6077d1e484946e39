"""A service that can be told what to count, and a real Prometheus that scrapes it each second."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.prometheus import NoPrometheusHere, running

SCRAPE = 1  # seconds


@dataclass
class Service:
    """Counters by their series, in the text format of Prometheus; `down`: scrapes fail."""

    counters: dict[str, float] = field(default_factory=dict)
    down: bool = False

    def add(self, series: str, amount: float = 1) -> None:
        """Count; a series that is new begins at 0."""
        self.counters[series] = self.counters.get(series, 0) + amount

    async def metrics(self, _request: web.Request) -> web.Response:
        """GET /metrics."""
        if self.down:
            raise web.HTTPServiceUnavailable
        return web.Response(text="".join(f"{series} {value:g}\n" for series, value in self.counters.items()))


@asynccontextmanager
async def serving(service: Service) -> AsyncIterator[int]:
    """Its port."""
    app = web.Application()
    app.router.add_get("/metrics", service.metrics)
    async with TestServer(app) as server:
        assert server.port is not None
        yield server.port


@asynccontextmanager
async def prometheus(directory: Path, *ports: int) -> AsyncIterator[str]:
    """The address of a Prometheus that scrapes what listens on `ports`."""
    targets = ", ".join(f"'127.0.0.1:{port}'" for port in ports)
    async with configured(
        directory, f"scrape_configs: [{{job_name: web, static_configs: [{{targets: [{targets}]}}]}}]"
    ) as it:
        yield it


@asynccontextmanager
async def configured(directory: Path, text: str) -> AsyncIterator[str]:
    """The address of a Prometheus under this configuration, which scrapes each second whatever it says."""
    often = {"scrape_interval": f"{SCRAPE}s", "scrape_timeout": f"{SCRAPE}s"}
    try:
        async with running(directory, {**yaml.safe_load(text), "global": often}) as address:
            yield address
    except NoPrometheusHere as missing:
        pytest.skip(str(missing))
