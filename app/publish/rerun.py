"""What failed, run again: a workflow run once after each of its attempts, a check run once for each asking.

GitHub counts the attempts of a workflow run, so one whose fate we never learned can be told from one that never was.
A check run has no such count: its suite is open again once its App was asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.github.errors import Denied
from app.github.repository import Repository
from app.model import Outcome, Performed, RerequestCheck, RerunFailed, Stop, Stopped
from app.publish.account import Told, untold
from app.publish.fence import Fence, mark
from app.store.effects import Effect, Effects


@dataclass(frozen=True, slots=True)
class Rerunner:
    """Has things of one repository run again."""

    repository: Repository
    effects: Effects
    fence: Fence
    told: Told = untold

    async def rerun(self, action: RerunFailed) -> Outcome:
        """Ask for the next attempt, unless it has begun, whoever asked for it."""
        key = f"{self.repository.full_name}/rerun/{action.run}/{action.attempt}"
        effect = await self.effects.get(key)
        if effect is not None and effect.completed:
            return Performed(action, action.run)
        if not await self._went_on(action):
            if not await self.fence.passes(action.head_sha):
                return Stopped(action, Stop.HEAD_MOVED)
            await self.effects.begin(key)
            refused = await self._ask(action)
            if refused is not None:
                await self.effects.abandon(key)
                return Stopped(action, Stop.REFUSED, refused)
        await self.effects.record(key, Effect(action.run, "", completed=True), self.told(action))
        return Performed(action, action.run)

    async def _ask(self, action: RerunFailed) -> str | None:
        """Why GitHub will not, in its own words. It refuses a run that runs already: then it is had."""
        try:
            await self.repository.reruns.rerun_failed(action.run)
        except Denied as refusal:
            return None if await self._went_on(action) else refusal.message
        return None

    async def _went_on(self, action: RerunFailed) -> bool:
        return (await self.repository.reruns.workflow_run(action.run)).attempt > action.attempt

    async def rerequest(self, action: RerequestCheck) -> Outcome:
        """Ask its App for it again, unless it was asked."""
        key = f"{self.repository.full_name}/rerequest/{action.run}/{mark(action.occasion)}"
        effect = await self.effects.get(key)
        if effect is not None and effect.completed:
            return Performed(action, action.run)
        if effect is None or not await self._is_open(action):
            if not await self.fence.passes(action.head_sha):
                return Stopped(action, Stop.HEAD_MOVED)
            await self.effects.begin(key)
            try:
                await self.repository.reruns.rerequest(action.run)
            except Denied as refusal:
                await self.effects.abandon(key)
                return Stopped(action, Stop.REFUSED, refusal.message)
        await self.effects.record(key, Effect(action.run, "", completed=True), self.told(action))
        return Performed(action, action.run)

    async def _is_open(self, action: RerequestCheck) -> bool:
        return (await self.repository.reruns.check_suite(action.suite)).status != "completed"
