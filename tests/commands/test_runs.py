"""What the demo lets one try: the agent's next arm is dispatched, runs, and pushes a change that may ship."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.commands.demo import beside, rest
from app.commands.runs import Runs
from app.commands.story import AGENT, TESTS, tell
from app.github.sandbox import Sandbox
from tests.waiting import until

pytestmark = pytest.mark.slow
SLOW = 2  # the agent's pull request


async def test_a_second_try_and_heavier_tests_lead_to_a_change_that_may_ship(tmp_path: Path) -> None:
    async with (
        Sandbox(Sandbox.generate_app(), webhook_secret="demo") as github,
        beside(github, tmp_path, "demo") as (maestro, address),
    ):
        shop, _ = await tell(github, maestro, address)
        await rest(github, maestro)
        first = shop.repo.pull(SLOW).head_sha
        shop.repo.comment(SLOW, "bob", "/maestro retry")
        shop.repo.comment(SLOW, "bob", "/maestro escalate")
        await rest(github, maestro)
        runs = [run for run in shop.repo.state.workflow_runs.values() if run.event == "workflow_dispatch"]
        assert [run.path.rpartition("/")[2] for run in runs] == [AGENT, TESTS]
        assert runs[0].inputs["arm"] == "impl@small"  # once more: the large one costs thirty times as much

        async def ended() -> bool:
            return all(run.status == "completed" for run in runs)

        at_work = asyncio.create_task(Runs(shop, lasts=0.0)())
        await until(ended)
        at_work.cancel()
        await rest(github, maestro)
        assert shop.repo.pull(SLOW).head_sha != first
        (card,) = [one.body for one in shop.repo.comments(SLOW) if "maestro:card" in one.body]
        assert "**SHIP**" in card
        assert not github.violations
