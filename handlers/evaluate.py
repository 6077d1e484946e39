"""The road: open the change, say that we are at it, gather the facts, judge, keep, publish."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.model import Action, Beside, ForgetCheckRuns, Opened, Seal, Trigger
from checks.decide import sharing_a_head
from checks.judge import Case, judge
from checks.model import Decision, Missing, State
from handlers.command_ports import Besides, NothingBeside
from handlers.ports import Archive, Reader, Renderer, Writer
from program.bounds import Bounds


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Judges one pull request or merge group, from its newest head to what GitHub shows."""

    reader: Reader
    writer: Writer
    archive: Archive
    renderer: Renderer
    besides: Besides = field(default_factory=NothingBeside)

    async def __call__(self, trigger: Trigger, attempts_left: int) -> Judgement | None:
        """Returns what was decided; None when there was nothing to judge."""
        opened = await self.reader.open(trigger)
        if opened is None:
            await self.archive.void(trigger)
            return None
        await self.writer.perform(opened.place, self.renderer.following(opened.pull), trigger.cause)
        async with self.writer.turn(opened.place, opened.pull.head_sha):
            await self.writer.perform(opened.place, self._beginning(trigger, opened), trigger.cause)
        case = await self.reader.gather(opened, attempts_left)
        decision = judge(case)
        if decision is None:
            await self.archive.void(trigger)
            return None
        async with self.writer.turn(opened.place, decision.pull.head_sha):
            kept = await self.archive.keep(case, decision, trigger.cause)
            await self.writer.perform(opened.place, await self._answer(opened, case, decision, kept.seal), kept.cause)
        return Judgement(case, decision, opened.bounds)

    async def _answer(self, opened: Opened, case: Case, decision: Decision, seal: Seal) -> tuple[Action, ...]:
        """The card speaks of this pull request alone; the check runs of all that share its head."""
        judged = await self.archive.others_at_head(decision.pull)
        others = [other for other in judged if await self.reader.stands(opened.place, other.pull)]
        shared = sharing_a_head([decision, *others]) if others else decision
        await self.besides.note(case.snapshot)
        beside = await self.besides.of(decision.pull, opened.ladder, case.snapshot.measurements)
        runs = self.renderer.check_runs(shared, Beside() if others else beside)  # a head of several speaks of no one
        return (*runs, *self.renderer.card(decision, opened.card, seal, beside))

    def _beginning(self, trigger: Trigger, opened: Opened) -> tuple[Action, ...]:
        pending = () if opened.policy is None else (self.renderer.pending(opened.pull),)
        return (ForgetCheckRuns(opened.pull.head_sha), *pending) if trigger.reset else pending


@dataclass(frozen=True, slots=True)
class Judgement:
    """One evaluation: what it was made of, and what was decided. `bounds`: of what the rules let be tried by itself."""

    case: Case
    decision: Decision
    bounds: Bounds | None = None

    @property
    def our_failures(self) -> tuple[str, ...]:
        """What we could not find out through our own fault; worth another try."""
        return tuple(row.result.title for row in self.decision.rows if row.result.state is State.ERROR)

    @property
    def too_early(self) -> bool:
        """No check has begun on the head yet, and one may still."""
        tests = self.case.snapshot.tests
        return isinstance(tests, Missing) and tests.coming
