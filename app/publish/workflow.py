"""Workflow runs that we ask for, by their workflow or by an event that it listens for: each at most once.

GitHub knows no key for a dispatch, and a second run may deploy twice. So one whose fate we never learned is looked for
among the runs, by its mark in their titles, and never asked for again: until it is seen there it is in doubt.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import structlog

from app.github.repository import Repository
from app.model import DispatchRepository, DispatchWorkflow, Outcome, Performed, Stop, Stopped
from app.publish.account import Told, untold
from app.publish.doubt import unless_refused
from app.publish.fence import Fence, mark
from app.store.effects import Effect, Effects

log = structlog.get_logger(__name__)

_Asking = DispatchWorkflow | DispatchRepository
_MARK = "maestro_id"  # the part of a payload that holds the mark


@dataclass(frozen=True, slots=True)
class WorkflowStarter:
    """Dispatches workflows of one repository."""

    repository: Repository
    effects: Effects
    fence: Fence
    told: Told = untold

    def perform(self, action: _Asking) -> Awaitable[Outcome]:
        """Whichever of its deeds `action` is."""
        match action:
            case DispatchWorkflow():
                return self.dispatch(action)
            case DispatchRepository():
                return self.tell(action)

    async def dispatch(self, action: DispatchWorkflow) -> Outcome:
        """Ask for the run, or find the one that was asked for."""
        own = mark(f"{self.repository.full_name.lower()} {action.workflow} {action.key}")
        inputs = {**dict(action.inputs), action.mark_input: own}
        ask = partial(self.repository.dispatch_workflow, action.workflow, action.ref, inputs)
        return await self._once(action, own, ask)

    async def tell(self, action: DispatchRepository) -> Outcome:
        """Have the event heard; the run that it began is looked for by its mark, whenever it is asked after."""
        own = mark(f"{self.repository.full_name.lower()} event {action.event_type} {action.key}")
        payload = {**dict(action.payload), _MARK: own}
        ask = partial(self.repository.standing.tell, action.event_type, payload)
        return await self._once(action, own, ask)

    async def _once(self, action: _Asking, own: str, ask: Callable[[], Awaitable[int | None]]) -> Outcome:
        key = f"{self.repository.full_name}/dispatch/{own}"
        effect = await self.effects.get(key)
        if effect is None:
            if not await self.fence.wanted(action.head_sha):
                return Stopped(action, Stop.HEAD_MOVED)
            if await self.effects.begin(key):  # of two workers, one
                return await self._ask(action, key, own, ask)
        elif effect.completed:
            return Performed(action, effect.remote_id or await self._named_now(action, key, own))
        return await self._look(action, key, own)

    async def _ask(self, action: _Asking, key: str, own: str, ask: Callable[[], Awaitable[int | None]]) -> Performed:
        async with unless_refused(self.effects, key):
            run = await ask()
        await self.effects.record(key, Effect(run, own, completed=True), self.told(action))
        return Performed(action, run or await self._named_now(action, key, own))

    async def _named_now(self, action: _Asking, key: str, own: str) -> int | None:
        """The run of an event, which GitHub never names by itself; kept once it is seen."""
        if isinstance(action, DispatchWorkflow):
            return None
        run = await self._seen(action, own)
        if run is not None:
            await self.effects.record(key, Effect(run, own, completed=True))
        return run

    async def _look(self, action: _Asking, key: str, own: str) -> Outcome:
        run = await self._seen(action, own)
        if run is None:
            log.warning("publish.dispatch_in_doubt", repository=self.repository.full_name, mark=own)
            return Stopped(action, Stop.IN_DOUBT)
        await self.effects.record(key, Effect(run, own, completed=True), self.told(action))
        return Performed(action, run)

    async def _seen(self, action: _Asking, own: str) -> int | None:
        event = "workflow_dispatch" if isinstance(action, DispatchWorkflow) else "repository_dispatch"
        runs = await self.repository.dispatched_runs(event)
        return next((run.id for run in runs if own in run.title), None)
