"""Who runs the workflow that Maestro asks for: GitHub Actions, as far as a rollback needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from app.github.sandbox import Repo, working
from app.github.sandbox.state import WorkflowRun

WAIT = 15.0  # seconds of the drill from a run's beginning to its first step: a hosted machine is not there at once
LOOK = 0.02  # seconds of ours between two looks at the queue

WORKFLOW = """name: Take the canary back
run-name: Take ${{ inputs.environment }} back ${{ inputs.maestro_id }}
on:
  workflow_dispatch:
    inputs:
      environment: { type: string, required: true }
      sha: { type: string, required: true }
      maestro_id: { type: string, required: false }
jobs:
  rollback:
    runs-on: ubuntu-latest
    steps:
      - run: curl --fail -X PUT --data 0 "$ROUTER/share"
"""


async def asked(repo: Repo) -> WorkflowRun:
    """The first run that somebody asks for in `repo`."""
    while not (runs := list(repo.state.workflow_runs.values())):  # noqa: ASYNC110 - the sandbox tells nobody
        await asyncio.sleep(LOOK)
    return runs[0]


async def carried_out(repo: Repo, run: WorkflowRun, wait: float, step: Callable[[], Awaitable[None]]) -> None:
    """Wait, take its one step, and say that it is done."""
    await asyncio.sleep(wait)
    await step()
    working.finish_run(repo.world, repo.state, run, "success")
