"""GitHub Actions, as far as a drill needs it: it runs the very workflows that `examples/workflows` offers."""

from __future__ import annotations

import asyncio
import time

from app.github.sandbox import Repo, working
from app.github.sandbox.state import WorkflowRun
from tests.examples.runner import WORKFLOWS, Runner

CANARY_WORKFLOW, ROLLBACK_WORKFLOW = "canary.yml", "rollback.yml"
LOOK = 0.02  # seconds of ours between two looks at the queue

FILES = {
    f".github/workflows/{name}": (WORKFLOWS / name).read_text("utf-8") for name in (CANARY_WORKFLOW, ROLLBACK_WORKFLOW)
}


async def asked(repo: Repo) -> WorkflowRun:
    """The first run that somebody asks for in `repo`."""
    while not (runs := list(repo.state.workflow_runs.values())):  # noqa: ASYNC110 - the sandbox tells nobody
        await asyncio.sleep(LOOK)
    return runs[0]


async def carried_out(runner: Runner, run: WorkflowRun, wait: float) -> None:
    """Take the steps of `run`, so many seconds of ours after it was asked for: no machine is there at once."""
    await asyncio.sleep(max(0.0, run.created_at + wait - time.time()))
    name = run.path.rpartition("/")[2]
    done = await runner.run(name, run.head_sha, **run.inputs)
    working.finish_run(runner.repo.world, runner.repo.state, run, "success" if done else "failure")
