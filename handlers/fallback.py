"""What is done where nothing is left to try: the change is brought to where it does no harm, and people know."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.model import AddLabel, Canary, Cause, Kind, MakeDraft, Opened, Performed, Tell, Trigger
from handlers.commands.asked import Act, Answer, Asked
from handlers.ports import Writer
from handlers.remedial_ports import RemedialTexts
from handlers.reverting import Reverting
from program.bounds import Bounds, Fallback
from program.remediation import Remediation

FALLBACK = "remediation.fallback"


@dataclass(frozen=True, slots=True)
class FallingBack:
    """Each effect is had once for a remediation. `back`: what `/maestro rollback` does."""

    writer: Writer
    texts: RemedialTexts
    back: Act
    reverting: Reverting

    async def __call__(self, opened: Opened, made: Remediation, bounds: Bounds, why: str) -> str:
        """What was done, in our own words, "" for nothing but telling people."""
        cause = Cause(FALLBACK, head_sha=opened.pull.head_sha, number=opened.pull.number)
        done = [] if bounds.fallback is Fallback.NONE else await self._done(opened, made, bounds, cause)
        number, place = made.number, replace(opened.place, number=None)
        told = Tell(number, f"remediation {made.id}", self.texts.handed_over(made, why, done))
        await self.writer.perform(place, (told,), cause)
        return "; ".join(done)

    async def _done(self, opened: Opened, made: Remediation, bounds: Bounds, cause: Cause) -> list[str]:
        done = await self._taken_back(opened, made, bounds, cause)
        if opened.pull.open:
            done += await self._set_aside(opened, made, bounds, cause)
        return done

    async def _set_aside(self, opened: Opened, made: Remediation, bounds: Bounds, cause: Cause) -> list[str]:
        occasion, head, done = f"remediation {made.id}", opened.pull.head_sha, list[str]()
        if not opened.pull.draft and await self._had(opened, MakeDraft(made.number, occasion, head), cause):
            done.append("it is a draft again")
        if await self._had(opened, AddLabel(made.number, bounds.label, occasion, head), cause):
            done.append("it has the label that asks for people")
        return done

    async def _had(self, opened: Opened, action: MakeDraft | AddLabel, cause: Cause) -> bool:
        (outcome,) = await self.writer.perform(opened.place, (action,), cause)
        return isinstance(outcome, Performed)

    async def _taken_back(self, opened: Opened, made: Remediation, bounds: Bounds, cause: Cause) -> list[str]:
        """By the same roads as a person's command. A revert alone touches nothing that serves, and needs a merge."""
        if bounds.fallback is Fallback.ROLLBACK:
            answer = await self.back(Asked(_asked(opened, made), opened, (), cause))
            return [answer.said] if isinstance(answer, Answer) else [answer.reason]
        if bounds.fallback is not Fallback.REVERT or opened.pull.open:
            return []
        pull, place = opened.pull, replace(opened.place, number=None)
        canary = Canary(pull.repository, pull.head_sha, "", pull.base_ref, pull.number)
        landed = await self.reverting.landed(place, canary)
        return [] if landed is None else [await self.reverting.by_hand(place, landed, made.began, cause)]


def _asked(opened: Opened, made: Remediation) -> Trigger:
    """As if it were asked for when the remediation began: the same commit comes of it each time."""
    where, head = opened.place, opened.pull.head_sha
    asked = Trigger(Kind.COMMAND, where.repository, where.installation, made.number, head, reason=FALLBACK)
    return replace(asked, at=made.began, command=f"remediation {made.id}")
