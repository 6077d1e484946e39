"""What the writer tells the log. It never sees where the log is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.model import (
    Action,
    AddLabel,
    AssignIssue,
    BeginCheckRun,
    BranchDeed,
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
    IssueDeed,
    MakeDraft,
    Mention,
    MoveBranch,
    OpenIssue,
    OpenPullRequest,
    Place,
    React,
    Reply,
    RerequestCheck,
    RerunFailed,
    RetireCheckRuns,
    SetDeploymentStatus,
    StandingDeed,
    Stop,
    Stopped,
    Tell,
    UpdateBranch,
    Words,
    WorkflowDeed,
    WriteBranch,
    WriteCard,
    WriteCheckRun,
)
from app.store.chain import MOVED, OK, Kind, ProvenanceEntry, told


class Journal(Protocol):
    """Takes down what was done."""

    async def append(self, entries: Sequence[ProvenanceEntry]) -> object:
        """Keep `entries` for good, in their order."""


Told = Callable[[Action], ProvenanceEntry | None]
"""What is to be told of an action that succeeded: it is kept in one transaction with the memory of its effect."""


def untold(_action: Action) -> None:
    """For a writer that works for no log."""
    return


@dataclass(frozen=True, slots=True)
class Account:
    """The entries of one batch of actions: all at one place, and because of one thing."""

    place: Place
    cause: Cause

    def done(self, action: Action) -> ProvenanceEntry:
        """GitHub did it."""
        return self._entry(Kind.ACTION, action, OK)

    def failed(self, action: Action, error: str) -> ProvenanceEntry:
        """GitHub answered with an error, or with nothing: then nobody knows whether it was done."""
        return self._entry(Kind.ACTION, action, error)

    def stopped(self, outcome: Stopped) -> ProvenanceEntry:
        """Not carried out, nor what was to come after it: most often because its head is no longer the head."""
        why = MOVED if outcome.why is Stop.HEAD_MOVED else f"{outcome.why}: {outcome.detail}".removesuffix(": ")
        return self._entry(Kind.REFUSAL, outcome.action, why)

    def _entry(self, kind: Kind, action: Action, result: str) -> ProvenanceEntry:
        where = (self.place.repository, self.place.number, getattr(action, "head_sha", ""))
        return told(kind, where, what(action), self.cause, result=result)


def what(action: Action) -> str:
    """The kind of an action and what it was done to."""
    return _deed(action) if isinstance(action, Deed) else _words(action)


def _words(action: Words) -> str:
    match action:
        case WriteCheckRun():
            told = f"check run {action.name}: {action.conclusion or 'in progress'}"
        case BeginCheckRun():
            told = f"check run {action.name}: in progress"
        case FollowHead():  # so does each run that it cancels
            told = f"check runs of the head before {action.head_sha[:7]}"
        case ForgetCheckRuns() | RetireCheckRuns() | EndCheckRuns():  # each run that they write tells its own tale
            told = "check runs of the head"
        case WriteCard():
            told = f"card on #{action.number}"
        case Reply():
            told = f"reply to comment {action.comment_id}"
        case Tell():
            told = f"comment on #{action.number}, about {action.about}"
        case React():
            told = f"reaction {action.content} to comment {action.comment_id}"
    return told


def _deed(action: Deed) -> str:
    match action:
        case WriteBranch() | MoveBranch() | DeleteBranch():
            told = _branch(action)
        case OpenPullRequest() | FindPullRequest():
            told = f"pull request from {action.branch} to {action.base}"
        case EditPullRequest():
            told = f"words of pull request #{action.number}"
        case ClosePullRequest():
            told = f"end of pull request #{action.number}"
        case OpenIssue() | EditIssue() | CloseIssue():
            told = _issue(action)
        case Mention() | AssignIssue():
            told = _calling(action)
        case UpdateBranch() | MakeDraft() | AddLabel():
            told = _standing(action)
        case DispatchWorkflow() | DispatchRepository() | RerunFailed() | RerequestCheck():
            told = _run(action)
        case SetDeploymentStatus():
            told = _status(action)
    return told


def _branch(action: BranchDeed) -> str:
    return f"{'end of ' if isinstance(action, DeleteBranch) else ''}branch {action.branch}"


def _calling(action: Mention | AssignIssue) -> str:
    if isinstance(action, Mention):
        return f"comment on #{action.number} that asks an agent"
    return f"issue for {action.agent}, in the name of {action.behalf}"


def _standing(action: StandingDeed) -> str:
    match action:
        case UpdateBranch():
            return f"base merged into the branch of #{action.number}"
        case MakeDraft():
            return f"#{action.number} back to a draft"
        case AddLabel():
            return f"label {action.label} on #{action.number}"


def _status(action: SetDeploymentStatus) -> str:
    """With where it is, and which one: a change may be deployed to many places, and often to one."""
    one = action.deployment
    where = action.environment if isinstance(one, int) else one.environment
    named = f" ({one})" if isinstance(one, int) else ""
    return f"deployment status {action.state}{f' of {where}' if where else ''}{named}"


def _run(action: WorkflowDeed) -> str:
    match action:
        case DispatchWorkflow():
            where = dict(action.inputs).get("environment", "")
            return f"run of workflow {action.workflow} on {action.ref}{f' for {where}' if where else ''}"
        case DispatchRepository():
            return f"event {action.event_type} in the repository"
        case RerunFailed():
            return f"failed jobs of workflow run {action.run}, after attempt {action.attempt}"
        case RerequestCheck():
            return f"check run {action.run}, once more"


def _issue(action: IssueDeed) -> str:
    match action:
        case OpenIssue():
            return f"issue about {action.about}"
        case EditIssue():
            return f"words of issue #{action.number}"
        case CloseIssue():
            return f"end of issue #{action.number}"
