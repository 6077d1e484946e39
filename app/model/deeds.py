"""Actions that change more than what is shown: branches, pull requests, workflow runs, deployments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Signature:
    """Who made a commit and when (`at` in epoch seconds): said in full, the same commit has the same sha each time."""

    name: str
    email: str
    at: int


OWN_BRANCHES = "maestro/"
FIX_BRANCH = f"{OWN_BRANCHES}fix/"
"""How the branches begin from which we propose fixes: what comes of them is ours to edit and to close."""

PLAIN_FILE = "100644"
"""Git's mode of a file that is neither executable nor a link."""


@dataclass(frozen=True, slots=True)
class Written:
    """The file at `path` holds `content`."""

    path: str
    content: bytes
    mode: str = PLAIN_FILE


@dataclass(frozen=True, slots=True)
class Restored:
    """The file at `path` is again the blob `blob_sha`, which the repository has; or the submodule that commit."""

    path: str
    blob_sha: str
    mode: str = PLAIN_FILE


@dataclass(frozen=True, slots=True)
class Removed:
    """There is no file at `path`."""

    path: str


Edit = Written | Restored | Removed


@dataclass(frozen=True, slots=True)
class WriteBranch:
    """Action: `branch` holds `edits` on top of the commit `parent`: a new one as one commit; one that is still where we
    left it is brought forward to that, and loses no commit by it. `remade`: globs of files that a workflow makes anew
    on it; its commits on those alone are no reason to leave it.

    Its name must come from what it is for: it is the key by which the branch is known again.
    """

    branch: str
    parent: str
    edits: tuple[Edit, ...]
    message: str
    author: Signature
    head_sha: str
    remade: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MoveBranch:
    """Action: `branch` moves forward from the commit `expected` to `sha`, and never loses a commit by it."""

    branch: str
    expected: str
    sha: str
    head_sha: str


@dataclass(frozen=True, slots=True)
class DeleteBranch:
    """Action: our branch `branch` is gone, unless somebody else has a commit on it, or an open pull request from it.

    `remade` as of a branch that is written.
    """

    branch: str
    remade: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenPullRequest:
    """Action: there is a pull request of our branch `branch` onto `base`; one that was closed is not opened again."""

    branch: str
    base: str
    title: str
    body: str
    head_sha: str
    draft: bool = False


@dataclass(frozen=True, slots=True)
class FindPullRequest:
    """Action: the pull request from `branch` onto `base` that we may have opened, and never noted, is noted."""

    branch: str
    base: str


@dataclass(frozen=True, slots=True)
class EditPullRequest:
    """Action: our open pull request `number`, from `branch` to `base`, says this. One that is closed is left alone."""

    number: int
    branch: str
    base: str
    title: str
    body: str
    head_sha: str


@dataclass(frozen=True, slots=True)
class ClosePullRequest:
    """Action: our pull request `number`, from `branch` to `base`, is closed, after one `comment` that says why."""

    number: int
    branch: str
    base: str
    comment: str
    head_sha: str


@dataclass(frozen=True, slots=True)
class UpdateBranch:
    """Action: the base of pull request `number` is merged into its branch, where its head is still `head_sha`."""

    number: int
    head_sha: str


@dataclass(frozen=True, slots=True)
class MakeDraft:
    """Action: pull request `number` is a draft again, once for each `occasion`; who makes it ready is heeded."""

    number: int
    occasion: str
    head_sha: str


@dataclass(frozen=True, slots=True)
class Mention:
    """Action: pull request `number` has one comment that begins with `body`, once for each `about`.

    What it begins with may call an agent: so it is written while the head is `head_sha`, and not later.
    """

    number: int
    about: str
    body: str
    head_sha: str


@dataclass(frozen=True, slots=True)
class AddLabel:
    """Action: `label` is on pull request `number`, once for each `occasion`; who takes it off is heeded.

    `anew`: one that is on already is taken off first, so that whoever waits for it to be put on hears it.
    """

    number: int
    label: str
    occasion: str
    head_sha: str
    anew: bool = False


@dataclass(frozen=True, slots=True)
class OpenIssue:
    """Action: there is an open issue of ours about `about`, one for good. Whoever closes it is heeded for this
    `occasion`; another occasion opens it again, with these words.
    """

    about: str
    occasion: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class AssignIssue:
    """Action: there is one issue for each `about`, assigned to the agent `agent` and opened in the name of `behalf`,
    who signed in: GitHub lets no App assign an agent.
    """

    about: str
    title: str
    body: str
    agent: str
    behalf: str
    head_sha: str


@dataclass(frozen=True, slots=True)
class EditIssue:
    """Action: our issue `number` about `about` says this. One that is closed is left alone."""

    number: int
    about: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class CloseIssue:
    """Action: our issue `number` about `about` is closed, after one `comment` that says why; not where it was opened
    again for another `occasion`.
    """

    number: int
    about: str
    occasion: str
    comment: str


@dataclass(frozen=True, slots=True)
class DispatchWorkflow:
    """Action: the workflow file `workflow` runs on branch or tag `ref`, once for each `key`, and perhaps never.

    A mark made of the key travels as the input `mark_input`. A workflow that shows it in its `run-name` lets us find
    the run when we never learned whether it began.
    """

    workflow: str
    ref: str
    inputs: tuple[tuple[str, str], ...]
    key: str
    head_sha: str
    mark_input: str = "maestro_id"


@dataclass(frozen=True, slots=True)
class DispatchRepository:
    """Action: what listens for `event_type` in the repository hears `payload`, once for each `key`, and perhaps never.

    A mark made of the key travels as its `maestro_id`; GitHub takes ten parts in all. GitHub tells no run: one is found
    by the mark in its `run-name`.
    """

    event_type: str
    payload: tuple[tuple[str, str], ...]
    key: str
    head_sha: str


@dataclass(frozen=True, slots=True)
class RerunFailed:
    """Action: the failed jobs of workflow run `run` run again, once after its attempt `attempt`."""

    run: int
    attempt: int
    head_sha: str


@dataclass(frozen=True, slots=True)
class RerequestCheck:
    """Action: the App of check run `run`, in the suite `suite`, is asked for it again, once for each `occasion`."""

    run: int
    suite: int
    occasion: str
    head_sha: str


@dataclass(frozen=True, slots=True)
class NewDeployment:
    """A deployment of `ref` to `environment` that we ask for, once for each `key`."""

    key: str
    ref: str
    environment: str
    description: str = ""


DeploymentState = Literal["error", "failure", "inactive", "in_progress", "queued", "pending", "success"]


@dataclass(frozen=True, slots=True)
class SetDeploymentStatus:
    """Action: a deployment (its id, or one to be made) says this. The same words are said once for each `occasion`.

    `environment`: where that is, for the log.
    """

    deployment: int | NewDeployment
    state: DeploymentState
    description: str
    head_sha: str
    log_url: str = ""
    environment_url: str = ""
    occasion: str = ""
    environment: str = ""


BranchDeed = WriteBranch | MoveBranch | DeleteBranch
PullRequestDeed = OpenPullRequest | FindPullRequest | EditPullRequest | ClosePullRequest
IssueDeed = OpenIssue | EditIssue | CloseIssue

StandingDeed = UpdateBranch | MakeDraft | AddLabel

WorkflowDeed = DispatchWorkflow | DispatchRepository | RerunFailed | RerequestCheck

Deed = (
    BranchDeed | PullRequestDeed | StandingDeed | Mention | AssignIssue | IssueDeed | WorkflowDeed | SetDeploymentStatus
)
"""Actions that change more than what is shown; `head_sha` is the head that was looked at when they were decided.

Those without one rest on no head: they find out what was done, or clear away what nobody needs.
"""
