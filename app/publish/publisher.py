"""The only writer: reads the head once more, drops what speaks of an older one, and performs the rest in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

import structlog

from app.github.errors import Denied, GitHubError, Invalid, NotFound, RateLimited
from app.github.records import PullRequest
from app.github.repository import Repository
from app.model import (
    Action,
    BeginCheckRun,
    Cause,
    ForgetCheckRuns,
    Place,
    React,
    Reply,
    RetireCheckRuns,
    WriteCard,
    WriteCheckRun,
)
from app.publish.account import Account, Journal
from app.publish.card import CardWriter
from app.publish.check_run import CheckRunWriter
from app.publish.comment import CommentWriter
from app.store.effects import Effects

log = structlog.get_logger(__name__)

Connect = Callable[[Place], Awaitable[Repository]]


@dataclass(frozen=True, slots=True)
class Publisher:
    """Performs actions through `connect`, remembers in `effects` what GitHub already has, and tells `journal`."""

    connect: Connect
    effects: Effects
    own_app: int
    journal: Journal
    turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def perform(self, place: Place, actions: Sequence[Action], cause: Cause) -> None:
        """Carry out `actions`; what GitHub already shows is not written again, costs no call and tells no tale."""
        repository, account = await self.connect(place), Account(place, cause)
        desk = _Desk(
            place,
            repository,
            CheckRunWriter(repository, self.effects, self.own_app, account.done),
            CardWriter(repository, self.effects, self.own_app, account.done),
            CommentWriter(repository, self.effects, account.done),
            account,
            self.journal,
        )
        for action in actions:
            if not await desk.perform(action):
                log.info("publish.head_moved", place=place)
                await self.journal.append([account.dropped(action)])
                return

    def turn(self, place: Place, head_sha: str) -> asyncio.Lock:
        """One writer a head at a time, whatever pull request it writes for."""
        return self.turns.setdefault(f"{place.repository.lower()}@{head_sha}", asyncio.Lock())


@dataclass(slots=True)
class _Desk:
    """One batch of actions at one place. The pull request is read again once, when the first answer needs it."""

    place: Place
    repository: Repository
    runs: CheckRunWriter
    cards: CardWriter
    comments: CommentWriter
    account: Account
    journal: Journal
    pull: PullRequest | None = None

    async def perform(self, action: Action) -> bool:
        """Carry out one action; False when the head it speaks of is no longer the head."""
        try:
            return await self._carry_out(action)
        except RateLimited:  # GitHub did nothing, and it will be tried again
            raise
        except GitHubError as error:
            await self._failed(action, str(error))
            raise

    async def _carry_out(self, action: Action) -> bool:
        match action:
            case ForgetCheckRuns():
                await self.runs.forget(action)
            case BeginCheckRun():
                await self.runs.begin(action)
            case RetireCheckRuns():
                await self.runs.retire(action)
            case React():
                await self._react(action)
            case Reply():
                await self.comments.reply(action)
            case WriteCheckRun():
                return await self._write_run(action)
            case WriteCard():
                return await self._write_card(action)
        return True

    async def _react(self, action: React) -> None:
        refused = await self.comments.react(action)
        if refused:
            await self._failed(action, refused)
        else:
            await self.journal.append([self.account.done(action)])

    async def _failed(self, action: Action, error: str) -> None:
        await self.journal.append([self.account.failed(action, error)])

    async def _write_run(self, action: WriteCheckRun) -> bool:
        if await self.runs.said(action):
            return True
        if not await self._is_head(action.head_sha):
            return False
        await self.runs.write(action)
        return True

    async def _write_card(self, action: WriteCard) -> bool:
        if await self.cards.said(action):
            return True
        if not await self._is_head(action.head_sha) or self.pull is None:
            return False
        try:
            await self.cards.write(action, self.pull.comments)
        except (Denied, Invalid) as error:  # a locked conversation, a block: the check runs have said it
            log.warning("publish.card_refused", place=self.place, error=str(error))
            await self._failed(action, str(error))
        return True

    async def _is_head(self, sha: str) -> bool:
        """Is `sha` still what would be merged? A merge group's head never moves: a new group has a new sha."""
        if self.place.number is None:
            return True
        if self.pull is None:
            try:
                self.pull = await self.repository.pull(self.place.number)
            except NotFound:
                return False
        return self.pull.head_sha == sha and self.pull.state == "open"
