"""`/maestro remediate` where the rules have `remediation`: it begins; `/maestro remediate stop` ends it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.model import Kind, Trigger, Verb
from checks.judge import judge
from checks.model import Verdict
from handlers.commands.allowed import look_again
from handlers.commands.asked import Act, Answer, Asked, Declined
from handlers.commands.dispatching import unknown
from handlers.commands.remediate import VERB
from handlers.commands.roles import suffices
from handlers.ports import Cases
from handlers.remedial_ports import KeptRemediations
from program.bounds import Bounds
from program.next_step import bounded, free_at, recent
from program.remediation import Course, Failure, Remediation, Result, Step

STOP = Verb(
    name="remediate stop",
    usage="/maestro remediate stop",
    example="/maestro remediate stop",
    effect="Ends what is tried by itself about the pull request. What was sent to an agent may be at work still.",
    role="write",
    about="nothing",
    label="Stop remediation",
)
_FORK = "maintain"  # the role whose word lets anything be tried on a fork's change


@dataclass(frozen=True, slots=True)
class RemediateLoop:
    """Both verbs. `fixes`: what the first one does besides. `now`: epoch seconds."""

    fixes: Act
    kept: KeptRemediations
    cases: Cases
    now: Callable[[], float] = time.time

    async def remediate(self, asked: Asked) -> Answer | Declined:
        """Fixes are proposed as ever; and the loop begins, goes on, or has the word that it waits for."""
        refused = unknown(asked, VERB.name)
        if refused is not None or asked.opened.bounds is None or not await self._wanted(asked):
            return refused or await self.fixes(asked)
        if asked.opened.pull.from_fork and not suffices(asked.cause.role, _FORK):
            why = f"it takes the role `{_FORK}` to have anything tried on a fork's change, and you have"
            return Declined(f"{why} `{asked.cause.role}`")
        busy = await self._used_up(asked)
        found = await self.fixes(asked)
        if busy:
            return replace(found, said=f"{found.said}; {busy}") if isinstance(found, Answer) else Declined(busy)
        going = await self._begun(asked)
        proposed = found if isinstance(found, Answer) else Answer()
        run = _look(asked)
        said = "; ".join(filter(None, (f"remediation of `{going.head_sha[:7]}` goes on", proposed.said)))
        return replace(proposed, then=(*proposed.then, run), said=said, after=proposed.after or "remediation: working")

    async def _wanted(self, asked: Asked) -> bool:
        """Not where everything is well: then nothing is begun."""
        pull = asked.opened.pull
        if await self.kept.open(pull.repository, pull.number or 0) is not None:
            return True
        case = await self.cases.newest(pull.repository, pull.number or 0)
        decision = None if case is None else judge(case)
        over = await self.kept.of_pull(pull.repository, pull.number or 0)
        ships = decision is not None and decision.verdict is Verdict.SHIP
        return decision is not None and (not ships or bool(over and over[-1].course is Course.HANDED_OVER))

    async def _used_up(self, asked: Asked) -> str:
        """Why it cannot begin, or go on by a word, today; "" where it can."""
        pull, bounds = asked.opened.pull, asked.opened.bounds
        every = await self.kept.of_pull(pull.repository, pull.number or 0)
        if bounds is None or (every and every[-1].course is Course.WORKING):
            return ""
        lately = recent(every, self.now())
        free = free_at(lately, bounds)
        when = datetime.fromtimestamp(free, UTC).strftime("%Y-%m-%d %H:%M UTC")
        return f"{len(lately)} attempts were made within a day: it may begin again at {when}" if free else ""

    async def _begun(self, asked: Asked) -> Remediation:
        pull, who = asked.opened.pull, asked.trigger.who
        going = await self.kept.open(pull.repository, pull.number or 0)
        if going is None:
            why = f"`{who}` asked for it"
            where, id_ = (pull.repository, pull.number or 0, pull.head_sha), pull.repository_id
            made = Remediation(0, *where, self.now(), Failure.CONTRACT, who, why=why, word=who, repository_id=id_)
            before = await self.kept.of_pull(pull.repository, pull.number or 0)
            going = await self.kept.begin(bounded(made, before, asked.opened.bounds or Bounds()), asked.cause)
        if going.course is Course.ASKING or going.head_sha != pull.head_sha:
            word = replace(going, course=Course.WORKING, word=who, head_sha=pull.head_sha, why=f"`{who}` let it begin")
            going = await self.kept.keep(word, asked.cause)
        return going

    async def stop(self, asked: Asked) -> Answer | Declined:
        """Nothing more is tried, until somebody asks for it again."""
        refused = unknown(asked, STOP.name)
        if refused is not None:
            return refused
        pull, who = asked.opened.pull, asked.trigger.who
        why = f"`{who}` stopped it"
        every = await self.kept.of_pull(pull.repository, pull.number or 0)
        going = every[-1] if every else None
        if going is None or (going.course.over and not _by_this(going, why, asked.trigger.at)):
            return Declined("nothing is tried by itself about this pull request")
        at_work = _at_work(going)
        if not going.course.over:
            await self.kept.keep(_stopped(going, why, self.now()), asked.cause)
        shown = look_again(asked.trigger, asked.opened, "remediation")
        said = f"nothing more is tried{f'; {at_work}' if at_work else ''}"
        return Answer((at_work,) if at_work else (), (shown,), said, "remediation: working", "remediation: stopped")


def _look(asked: Asked) -> Trigger:
    where = asked.opened.place
    number = asked.opened.pull.number
    return Trigger(Kind.REMEDIATE, where.repository, where.installation, number, reason="command.remediate", reset=True)


def _by_this(going: Remediation, why: str, at: float) -> bool:
    """Was it this very command that ended it, in a run that was killed?"""
    return going.course is Course.STOPPED and going.why == why and (going.ended or 0.0) >= at


def _stopped(going: Remediation, why: str, now: float) -> Remediation:
    attempts = [
        replace(one, result=Result.OVERTAKEN, ended=now, note=f"{one.note}; {why}".lstrip("; "))
        if one.result is Result.OPEN
        else one
        for one in going.attempts
    ]
    return replace(going, course=Course.STOPPED, why=why, ended=now, attempts=tuple(attempts))


def _at_work(going: Remediation) -> str:
    """What may be at work still though it was stopped; "" for nothing."""
    sent = next((one for one in going.attempts[-1:] if one.step is Step.AGENT and one.note), None)
    if sent is None or sent.result not in {Result.OPEN, Result.OVERTAKEN}:
        return ""
    run = f", run {sent.run}" if sent.run else ""
    return f"`{sent.arm}` was sent{run}, and may be at work still"
