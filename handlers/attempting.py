"""Attempts at mending a change: each is kept before it is carried out, and carried out once, whatever is killed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import uuid4

from app.model import (
    Action,
    Cause,
    FailedRun,
    Kind,
    Performed,
    RerequestCheck,
    RerunFailed,
    Sent,
    Stop,
    Stopped,
    Task,
    Trigger,
    Unsent,
    UpdateBranch,
)
from checks.model import ChangeFacts
from handlers.acting_ports import Failures
from handlers.ports import Writer
from handlers.remedial_ports import Arms, Costs, RemedialTexts, Send
from handlers.repair import COMMANDED
from handlers.signs import Look
from program.chain import task_class
from program.next_step import Over, Try, Wait
from program.next_try import AT_WORK
from program.remediation import Attempted, Course, Remediation, Result, Step

REMEDIATION = "remediation"
_ANEW = "we judge it anew"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of carrying one out. `moved`: nothing, for the head is another one by now."""

    attempt: Attempted
    then: tuple[Trigger, ...] = ()
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Attempting:
    """Plans an attempt, and carries it out. `trace`: a fresh name."""

    writer: Writer
    arms: Arms
    failures: Failures
    send: Send
    texts: RemedialTexts
    costs: Costs
    trace: Callable[[], str] = lambda: uuid4().hex

    async def planned(self, look: Look, made: Remediation, todo: Try, now: float) -> Attempted | Wait | Over:
        """The attempt as it is kept before anything of it is done; or why there is none. While an arm may be at work on
        the head, whoever sent it, it is waited for.
        """
        n = len(made.attempts) + 1
        one = Attempted(n, todo.step, todo.failure, look.signs.head_sha, self.trace(), now)
        if todo.step is not Step.AGENT or look.opened.ladder is None:
            return one
        at_work = await self.send.at_work(look.opened.pull, one.head_sha, now, _keys(made))
        if at_work is not None:
            return Wait(at_work.at + AT_WORK)
        change = look.case.snapshot.change
        chosen = await self.arms.next(look.opened, change, now)
        if isinstance(chosen, str):
            return Over(Course.HANDED_OVER, f"{chosen}: {look.signs.said}")
        paths = [file.path for file in change.files] if isinstance(change, ChangeFacts) else []
        kind = task_class(look.opened.ladder, paths)
        return replace(one, arm=chosen.arm.name, task_class=kind, expected=chosen.why)

    async def take(self, look: Look, made: Remediation, one: Attempted, cause: Cause) -> Taken:
        """Carry it out: once more after a kill it finds what was done. One that has a note was carried out."""
        by_step = {Step.RERUN: self._rerun, Step.UPDATE: self._update, Step.FIX: self._fix, Step.AGENT: self._agent}
        return await by_step[one.step](look, made, one, cause)

    async def unsent(self, look: Look, made: Remediation, one: Attempted, cause: Cause) -> bool:
        """Was `one` kept, and no agent ever asked? Asked where the head has moved, so that none is asked by it."""
        if one.step is not Step.AGENT or one.note:
            return False
        taken = await self._agent(look, made, one, cause)
        return taken.moved or taken.attempt.result is Result.UNSENT

    async def spent(self, one: Attempted) -> Attempted:
        """The same, with what was reported that it cost."""
        return replace(one, usd=await self.costs.of_trace(one.trace))

    # --- the steps -----------------------------------------------------------------------------------------------

    async def _rerun(self, look: Look, _made: Remediation, one: Attempted, cause: Cause) -> Taken:
        """Each thing that failed, whatever becomes of the others."""
        failed = await self.failures.of(look.opened.place, look.opened.pull, one.began)
        if not failed.each:
            anew = Trigger(Kind.EVALUATE, one_repository(look), look.opened.place.installation, _number(look))
            return Taken(replace(one, note=_ANEW), (replace(anew, reason=REMEDIATION, reset=True),))
        actions: list[Action] = [
            RerunFailed(each.run, each.attempt, one.head_sha)
            if isinstance(each, FailedRun)
            else RerequestCheck(each.run, each.suite, one.trace, one.head_sha)
            for each in failed.each
        ]
        outcomes = [(await self.writer.perform(look.opened.place, (action,), cause))[0] for action in actions]
        if any(isinstance(each, Stopped) and each.why is Stop.HEAD_MOVED for each in outcomes):
            return Taken(one, moved=True)
        had = [each for each in outcomes if isinstance(each, Performed)]
        if not had:
            return Taken(replace(one, result=Result.REFUSED, note="GitHub runs nothing of it again"))
        run = next((each.action.run for each in had if isinstance(each.action, RerunFailed)), None)
        return Taken(replace(one, run=run, note=f"{len(had)} of {len(actions)} that failed run again"))

    async def _update(self, look: Look, _made: Remediation, one: Attempted, cause: Cause) -> Taken:
        action = UpdateBranch(_number(look), one.head_sha)
        (outcome,) = await self.writer.perform(look.opened.place, (action,), cause)
        if isinstance(outcome, Performed):
            return Taken(replace(one, note="its base is merged into it"))
        if outcome.why is Stop.HEAD_MOVED:
            return Taken(one, moved=True)
        return Taken(replace(one, result=Result.REFUSED, note="GitHub cannot merge its base into it"))

    async def _fix(self, look: Look, _made: Remediation, one: Attempted, _cause: Cause) -> Taken:
        return Taken(replace(one, note="fixes are proposed onto its branch, for people to merge"), (fixing(look),))

    async def _agent(self, look: Look, made: Remediation, one: Attempted, cause: Cause) -> Taken:
        arm = look.opened.ladder.named(one.arm) if look.opened.ladder else None
        if arm is None:
            return Taken(replace(one, result=Result.REFUSED, note=f"the configuration has no arm `{one.arm}` any more"))
        before = [each for each in made.attempts if each.n < one.n]
        brief = self.texts.brief(look.decision, look.case.snapshot, look.signs, before, one)
        task = Task(one.trace, _key(made, one), one.n, one.head_sha, brief)
        async with self.writer.turn(look.opened.place, one.head_sha):  # two pull requests may share a branch
            pull, over = look.opened.pull, [*_keys(made), task.key]
            at_work = await self.send.at_work(pull, one.head_sha, one.began, over)
            if at_work is not None:
                note = f"`{at_work.name}` was at work on `{one.head_sha[:7]}` already"
                return Taken(replace(one, result=Result.UNSENT, note=note))
            sent = await self.send(look.opened.place, pull, arm, task, cause)
        match sent:
            case Sent(run, said):
                return Taken(replace(one, run=run, note=said or "it was sent"))
            case Unsent(moved=True):
                return Taken(one, moved=True)
            case Unsent(why, doubt=True):
                return Taken(replace(one, note=f"perhaps it was sent: {why}"))
            case Unsent(why):
                return Taken(replace(one, result=Result.REFUSED, note=why))


def _key(made: Remediation, one: Attempted) -> str:
    return f"{REMEDIATION} {made.id} {one.n}"


def _keys(made: Remediation) -> list[str]:
    """Of its attempts that are over: whatever they were, nothing of them is at work."""
    return [_key(made, one) for one in made.attempts if one.result is not Result.OPEN]


def fixing(look: Look) -> Trigger:
    """A run of repairs, as if somebody had asked for it. It does once what it does, however often it is run."""
    where = look.opened.place
    return Trigger(Kind.REPAIR, where.repository, where.installation, _number(look), reason=COMMANDED, reset=True)


def one_repository(look: Look) -> str:
    """Where it is."""
    return look.opened.place.repository


def _number(look: Look) -> int:
    return look.opened.pull.number or 0
