"""Which arm tries next at a pull request, of all that is kept: for the card, for `/maestro retry` and for the loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.gather.change import change
from app.gather.dispatches import Dispatches
from app.gather.rules import Connect
from app.model import ARM, Dispatched, Opened
from checks.model import ChangeFacts, Missing
from program.arms import stated
from program.chain import Choice
from program.next_try import Past, SentArm, next_try
from program.remediation import Attempted, Remediation

NO_LADDER = "the configuration has no ladder of arms, in `arms`"


class Attempts(Protocol):
    """What was done about failing pull requests."""

    async def of_pull(self, repository: str, number: int) -> Sequence[Remediation]:
        """All of a pull request, the oldest first."""

    async def ended_attempts(self, repository: str) -> Sequence[Attempted]:
        """The newest that have an outcome, of any pull request of the repository, the oldest of them first."""


class Spendings(Protocol):
    """What pull requests have cost so far."""

    async def spent(self, repository: str, number: int) -> float:
        """Over all heads, in US dollars, as reported by whomever."""


@dataclass(frozen=True, slots=True)
class Choosing:
    """Reads the past of a pull request and of its repository."""

    connect: Connect
    attempts: Attempts
    dispatches: Dispatches
    spending: Spendings

    async def next(self, opened: Opened, facts: ChangeFacts | Missing | None, at: float) -> Choice | str:
        """The arm that tries next as things stood `at`, or why there is none."""
        return _next(opened, facts, await self._past(opened, facts), at)

    async def asked(self, opened: Opened, at: float) -> Choice | str:
        """The same where nobody has read yet what the change touches."""
        changed = await change(await self.connect(opened.place), opened.pull, opened.files)
        return await self.next(opened, changed.facts, at)

    async def promised(self, opened: Opened, facts: ChangeFacts | Missing | None, at: float) -> str:
        """The name of the arm that a retry would have try, "" for none, and while one may be at work on the head."""
        here = await self.dispatches.of_head(opened.pull.repository, opened.pull.head_sha)
        if Past(sent=_arms(here)).at_work(opened.pull.head_sha, at):  # of whichever pull request
            return ""
        chosen = _next(opened, facts, await self._past(opened, facts), at)
        return "" if isinstance(chosen, str) else chosen.arm.name

    async def _past(self, opened: Opened, facts: ChangeFacts | Missing | None) -> Past:
        pull, number = opened.pull, opened.pull.number or 0
        dispatched = await self.dispatches.of_pull(pull.repository, number)
        return Past(
            await self.attempts.of_pull(pull.repository, number),
            _arms(dispatched),
            stated((pull.body, *(facts.messages if isinstance(facts, ChangeFacts) else ()))),
            await self.attempts.ended_attempts(pull.repository),
            await self.spending.spent(pull.repository, number),
        )


def _arms(dispatched: Sequence[Dispatched]) -> list[SentArm]:
    return [SentArm(one.name, one.head_sha, one.at) for one in dispatched if one.kind == ARM]


def _next(opened: Opened, facts: ChangeFacts | Missing | None, past: Past, at: float) -> Choice | str:
    if opened.ladder is None:
        return NO_LADDER
    paths = [file.path for file in facts.files] if isinstance(facts, ChangeFacts) else []
    pull = f"{opened.pull.repository}#{opened.pull.number}"
    return next_try(opened.ladder, opened.bounds, past.until(at), pull, paths, at)
