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
_NO_DRAFT, _NO_LABEL = "it could not be made a draft", "the label that asks for people could not be put on"


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
        done, undone = list[str](), list[str]()
        if bounds.fallback is not Fallback.NONE:
            done += await self._taken_back(opened, made, bounds, cause)
        if bounds.fallback is not Fallback.NONE and opened.pull.open:
            undone = await self._set_aside(opened, made, bounds, cause, done)
        number, place = made.number, replace(opened.place, number=None)
        told = Tell(number, f"remediation {made.id}", self.texts.handed_over(made, why, done, undone))
        await self.writer.perform(place, (told,), cause)
        return "; ".join([*done, *undone])

    async def _set_aside(
        self, opened: Opened, made: Remediation, bounds: Bounds, cause: Cause, done: list[str]
    ) -> list[str]:
        """What could not be done, with GitHub's reason; what could is put to `done`."""
        occasion, head, undone = f"remediation {made.id}", opened.pull.head_sha, list[str]()
        deeds: list[tuple[MakeDraft | AddLabel, str, str]] = [
            (AddLabel(made.number, bounds.label, occasion, head), "it has the label that asks for people", _NO_LABEL)
        ]
        if not opened.pull.draft:
            deeds.insert(0, (MakeDraft(made.number, occasion, head), "it is a draft again", _NO_DRAFT))
        for action, is_so, is_not in deeds:
            (outcome,) = await self.writer.perform(opened.place, (action,), cause)
            if isinstance(outcome, Performed):
                done.append(is_so)
            else:
                undone.append(f"{is_not}: {outcome.detail or 'its head has moved'}")
        return undone

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
