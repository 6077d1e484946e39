"""From the deployment of the example's canary to its rollback: the templates, the configuration and the service as they
are in `examples/`, a real Prometheus, and all of Maestro. Only the clock is faster.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.github.sandbox import Repo
from app.sources import Sources
from tests.examples.canary import EXAMPLE, Shop, shop
from tests.examples.runner import WORKFLOWS, Runner
from tests.examples.test_canary_workflows import needs_curl
from tests.road.stories import change
from tests.road.stories import shop as repository
from tests.road.town import Town, github, maestro_in
from tests.sources.service import configured
from tests.waiting import until

pytestmark = pytest.mark.slow

# Half of the requests go to the canary, so that few are enough. Two scrapes are never of one moment, and on this clock
# that shows in the split.
FASTER = {"tick_seconds": 1, "watermark_seconds": 2, "max_missing_ticks": 60, "expected_share": None}


def rules() -> str:
    """The example's configuration, on a faster clock."""
    told: dict[str, Any] = yaml.safe_load((EXAMPLE / "maestro.yml").read_text("utf-8"))
    told["experiment"]["gate"] |= FASTER
    return yaml.safe_dump(told)


def scraping(here: Shop) -> str:
    """The example's configuration of Prometheus, of these two."""
    text = (EXAMPLE / "prometheus.yml").read_text("utf-8")
    for name, address in (("control", here.stable), ("canary", here.canary)):
        assert f"{name}.internal:8080" in text
        text = text.replace(f"{name}.internal:8080", address.removeprefix("http://"))
    return text


@asynccontextmanager
async def town(directory: Path, here: Shop) -> AsyncIterator[tuple[Town, Repo, Runner]]:
    """Maestro with this Prometheus as its source, and octo/shop with what one copies from `examples/`."""
    copied = {f".github/workflows/{name}": (WORKFLOWS / name).read_text() for name in ("promote.yml", "rollback.yml")}
    async with configured(directory, scraping(here)) as address, github() as sandbox:
        source = {"kind": "prometheus", "url": address, "lag_seconds": 1, "repositories": ["octo/shop"]}
        operator = Sources.model_validate_json(json.dumps({"sources": {"production": source}}))
        async with maestro_in(sandbox, directory, sources=operator) as opened:
            repo = repository(sandbox, rules(), **copied)
            yield opened, repo, Runner(sandbox, repo, {"ROUTER_URL": here.router}, directory)


@asynccontextmanager
async def customers(here: Shop) -> AsyncIterator[None]:
    """Some forty requests each fifth of a second, as long as the block lasts."""

    async def come() -> None:
        while True:
            await asyncio.gather(here.visits(40), asyncio.sleep(0.2))

    task = asyncio.create_task(come())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@needs_curl
async def test_a_bad_canary_is_deployed_found_out_and_taken_back_by_what_one_copies(tmp_path: Path) -> None:
    async with shop(canary=0.6) as here, town(tmp_path, here) as (maestro, repo, runner), customers(here):
        number, sha = change(repo)
        assert await runner.run("canary.yml", sha, share="0.5")

        async def asked_back() -> bool:
            return any(run.path.endswith("/rollback.yml") for run in repo.state.workflow_runs.values())

        await until(asked_back, 60)
        assert (await here.standing())["share"] == 0.5
        (run,) = repo.state.workflow_runs.values()
        assert await runner.run("rollback.yml", repo.tip(), **run.inputs)
        served = (await here.standing())["served"]["canary"]
        assert {who for who, _ in await here.visits(50)} == {"stable"}
        assert (await here.standing())["served"]["canary"] == served > 0
        await maestro.rest()
        (card,) = maestro.cards(repo, number)
        assert "**ROLL BACK**" in card
        assert "done: workflow rollback.yml, deployment status failure" in card
        (deployment,) = repo.state.deployments.values()
        assert [status.state for status in deployment.statuses] == ["success", "failure"]
