"""Workflow runs that we ask for: each at most once.

GitHub knows no key for a dispatch, and a second run may deploy twice. So one whose fate we never learned is looked for
among the runs, by its mark in their titles, and never asked for again: until it is seen there it is in doubt.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from app.github.repository import Repository
from app.model import DispatchWorkflow, Outcome, Performed, Stop, Stopped
from app.publish.account import Told, untold
from app.publish.doubt import unless_refused
from app.publish.fence import Fence, mark
from app.store.effects import Effect, Effects

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WorkflowStarter:
    """Dispatches workflows of one repository."""

    repository: Repository
    effects: Effects
    fence: Fence
    told: Told = untold

    async def dispatch(self, action: DispatchWorkflow) -> Outcome:
        """Ask for the run, or find the one that was asked for."""
        own = mark(f"{self.repository.full_name.lower()} {action.workflow} {action.key}")
        key = f"{self.repository.full_name}/dispatch/{own}"
        effect = await self.effects.get(key)
        if effect is None:
            if not await self.fence.wanted(action.head_sha):
                return Stopped(action, Stop.HEAD_MOVED)
            if await self.effects.begin(key):  # of two workers, one
                return await self._ask(action, key, own)
        elif effect.completed:
            return Performed(action, effect.remote_id)
        return await self._look(action, key, own)

    async def _ask(self, action: DispatchWorkflow, key: str, own: str) -> Performed:
        inputs = {**dict(action.inputs), action.mark_input: own}
        async with unless_refused(self.effects, key):
            run = await self.repository.dispatch_workflow(action.workflow, action.ref, inputs)
        await self.effects.record(key, Effect(run, own, completed=True), self.told(action))
        return Performed(action, run)

    async def _look(self, action: DispatchWorkflow, key: str, own: str) -> Outcome:
        runs = await self.repository.dispatched_runs()
        run = next((run.id for run in runs if own in run.title), None)
        if run is None:
            log.warning("publish.dispatch_in_doubt", repository=self.repository.full_name, mark=own)
            return Stopped(action, Stop.IN_DOUBT)
        await self.effects.record(key, Effect(run, own, completed=True), self.told(action))
        return Performed(action, run)
