"""Ticks from Prometheus to Maestro's API, as a sender of one's own would bring them there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.model import KeptExperiment
from app.sources import Window, read
from campaign.drill.ground import BASELINE, SCRAPE, Ground
from campaign.drill.service import CANARY, STABLE
from checks.experiment import Watched


@asynccontextmanager
async def feeding(ground: Ground, place: int, experiment: KeptExperiment) -> AsyncIterator[None]:
    """Send ticks as long as the block lasts."""
    task = asyncio.create_task(_feed(ground, place, experiment))
    try:
        yield
    finally:
        task.cancel()
        (ended,) = await asyncio.gather(task, return_exceptions=True)
        if not isinstance(ended, asyncio.CancelledError) and ended is not None:
            raise ended


async def _feed(ground: Ground, place: int, experiment: KeptExperiment) -> None:
    queries = {"errors": {side: _side(place, version) for side, version in (("control", STABLE), ("canary", CANARY))}}
    rules = Watched.model_validate({**ground.timing, "baseline": BASELINE, "queries": queries})
    token = await ground.stores.tokens.issue(experiment.canary.repository)
    url = f"{ground.installation.url}/api/experiments/{experiment.id}/ticks"
    window = Window(time.time() + ground.clock.ours(SCRAPE), rules.tick_seconds, 1)
    while True:
        await asyncio.sleep(max(0.0, window.end - time.time()))
        found = await read(ground.prometheus, rules, window)
        headers = {"Authorization": f"Bearer {token}"}
        async with ground.session.post(url, json=found.ticks[0], headers=headers, raise_for_status=True):
            window = Window(window.end, rules.tick_seconds, 1)


def _side(place: int, version: str) -> dict[str, str]:
    labels = f'{{service="{place}",version="{version}"}}'
    return {"total": f"http_requests_total{labels}", "bad": f"http_errors_total{labels}"}
