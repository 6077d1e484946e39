"""Issues that are assigned to an agent. GitHub takes such an assignment from people alone: so they are opened in the
name of somebody who signed in, each once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.github.errors import GitHubError
from app.github.issues import Issue
from app.github.repository import Repository
from app.model import ISSUE_MARKER, AssignIssue, Outcome, Performed, Stop, Stopped
from app.publish.account import Told, untold
from app.publish.doubt import unless_refused
from app.publish.fence import Fence, mark
from app.store.effects import Effect, Effects

Question = Callable[[Repository], Awaitable[Issue | GitHubError | None]]
InNameOf = Callable[[str, str, Question], Awaitable[Issue | GitHubError | str | None]]
"""Asks as the person of a login, of a repository; why that cannot be, in our own words."""

_NOBODY = "nobody"  # what is kept of an issue from which GitHub dropped the agent


async def nobody_signed_in(login: str, _repository: str, _question: Question) -> str:
    """Where nobody can sign in."""
    return f"nobody can sign in here, and so not `{login}`"


@dataclass(frozen=True, slots=True)
class Assigner:
    """Opens issues of one repository in the name of people."""

    repository: Repository
    effects: Effects
    fence: Fence
    in_name_of: InNameOf
    told: Told = untold

    async def assign(self, action: AssignIssue) -> Outcome:
        """Open it; one whose fate we never learned is looked for by its marker before it is opened again."""
        key = f"{self.repository.full_name}/assign/{mark(action.about)}"
        effect = await self.effects.get(key)
        if effect is not None and effect.remote_id is not None:
            return _outcome(action, effect.remote_id, effect.digest != _NOBODY)
        if effect is not None:
            there = await self._ask(action, _Finding(action))
            if isinstance(there, str):
                return Stopped(action, Stop.IN_DOUBT, there)
            if there is not None:
                return await self._done(key, action, there)
        if not await self.fence.wanted(action.head_sha):
            return Stopped(action, Stop.HEAD_MOVED)
        await self.effects.begin(key)
        async with unless_refused(self.effects, key):
            opened = await self._ask(action, _Opening(action))
        if not isinstance(opened, Issue):
            await self.effects.abandon(key)
            return Stopped(action, Stop.REFUSED, opened or "GitHub opened nothing")
        return await self._done(key, action, opened)

    async def _ask(self, action: AssignIssue, question: Question) -> Issue | str | None:
        answer = await self.in_name_of(action.behalf, self.repository.full_name, question)
        if isinstance(answer, GitHubError):
            raise answer
        return answer

    async def _done(self, key: str, action: AssignIssue, issue: Issue) -> Outcome:
        assigned = _bare(action.agent) in map(_bare, issue.assignees)
        await self.effects.record(key, Effect(issue.number, "" if assigned else _NOBODY), self.told(action))
        return _outcome(action, issue.number, assigned)


@dataclass(frozen=True, slots=True)
class _Opening:
    action: AssignIssue

    async def __call__(self, as_person: Repository) -> Issue:
        body = f"{_marker(self.action)}\n{self.action.body}"
        return await as_person.issues.assign(self.action.title, body, self.action.agent)


@dataclass(frozen=True, slots=True)
class _Finding:
    action: AssignIssue

    async def __call__(self, as_person: Repository) -> Issue | None:
        every = await as_person.issues.by(self.action.behalf)
        return next((one for one in every if one.body.startswith(_marker(self.action))), None)


def _outcome(action: AssignIssue, number: int, assigned: bool) -> Outcome:
    """GitHub opens the issue all the same where it drops the agent: that is said as often as it is asked for."""
    if assigned:
        return Performed(action, number)
    why = f"issue #{number} is open, yet GitHub did not assign `{action.agent}`: may that be assigned here?"
    return Stopped(action, Stop.REFUSED, why)


def _bare(login: str) -> str:
    return login.lower().removesuffix("[bot]")


def _marker(action: AssignIssue) -> str:
    return f"{ISSUE_MARKER}{mark(action.about)} -->"
