"""The road: open the change, say that we are at it, gather the facts, judge, keep, publish."""

from __future__ import annotations

from dataclasses import dataclass

from app.model import Action, ForgetCheckRuns, Opened, Trigger
from checks.judge import Case, judge
from checks.model import Decision, State
from handlers.ports import Archive, Reader, Renderer, Writer


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Judges one pull request or merge group, from its newest head to what GitHub shows."""

    reader: Reader
    writer: Writer
    archive: Archive
    renderer: Renderer

    async def __call__(self, trigger: Trigger, attempts_left: int) -> Decision | None:
        """Returns what was decided; None when there was nothing to judge."""
        opened = await self.reader.open(trigger)
        if opened is None:
            return None
        await self.writer.perform(opened.place, self._beginning(trigger, opened))
        case = await self.reader.gather(opened, attempts_left)
        decision = judge(case)
        if decision is None:
            return None
        await self._publish(opened, case, decision, trigger.reason)
        return decision

    async def _publish(self, opened: Opened, case: Case, decision: Decision, reason: str) -> None:
        await self.archive.keep(case, decision, reason)
        await self.writer.perform(opened.place, self.renderer.actions(decision, opened.card))

    def _beginning(self, trigger: Trigger, opened: Opened) -> tuple[Action, ...]:
        pending = () if opened.policy is None else (self.renderer.pending(opened.pull),)
        return (ForgetCheckRuns(opened.pull.head_sha), *pending) if trigger.reset else pending


def our_failures(decision: Decision) -> tuple[str, ...]:
    """What we could not find out through our own fault; worth another try."""
    return tuple(row.result.title for row in decision.rows if row.result.state is State.ERROR)
