"""Pull requests of ours: one for each branch and base, found by them before it is made; edited and closed if ours."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from app.github.errors import Invalid
from app.github.records import PullRequest
from app.github.repository import Repository
from app.model import (
    CLOSING_MARKER,
    FIX_BRANCH,
    ClosePullRequest,
    EditPullRequest,
    FindPullRequest,
    OpenPullRequest,
    Outcome,
    Performed,
    PullRequestDeed,
    Stop,
    Stopped,
)
from app.publish.account import Told, untold
from app.publish.fence import Fence, mark
from app.store.effects import Effect, Effects

OwnLogin = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class PullRequestWriter:
    """Opens pull requests of one repository, and looks after those. `own_login`: how GitHub names us as an author."""

    repository: Repository
    effects: Effects
    own_app: int
    own_login: OwnLogin
    fence: Fence
    told: Told = untold

    def perform(self, action: PullRequestDeed) -> Awaitable[Outcome]:
        """Whichever of its deeds `action` is."""
        match action:
            case OpenPullRequest():
                return self.open(action)
            case FindPullRequest():
                return self.find(action)
            case EditPullRequest():
                return self.edit(action)
            case ClosePullRequest():
                return self.close(action)

    async def open(self, action: OpenPullRequest) -> Outcome:
        """Open it, unless the branch has one already; a closed one counts, for whoever closed it has answered."""
        key = self._key(action.branch, action.base)
        effect = await self.effects.get(key)
        if effect is not None and effect.remote_id is not None:
            return Performed(action, effect.remote_id)
        pull = await self._find(action)
        if pull is None:
            if not await self.fence.passes(action.head_sha):
                return Stopped(action, Stop.HEAD_MOVED)
            await self.effects.begin(key)
            pull = await self._make(action)
        await self.effects.record(key, Effect(pull.number, pull.author), self.told(action))
        return Performed(action, pull.number)

    async def find(self, action: FindPullRequest) -> Outcome:
        """What was begun and never noted is looked for: the open one of ours, else the newest. None: it never came."""
        key = self._key(action.branch, action.base)
        effect = await self.effects.get(key)
        if effect is None or effect.remote_id is not None:
            return Performed(action, None if effect is None else effect.remote_id)
        ours = await self.own_login()
        pull = _nearest(one for one in await self._every(action) if one.by_bot and one.author == ours)
        if pull is None:
            return Performed(action)
        await self.effects.record(key, Effect(pull.number, pull.author), self.told(action))
        return Performed(action, pull.number)

    async def edit(self, action: EditPullRequest) -> Outcome:
        """Say it anew, where it says something else and is open."""
        key = f"{self.repository.full_name}/words/{action.number}"
        effect, said = await self.effects.get(key), _digest(action)
        if effect is not None and effect.digest == said:
            return Performed(action, action.number)
        pull = await self._ours(action)
        if pull is None:
            return _not_ours(action)
        if pull.state == "open" and (pull.title, _lines(pull.body)) != (action.title, _lines(action.body)):
            if not await self.fence.passes(action.head_sha):
                return Stopped(action, Stop.HEAD_MOVED)
            await self.effects.begin(key)
            await self.repository.update_pull(action.number, {"title": action.title, "body": action.body})
        await self.effects.record(key, Effect(action.number, said), self.told(action))
        return Performed(action, action.number)

    async def close(self, action: ClosePullRequest) -> Outcome:
        """Say why, then close. One that is closed already, or merged, hears nothing more."""
        key = f"{self.repository.full_name}/end/{action.number}"
        effect = await self.effects.get(key)
        if effect is not None and effect.completed:
            return Performed(action, action.number)
        pull = await self._ours(action)
        if pull is None:
            return _not_ours(action)
        if pull.state == "open":
            if not await self.fence.passes(action.head_sha):
                return Stopped(action, Stop.HEAD_MOVED)
            if await self.effects.begin(key) or not await self._explained(action.number):
                await self.repository.create_comment(action.number, f"{CLOSING_MARKER}\n{action.comment}")
            await self.repository.update_pull(action.number, {"state": "closed"})
        await self.effects.record(key, Effect(action.number, "", completed=True), self.told(action))
        return Performed(action, action.number)

    async def _make(self, action: OpenPullRequest) -> PullRequest:
        try:
            return await self.repository.create_pull(
                head=action.branch, base=action.base, title=action.title, body=action.body, draft=action.draft
            )
        except Invalid:  # perhaps because there is one since we looked
            pull = await self._find(action)
            if pull is None:
                raise
            return pull

    async def _find(self, action: OpenPullRequest) -> PullRequest | None:
        """Whoever opened it."""
        return _nearest(await self._every(action))

    async def _every(self, action: OpenPullRequest | FindPullRequest) -> tuple[PullRequest, ...]:
        return await self.repository.pulls_of_branch(action.branch, action.base)

    async def _ours(self, action: EditPullRequest | ClosePullRequest) -> PullRequest | None:
        """The pull request as it is now, if we opened it from a branch of ours and our App is its author."""
        effect = await self.effects.get(self._key(action.branch, action.base))
        if effect is None or effect.remote_id != action.number or not action.branch.startswith(FIX_BRANCH):
            return None
        pull = await self.repository.pull(action.number)
        written = pull.by_bot and pull.author == effect.digest
        return pull if written and not pull.from_fork and pull.head_ref == action.branch else None

    async def _explained(self, number: int) -> bool:
        """Did we say why already? Where GitHub names no App as a comment's writer, a bot's is taken for ours."""
        said = [one for one in await self.repository.comments(number) if one.body.startswith(CLOSING_MARKER)]
        return any(one.app_id == self.own_app or (one.app_id is None and one.bot) for one in said)

    def _key(self, branch: str, base: str) -> str:
        return f"{self.repository.full_name}/pull/{mark(f'{branch} {base}')}"


def _nearest(pulls: Iterable[PullRequest]) -> PullRequest | None:
    """The open one, else the newest."""
    return max(pulls, key=lambda pull: (pull.state == "open", pull.number), default=None)


def _not_ours(action: EditPullRequest | ClosePullRequest) -> Stopped:
    return Stopped(action, Stop.REFUSED, f"#{action.number} is not ours")


def _digest(action: EditPullRequest) -> str:
    return hashlib.sha256(f"{action.title}\n{action.body}".encode()).hexdigest()


def _lines(text: str) -> list[str]:
    return text.strip().splitlines()
