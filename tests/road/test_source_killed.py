"""A worker that reads a source, in a process of its own under the operator's file: killed, it loses nothing."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from app.model import EXPERIMENT, WAKE, Canary, Cause
from app.storage import Stores, stores
from app.store.tables import experiment_ticks
from checks.experiment import Config
from tests.commands.test_serve import running
from tests.sources.prometheus import StandIn, standing_in
from tests.waiting import until

pytestmark = pytest.mark.slow

SHA = "0a1b2c3" + "d" * 33
TOKEN = "only-prometheus-may-see-this"
RULES = Config.model_validate(
    {
        "environments": ["canary"],
        "gate": {"baseline": 0.01, "tick_seconds": 1, "watermark_seconds": 2, "max_missing_ticks": 60, "min_ticks": 3},
        "source": "production",
        "queries": {
            "errors": {
                "control": {"total": 'requests{v="stable"}', "bad": 'errors{v="stable"}'},
                "canary": {"total": 'requests{v="{short_sha}"}', "bad": 'errors{v="{short_sha}"}'},
            }
        },
    }
)


def counting() -> StandIn:
    """A thousand requests a second on either side, of which 1 % fail: it takes a while until that is proven."""
    rates = {"requests": 1_000, "errors": 10}
    return StandIn(
        {
            f'{name}{{v="{version}"': lambda at, rate=rate: rate * (at - 1_700_000_000)  # type: ignore[misc]
            for name, rate in rates.items()
            for version in ("stable", SHA[:7])
        }
    )


async def begun(kept: Stores) -> None:
    """An experiment of which the worker will hear."""
    canary = Canary("octo/shop", SHA, "canary", "main")
    experiment, _ = await kept.experiments.begin(canary, RULES, Cause())
    wake = {"repository": {"full_name": "octo/shop"}, "about": EXPERIMENT, "experiment": experiment.id}
    await kept.inbox.keep("begun", WAKE, json.dumps(wake).encode())


async def ticks(kept: Stores) -> Counter[float]:
    """How often each is kept."""
    async with kept.main.connect() as connection:
        return Counter((await connection.execute(select(experiment_ticks.c.t))).scalars())


def environment(directory: Path, source: StandIn) -> dict[str, str]:
    """What an operator sets who has this source."""
    entry = {"kind": "prometheus", "url": source.url, "token_env": "PROM", "lag_seconds": 0.3}
    told = {"sources": {"production": entry | {"repositories": ["octo/*"]}}}
    (directory / "sources.yml").write_text(json.dumps(told))
    return {"MAESTRO_SOURCES": str(directory / "sources.yml"), "PROM": TOKEN}


async def test_a_worker_that_was_killed_reads_on_and_no_tick_twice(tmp_path: Path) -> None:
    async with standing_in(counting()) as source, stores(f"sqlite:///{tmp_path / 'maestro.db'}") as kept:
        await begun(kept)
        wanted = 2

        async def read_so_many() -> bool:
            return len(await ticks(kept)) >= wanted

        async with running("worker", tmp_path, **environment(tmp_path, source)) as worker:
            await until(read_so_many, 60)
            worker.kill()
            _, said = await worker.communicate()
        wanted = len(await ticks(kept)) + 2
        async with running("worker", tmp_path, **environment(tmp_path, source)):
            await until(read_so_many, 60)
        (found,) = await kept.experiments.of("octo/shop", SHA)
        assert set((await ticks(kept)).values()) == {1}
        assert TOKEN not in said.decode() + found.rules + found.state
        assert {token for _, token in source.asked} == {f"Bearer {TOKEN}"}
        assert await kept.experiments.replayed(found.id) == found.state
