"""A worker that is killed in the middle of a study: the next one looks, to the end, and begins nothing again."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from app.github.sandbox import Sandbox
from app.github.sandbox.faults import Slow
from app.model import Cause, Intervention
from app.storage import Stores, stores
from app.store.series import Stream
from checks.impact.block import Config
from checks.impact.told import load
from tests.commands.test_serve import running
from tests.road.stories import change, shop
from tests.road.town import GREEN, github
from tests.waiting import until

pytestmark = pytest.mark.slow

RULES = Config.model_validate(
    {"metrics": [{"name": "p95", "better": "lower"}], "step_seconds": 1, "pre_seconds": 60, "post_seconds": 30}
)


async def begun(kept: Stores, sandbox: Sandbox) -> int:
    """A study that is due, of a deployment all of whose figures have come."""
    repo = shop(sandbox, GREEN)
    number, _ = change(repo)
    at = float(int(time.time()) - 60)
    points: dict[float, float | None] = {at + second + 0.5: 100.0 + second % 7 for second in range(-60, 30)}
    await kept.series.keep(Stream("octo/shop", "production"), {"p95": points})
    one = Intervention("octo/shop", "production", 31, repo.squash(number), at, (number,))
    rules = RULES.model_dump_json()
    return (await kept.studies.begin(one, rules, at + RULES.post_seconds, at + 5, Cause("test"))).id


def environment(sandbox: Sandbox) -> dict[str, str]:
    timed = ("SWEEP", "REDELIVERY", "ADVISORIES", "PULL_TIMES")
    never = {f"MAESTRO_{name}_SECONDS": "0" for name in timed}
    app = {"MAESTRO_APP_ID": str(sandbox.app.app_id), "MAESTRO_PRIVATE_KEY": sandbox.app.private_key}
    return never | app | {"MAESTRO_GITHUB_API": sandbox.url}


async def test_a_worker_that_is_killed_while_it_looks_leaves_the_look_to_the_next(tmp_path: Path) -> None:
    async with github() as sandbox, stores(f"sqlite:///{tmp_path / 'maestro.db'}") as kept:
        key = await begun(kept, sandbox)

        async def looking() -> bool:
            return any(one.path.endswith("/deployments") for one in sandbox.requests)

        async def done() -> bool:
            found = await kept.studies.get(key)
            return found is not None and found.done

        sandbox.faults.add(Slow(30), path="*/deployments", times=1)
        async with running("worker", tmp_path, **environment(sandbox)) as worker:
            await until(looking, 60)
            worker.kill()
            await worker.wait()
        assert not await done()
        async with running("worker", tmp_path, **environment(sandbox)):
            await until(done, 60)
        ended = await kept.studies.get(key)
        assert ended is not None
        assert load(ended.told).metrics[0].n_post == RULES.post_seconds
        every = [json.loads(entry) async for batch in kept.provenance.rows() for _, entry, _ in batch]
        assert [one["what"] for one in every if one["kind"] == "study"] == [
            f"study {key}: begun",
            f"study {key}: ended",
        ]
