"""The only writer: reads the head once more, drops what speaks of an older one, and performs the rest in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from weakref import WeakValueDictionary

import structlog

from app.github.errors import Conflict, Denied, GitHubError, Invalid, NotFound, RateLimited, Unavailable
from app.github.records import PullRequest
from app.github.repository import Repository
from app.model import (
    Action,
    AddLabel,
    AssignIssue,
    BeginCheckRun,
    Cause,
    CloseIssue,
    ClosePullRequest,
    Deed,
    DeleteBranch,
    DispatchRepository,
    DispatchWorkflow,
    EditIssue,
    EditPullRequest,
    EndCheckRuns,
    FindPullRequest,
    FollowHead,
    ForgetCheckRuns,
    MakeDraft,
    Mention,
    MoveBranch,
    OpenIssue,
    OpenPullRequest,
    Outcome,
    Performed,
    Place,
    React,
    Reply,
    RerequestCheck,
    RerunFailed,
    RetireCheckRuns,
    SetDeploymentStatus,
    Stop,
    Stopped,
    Tell,
    UpdateBranch,
    Words,
    WriteBranch,
    WriteCard,
    WriteCheckRun,
)
from app.publish.account import Account, Journal
from app.publish.assign import Assigner, InNameOf, nobody_signed_in
from app.publish.branch import BranchWriter
from app.publish.card import CardWriter
from app.publish.check_run import CheckRunWriter
from app.publish.comment import CommentWriter
from app.publish.deployment import DeploymentWriter
from app.publish.fence import Fence
from app.publish.head import HeadFollower
from app.publish.issue import IssueWriter
from app.publish.mention import Mentioner
from app.publish.pull_request import OwnLogin, PullRequestWriter
from app.publish.rerun import Rerunner
from app.publish.standing import PullRequestMover
from app.publish.workflow import WorkflowStarter
from app.store.effects import Effects

log = structlog.get_logger(__name__)

Connect = Callable[[Place], Awaitable[Repository]]
Perform = Callable[[Action], Awaitable[Outcome]]
Carried = Callable[[Place, Action, Cause, Perform], Awaitable[Outcome]]
"""How an action is carried out by what performs it: whoever looks on does so here."""


async def _always() -> bool:
    """For a writer that nobody could replace meanwhile."""
    return True


async def _nobody() -> str:
    """For a writer that opens no pull request."""
    return ""


def _unseen(_place: Place, action: Action, _cause: Cause, perform: Perform) -> Awaitable[Outcome]:
    """With nobody looking on."""
    return perform(action)


@dataclass(frozen=True, slots=True)
class Publisher:
    """Performs actions through `connect`, remembers in `effects` what GitHub already has, and tells `journal`.

    `owns` says whether the work is still ours: a worker that lost its lock may have been replaced, and lives on.
    `own_login`: under which login GitHub shows what we write. `in_name_of`: asks GitHub as a person who signed in.
    `carried`: who looks on.
    """

    connect: Connect
    effects: Effects
    own_app: int
    journal: Journal
    owns: Callable[[], Awaitable[bool]] = _always
    own_login: OwnLogin = _nobody
    in_name_of: InNameOf = nobody_signed_in
    carried: Carried = _unseen
    turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def perform(self, place: Place, actions: Sequence[Action], cause: Cause) -> tuple[Outcome, ...]:
        """Carry out `actions`; what GitHub already shows is not written again, costs no call and tells no tale.

        What became of each, up to the first that was stopped: those after it rest on it.
        """
        desk = self._desk(place, await self.connect(place), Account(place, cause))
        outcomes: list[Outcome] = []
        for action in actions:
            if not await self.owns():
                raise Unavailable("an effect on GitHub", 0, "this worker has lost the lock on its work")
            outcomes.append(await self.carried(place, action, cause, desk.perform))
            if isinstance(outcomes[-1], Stopped):
                log.info("publish.stopped", place=place, action=type(action).__name__, why=outcomes[-1].why)
                await self.journal.append([desk.account.stopped(outcomes[-1])])
                break
        return tuple(outcomes)

    def _desk(self, place: Place, repository: Repository, account: Account) -> _Desk:
        fence = Fence(repository, place.number)
        runs = CheckRunWriter(repository, self.effects, self.own_app, account.done)
        return _Desk(
            place,
            repository,
            runs,
            HeadFollower(repository, self.effects, runs, partial(self.turn, place)),
            CardWriter(repository, self.effects, self.own_app, account.done),
            CommentWriter(repository, self.effects, self.own_app, account.done),
            Mentioner(repository, self.effects, fence, self.own_app, account.done),
            Assigner(repository, self.effects, fence, self.in_name_of, account.done),
            BranchWriter(repository, self.effects, fence, account.done),
            PullRequestWriter(repository, self.effects, self.own_app, self.own_login, fence, account.done),
            PullRequestMover(repository, self.effects, account.done),
            IssueWriter(repository, self.effects, self.own_app, self.own_login, account.done),
            WorkflowStarter(repository, self.effects, fence, account.done),
            Rerunner(repository, self.effects, fence, account.done),
            DeploymentWriter(repository, self.effects, self.own_app, fence, account.done),
            account,
            self.journal,
        )

    def turn(self, place: Place, head_sha: str) -> asyncio.Lock:
        """One writer a head at a time, whatever pull request it writes for."""
        return self.turns.setdefault(f"{place.repository.lower()}@{head_sha}", asyncio.Lock())


@dataclass(slots=True)
class _Desk:
    """One batch of actions at one place. The pull request is read again once, when the first answer needs it."""

    place: Place
    repository: Repository
    runs: CheckRunWriter
    heads: HeadFollower
    cards: CardWriter
    comments: CommentWriter
    mentions: Mentioner
    assigners: Assigner
    branches: BranchWriter
    pulls: PullRequestWriter
    standings: PullRequestMover
    issues: IssueWriter
    workflows: WorkflowStarter
    reruns: Rerunner
    deployments: DeploymentWriter
    account: Account
    journal: Journal
    pull: PullRequest | None = None

    async def perform(self, action: Action) -> Outcome:
        """Carry out one action; what speaks of an older head is stopped."""
        try:
            if isinstance(action, Deed):
                return await self._do(action)
            return Performed(action) if await self._say(action) else Stopped(action, Stop.HEAD_MOVED)
        except RateLimited:  # GitHub did nothing, and it will be tried again
            raise
        except GitHubError as error:
            await self._failed(action, str(error))
            raise

    async def _do(self, action: Deed) -> Outcome:
        try:
            return await self._deed(action)
        except (Conflict, Denied, Invalid, NotFound) as refusal:
            log.warning("publish.refused", place=self.place, error=str(refusal))
            return Stopped(action, Stop.REFUSED, str(refusal))

    def _deed(self, action: Deed) -> Awaitable[Outcome]:
        done: Awaitable[Outcome]
        match action:
            case WriteBranch() | MoveBranch() | DeleteBranch():
                done = self.branches.perform(action)
            case OpenPullRequest() | FindPullRequest() | EditPullRequest() | ClosePullRequest():
                done = self.pulls.perform(action)
            case OpenIssue() | EditIssue() | CloseIssue():
                done = self.issues.perform(action)
            case UpdateBranch() | MakeDraft() | AddLabel():
                done = self.standings.perform(action)
            case AssignIssue():
                done = self.assigners.assign(action)
            case Mention():
                done = self.mentions.mention(action)
            case DispatchWorkflow() | DispatchRepository():
                done = self.workflows.perform(action)
            case RerunFailed() | RerequestCheck():
                done = self.reruns.perform(action)
            case SetDeploymentStatus():
                done = self.deployments.set_status(action)
        return done

    async def _say(self, action: Words) -> bool:
        """Show what was decided; False when the head it speaks of is no longer the head."""
        match action:
            case ForgetCheckRuns():
                await self.runs.forget(action)
            case BeginCheckRun():
                await self.runs.begin(action)
            case RetireCheckRuns():
                await self.runs.retire(action)
            case FollowHead() | EndCheckRuns():
                await self._told_if(action, await self.heads.perform(action))
            case React():
                await self._told_if(action, await self.comments.react(action))
            case Reply():
                await self.comments.reply(action)
            case Tell():
                await self._told_if(action, await self.comments.tell(action))
            case WriteCheckRun():
                return await self._write_run(action)
            case WriteCard():
                return await self._write_card(action)
        return True

    async def _told_if(self, action: Action, refused: str) -> None:
        if refused:
            await self._failed(action, refused)

    async def _failed(self, action: Action, error: str) -> None:
        await self.journal.append([self.account.failed(action, error)])

    async def _write_run(self, action: WriteCheckRun) -> bool:
        if await self.runs.said(action):
            return True
        if not await self._stands(action):
            return False
        await self.runs.write(action)
        return True

    async def _write_card(self, action: WriteCard) -> bool:
        if await self.cards.said(action):
            return True
        if not await self._stands(action) or self.pull is None:
            return False
        try:
            await self.cards.write(action, self.pull.comments)
        except (Denied, Invalid) as error:  # a locked conversation, a block: the check runs have said it
            log.warning("publish.card_refused", place=self.place, error=str(error))
            await self._failed(action, str(error))
        return True

    async def _stands(self, action: WriteCheckRun | WriteCard) -> bool:
        """Is its commit still what would be merged, or, where the action speaks of the end, is it what was? The head of
        a merge group never moves: a new group has a new sha.
        """
        if self.place.number is None:
            return True
        if self.pull is None:
            try:
                self.pull = await self.repository.pull(self.place.number)
            except NotFound:
                return False
        stands = (self.pull.state == "open") is not action.merged
        return stands and self.pull.head_sha == action.head_sha
