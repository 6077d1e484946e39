"""Issues of ours: one for each thing they are about, found by their marker before they are made.

The row of an issue holds the occasion for which it was last opened, and what it says: so no step is done twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.github.errors import NotFound
from app.github.issues import Issue
from app.github.repository import Repository
from app.model import ISSUE_MARKER, CloseIssue, EditIssue, IssueDeed, OpenIssue, Outcome, Performed, Stop, Stopped
from app.publish.account import Told, untold
from app.publish.fence import mark
from app.store.effects import Effect, Effects

OwnLogin = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class IssueWriter:
    """Looks after our issues of one repository. `own_login`: how GitHub names us as an author."""

    repository: Repository
    effects: Effects
    own_app: int
    own_login: OwnLogin
    told: Told = untold

    def perform(self, action: IssueDeed) -> Awaitable[Outcome]:
        """Whichever of its deeds `action` is."""
        match action:
            case OpenIssue():
                return self.open(action)
            case EditIssue():
                return self.edit(action)
            case CloseIssue():
                return self.close(action)

    async def open(self, action: OpenIssue) -> Outcome:
        """Open it, or open it again for another occasion; once it was open for this one, people decide."""
        key, occasion = self._key(action.about), mark(action.occasion)
        effect = await self.effects.get(key)
        if effect is not None and effect.remote_id is not None and effect.digest == occasion:
            return Performed(action, effect.remote_id)
        number = await self._there(action, effect)
        await self.effects.begin(key)
        if number is None:
            number = await self.repository.issues.create(action.title, _body(action))
        else:
            words = {"title": action.title, "body": _body(action), "state": "open"}
            await self.repository.issues.update(number, words)
        said = frozenset({_said(action)})
        await self.effects.record(key, Effect(number, occasion, sent=said), self.told(action))
        return Performed(action, number)

    async def edit(self, action: EditIssue) -> Outcome:
        """Say it anew, where it says something else and is open."""
        effect = await self.effects.get(self._key(action.about))
        if effect is not None and effect.remote_id == action.number and _said(action) in effect.sent:
            return Performed(action, action.number)
        issue = await self._ours(action, effect)
        if effect is None or issue is None:
            return _not_ours(action)
        if issue.open and (issue.title, _lines(issue.body)) != (action.title, _lines(_body(action))):
            await self.effects.begin(self._key(action.about))
            await self.repository.issues.update(action.number, {"title": action.title, "body": _body(action)})
        kept = Effect(action.number, effect.digest, sent=frozenset({_said(action)}))
        await self.effects.record(self._key(action.about), kept, self.told(action))
        return Performed(action, action.number)

    async def close(self, action: CloseIssue) -> Outcome:
        """Say why, then close. One that is closed already hears nothing more."""
        key = f"{self.repository.full_name}/issue-end/{action.number}/{mark(action.occasion)}"
        done = await self.effects.get(key)
        if done is not None and done.completed:
            return Performed(action, action.number)
        effect = await self.effects.get(self._key(action.about))
        issue = await self._ours(action, effect)
        if effect is None or issue is None:
            return _not_ours(action)
        if issue.open and effect.digest == mark(action.occasion):
            if await self.effects.begin(key) or not await self._explained(action):
                await self.repository.create_comment(action.number, f"{_why(action)}\n{action.comment}")
            await self.repository.issues.update(action.number, {"state": "closed", "state_reason": "completed"})
        await self.effects.record(key, Effect(action.number, "", completed=True), self.told(action))
        return Performed(action, action.number)

    async def _there(self, action: OpenIssue, effect: Effect | None) -> int | None:
        """The number of our issue, if it is still there."""
        if effect is not None and effect.remote_id is not None:
            return None if await self._read(effect.remote_id) is None else effect.remote_id
        ours, marker = await self.own_login(), _marker(action.about)
        every = [one for one in await self.repository.issues.by(ours) if one.body.startswith(marker)]
        return min((one.number for one in every if self._wrote(one, ours)), default=None)

    async def _ours(self, action: EditIssue | CloseIssue, effect: Effect | None) -> Issue | None:
        """The issue as it is now, if we opened it about this, and our App is its author."""
        if effect is None or effect.remote_id != action.number:
            return None
        issue = await self._read(action.number)
        return issue if issue is not None and self._wrote(issue, await self.own_login()) else None

    async def _read(self, number: int) -> Issue | None:
        try:
            return await self.repository.issues.get(number)
        except NotFound:  # somebody deleted it
            return None

    def _wrote(self, issue: Issue, own_login: str) -> bool:
        """Is it our App's? Where GitHub names no App, by its author."""
        return issue.author == own_login and issue.app_id in {None, self.own_app}

    async def _explained(self, action: CloseIssue) -> bool:
        """Did we say why already? Where GitHub names no App as a comment's writer, a bot's is taken for ours."""
        every = await self.repository.comments(action.number)
        said = [one for one in every if one.body.startswith(_why(action))]
        return any(one.app_id == self.own_app or (one.app_id is None and one.bot) for one in said)

    def _key(self, about: str) -> str:
        return f"{self.repository.full_name}/issue/{mark(about)}"


def _marker(about: str) -> str:
    return f"{ISSUE_MARKER}{mark(about)} -->"


def _why(action: CloseIssue) -> str:
    return f"{ISSUE_MARKER}end {mark(f'{action.about} {action.occasion}')} -->"


def _body(action: OpenIssue | EditIssue) -> str:
    return f"{_marker(action.about)}\n{action.body}"


def _said(action: OpenIssue | EditIssue) -> str:
    return hashlib.sha256(f"{action.title}\n{action.body}".encode()).hexdigest()


def _not_ours(action: EditIssue | CloseIssue) -> Stopped:
    return Stopped(action, Stop.REFUSED, f"#{action.number} is not ours")


def _lines(text: str) -> list[str]:
    return text.strip().splitlines()
