"""A worker that is killed in the middle of an experiment: time goes on, and so does the experiment."""

import json
from pathlib import Path

import pytest

from app.model import EXPERIMENT, WAKE, Canary, Cause, KeptExperiment
from app.storage import stores
from checks.experiment import Config, GateConfig, load
from tests.commands.test_serve import running
from tests.waiting import until

pytestmark = pytest.mark.slow

GATE = GateConfig(baseline=0.01, tick_seconds=2, watermark_seconds=0, max_missing_ticks=1)
CANARY = Canary("octo/shop", "a" * 40, "canary", "main")


async def kept_in(directory: Path) -> KeptExperiment:
    async with stores(f"sqlite:///{directory / 'maestro.db'}") as kept:
        (found,) = await kept.experiments.of(CANARY.repository, CANARY.sha)
        return found


async def test_silence_ends_an_experiment_though_the_worker_was_killed_with_its_timer(tmp_path: Path) -> None:
    async with stores(f"sqlite:///{tmp_path / 'maestro.db'}") as kept:
        begun, _ = await kept.experiments.begin(CANARY, Config(environments=("canary",), gate=GATE), Cause())
        wake = {"repository": {"full_name": CANARY.repository}, "about": EXPERIMENT, "experiment": begun.id}
        await kept.inbox.keep("begun", WAKE, json.dumps(wake).encode())

    async def looked_at() -> bool:
        return load((await kept_in(tmp_path)).state, GATE).began is not None

    async def ended() -> bool:
        return (await kept_in(tmp_path)).ended

    async with running("worker", tmp_path) as worker:
        await until(looked_at, 60)
        worker.kill()
        await worker.wait()
    assert not await ended()
    async with running("worker", tmp_path):
        await until(ended, 60)
    found = await kept_in(tmp_path)
    assert (found.status, found.reason) == ("inconclusive", "stale")
    async with stores(f"sqlite:///{tmp_path / 'maestro.db'}") as kept:
        assert await kept.experiments.replayed(found.id) == found.state
