"""What failed, run again: a workflow run once after each of its attempts, a check run once for each asking.

GitHub counts the attempts of a workflow run, so one whose fate we never learned can be told from one that never was.
A check run has no such count: its suite is open again once its App was asked.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass

from app.github.errors import Conflict, Denied, Invalid, NotFound
from app.github.repository import Repository
from app.model import Outcome, Performed, RerequestCheck, RerunFailed, Stop, Stopped
from app.publish.account import Told, untold
from app.publish.doubt import unless_refused
from app.publish.fence import Fence, mark
from app.store.effects import Effect, Effects


@dataclass(frozen=True, slots=True)
class Rerunner:
    """Has things of one repository run again."""

    repository: Repository
    effects: Effects
    fence: Fence
    told: Told = untold

    def perform(self, action: RerunFailed | RerequestCheck) -> Awaitable[Outcome]:
        """Whichever of its deeds `action` is."""
        match action:
            case RerunFailed():
                return self.rerun(action)
            case RerequestCheck():
                return self.rerequest(action)

    async def rerun(self, action: RerunFailed) -> Outcome:
        """Ask for the next attempt, unless it has begun, whoever asked for it."""
        key = f"{self.repository.full_name}/rerun/{action.run}/{action.attempt}"
        if await self._had(key):
            return Performed(action, action.run)
        if not await self._went_on(action):
            if not await self.fence.passes(action.head_sha):
                return Stopped(action, Stop.HEAD_MOVED)
            await self.effects.begin(key)
            refused = await self._refused(key, self.repository.reruns.rerun_failed(action.run))
            if refused and not await self._went_on(action):  # GitHub refuses a run that runs already: that is had
                return Stopped(action, Stop.REFUSED, refused)
        return await self._done(key, action)

    async def rerequest(self, action: RerequestCheck) -> Outcome:
        """Ask its App for it again, unless it was asked."""
        key = f"{self.repository.full_name}/rerequest/{action.run}/{mark(action.occasion)}"
        if await self._had(key):
            return Performed(action, action.run)
        if not (await self.effects.get(key) and await self._is_open(action)):
            if not await self.fence.passes(action.head_sha):
                return Stopped(action, Stop.HEAD_MOVED)
            await self.effects.begin(key)
            refused = await self._refused(key, self.repository.reruns.rerequest(action.run))
            if refused:
                return Stopped(action, Stop.REFUSED, refused)
        return await self._done(key, action)

    async def _had(self, key: str) -> bool:
        effect = await self.effects.get(key)
        return effect is not None and effect.completed

    async def _refused(self, key: str, asking: Awaitable[None]) -> str:
        """Why GitHub will not, in its own words; "" where it will."""
        try:
            async with unless_refused(self.effects, key):
                await asking
        except (Conflict, Denied, Invalid, NotFound) as refusal:
            return refusal.message or f"status {refusal.status}"
        return ""

    async def _done(self, key: str, action: RerunFailed | RerequestCheck) -> Performed:
        await self.effects.record(key, Effect(action.run, "", completed=True), self.told(action))
        return Performed(action, action.run)

    async def _went_on(self, action: RerunFailed) -> bool:
        return (await self.repository.reruns.workflow_run(action.run)).attempt > action.attempt

    async def _is_open(self, action: RerequestCheck) -> bool:
        return (await self.repository.reruns.check_suite(action.suite)).status != "completed"
