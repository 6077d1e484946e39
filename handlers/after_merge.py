"""The word after the merge: what the deployment of a merged change did and what was asked for since, beside what had
been decided of it.

Nothing is read of the change again. The newest decision is made anew from its own facts, with what is known since; its
verdict stays as it was (docs/decisions/014).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from app.model import Done, ForgetCheckRuns, Opened, Place, Trigger, WriteCheckRun
from checks.after_merge import after_merge, merged
from checks.impact.block import Config
from checks.judge import Case, judge
from checks.model import Decision, Pull
from handlers.attempting import REMEDIATION
from handlers.command_ports import Besides, NothingBeside
from handlers.ports import Archive, Writer
from handlers.study_ports import AfterMergeRenderer, CommandReader, Facts, Kept, Verdicts

MERGED = "pull_request.merged"
"""The reason of the word that follows the merge itself."""


@dataclass(frozen=True, slots=True)
class AfterMerge:
    """The body of `Kind.AFTER`. `version`: of ours, which makes the decision anew."""

    reader: CommandReader
    writer: Writer
    archive: Archive
    verdicts: Verdicts
    renderer: AfterMergeRenderer
    studies: Kept
    facts: Facts
    version: str
    besides: Besides = field(default_factory=NothingBeside)

    async def __call__(self, trigger: Trigger) -> Done:
        """Tell it, where the change was decided at the head that was merged."""
        if trigger.reason == MERGED and await self.verdicts.judged(trigger.repository, trigger.number or 0) is None:
            return Done()  # most merges, where nothing is configured: they cost no call
        opened = await self.reader.merged(trigger)
        if opened is None and trigger.reason == REMEDIATION:
            opened = await self.reader.closed(trigger)
        if opened is None or opened.pull.number is None:
            return Done()
        if trigger.reason == MERGED:
            await self._ended(trigger, opened)
        case = await self._case(trigger, opened, opened.pull.number)
        decision = None if case is None else judge(case)
        if case is not None and decision is not None and _tells(decision, opened):
            await self._told(trigger, opened, case, decision)
        return Done()

    async def _ended(self, trigger: Trigger, opened: Opened) -> None:
        """Whatever waits at the head that was merged has no answer any more: nobody judges it there."""
        pull = opened.pull
        async with self.writer.turn(opened.place, pull.head_sha):
            if not await self._shared(pull, opened.place):
                await self.writer.perform(opened.place, (self.renderer.ended(pull),), trigger.cause)

    async def _case(self, trigger: Trigger, opened: Opened, number: int) -> Case | None:
        """The newest decision's, with what is known since; None where nothing was decided, or is known since. Of what
        was closed unmerged nothing is known but how its remediation ended.
        """
        repository = opened.pull.repository
        shipped = [kept for kept in await self.studies.of_pull(repository, number) if not kept.intervention.side]
        before = await self.verdicts.judged(repository, number)
        decided = None if before is None else judge(before)
        if before is None or decided is None:
            return None
        if opened.closed:
            return replace(before, version=self.version)
        if not shipped:
            beside = await self.besides.of(opened.pull, opened.ladder)
            asked = beside.commands or trigger.reason == REMEDIATION
            return replace(merged(before, decided.verdict), version=self.version) if asked else None
        rules = Config.model_validate_json(shipped[-1].rules)
        ids = {kept.id for kept in shipped}
        facts = tuple(one for one in await self.facts.of(repository, number) if one.id in ids)
        return replace(after_merge(before, decided.verdict, facts, rules), version=self.version)

    async def _told(self, trigger: Trigger, opened: Opened, case: Case, decision: Decision) -> None:
        """An open pull request at the same head keeps the run: it is a gate of that one."""
        head = decision.pull.head_sha
        async with self.writer.turn(opened.place, head):
            if trigger.reset:
                await self.writer.perform(opened.place, (ForgetCheckRuns(head),), trigger.cause)
            kept = await self.archive.keep(case, decision, trigger.cause)
            beside = await self.besides.of(decision.pull, opened.ladder, case.snapshot.measurements)
            actions = self.renderer.since_merged(decision, opened.card, kept.seal, beside)
            if opened.closed or await self._shared(decision.pull, opened.place):
                actions = [one for one in actions if not isinstance(one, WriteCheckRun)]
            await self.writer.perform(opened.place, actions, kept.cause)
        if opened.closed:
            await self.archive.void(trigger)  # nothing is asked of it, as before

    async def _shared(self, pull: Pull, place: Place) -> bool:
        others = await self.archive.others_at_head(pull)
        return any([await self.reader.stands(place, other.pull) for other in others])


def _tells(decision: Decision, opened: Opened) -> bool:
    """Does it speak of the head that was merged? What was decided of another one is not its card."""
    return decision.pull.head_sha == opened.pull.head_sha
