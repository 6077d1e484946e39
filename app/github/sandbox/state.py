"""What the local GitHub remembers: accounts, repositories, pull requests, checks, comments, deployments, runs.

Plain mutable records without behaviour of their own; the deeds (`pushing`, `pulling`, `checking`, ...) change them
and `shapes` says them in GitHub's JSON. Times are epoch seconds, UTC; ids are unique over all kinds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from app.github.sandbox.git import Objects

AccountType = Literal["User", "Organization", "Bot"]
Permissions = dict[str, str]  # name -> read | write | admin

ROLES = ("read", "triage", "write", "maintain", "admin")  # GitHub's repository roles, weakest first


@dataclass(slots=True)
class Account:
    """Somebody with a login: a person, an organisation, or the bot of an App (`slug[bot]`)."""

    id: int
    login: str
    type: AccountType = "User"


@dataclass(slots=True)
class App:
    """A GitHub App. Only ours has a key and gets webhooks; others merely own check suites."""

    id: int
    slug: str
    owner: Account
    bot: Account
    permissions: Permissions
    events: tuple[str, ...] = ()
    public_key: str = ""
    created_at: float = 0.0
    client_id: str = ""  # with which people sign in
    client_secret: str = ""


@dataclass(slots=True)
class Installation:
    """Our App on one account. `repositories` None: all of the account's, else the ids it was given."""

    id: int
    account: Account
    permissions: Permissions
    repositories: set[int] | None = None
    suspended_at: float | None = None
    created_at: float = 0.0


@dataclass(slots=True)
class Token:
    """An installation token, or a person's (then `installation` is None and `login` says whose). `account`: whose it
    stays, whatever they are called; `through`: the App that they signed in with, which shows them no more than it sees.
    """

    value: str
    expires_at: float
    installation: Installation | None = None
    login: str = ""
    permissions: Permissions = field(default_factory=dict)
    repositories: set[int] | None = None
    account: Account | None = None
    through: App | None = None


@dataclass(frozen=True, slots=True)
class Renewal:
    """What a refresh token renews: one of somebody's tokens for our App."""

    account: Account
    access: str
    until: float


@dataclass(slots=True)
class Label:
    """One label of a repository."""

    id: int
    name: str


@dataclass(slots=True)
class Reaction:
    """One reaction; `content` in GitHub's words (+1, -1, laugh, confused, heart, hooray, rocket, eyes)."""

    id: int
    user: Account
    content: str
    created_at: float


@dataclass(slots=True)
class Comment:
    """A comment on an issue or a pull request; `app` is the App through which it was written, if any."""

    id: int
    number: int
    user: Account
    body: str
    created_at: float
    updated_at: float
    app: App | None = None
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(slots=True)
class Pull:
    """A pull request. `base_sha` is the base's tip when the head last moved, not the tip now."""

    id: int
    number: int
    title: str
    body: str | None
    user: Account
    base_ref: str
    base_sha: str
    head: Repository
    head_ref: str
    head_sha: str
    created_at: float
    updated_at: float
    draft: bool = False
    state: Literal["open", "closed"] = "open"
    labels: list[Label] = field(default_factory=list)
    reviewers: list[Account] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    closed_at: float | None = None
    merged_at: float | None = None
    merged_by: Account | None = None
    merge_commit_sha: str | None = None
    rebased: tuple[str, ...] = ()  # under which shas its commits went into the base, oldest first
    tried: tuple[str, str] | None = None  # base and head of which somebody asked whether they merge


@dataclass(slots=True)
class Issue:
    """An issue that is no pull request; both share their numbers. `app`: through which it was opened, if any."""

    id: int
    number: int
    title: str
    body: str | None
    user: Account
    created_at: float
    updated_at: float
    app: App | None = None
    state: Literal["open", "closed"] = "open"
    state_reason: str | None = None
    closed_at: float | None = None
    labels: list[Label] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    assignees: list[Account] = field(default_factory=list)


@dataclass(slots=True)
class Suite:
    """A check suite: everything one App says about one head. It has no conclusion before all its runs have."""

    id: int
    app: App
    head_sha: str
    head_branch: str | None
    created_at: float
    updated_at: float
    before: str | None = None
    status: str = "queued"
    conclusion: str | None = None


@dataclass(slots=True)
class Run:
    """A check run; `annotations` and `actions` are kept as they were sent."""

    id: int
    suite: Suite
    name: str
    status: str
    conclusion: str | None
    started_at: float | None
    completed_at: float | None = None
    details_url: str | None = None
    external_id: str = ""
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[dict[str, Any]] = field(default_factory=list)
    actions: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Status:
    """One commit status (the older sister of a check run)."""

    id: int
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    user: Account
    created_at: float


@dataclass(slots=True)
class DeploymentStatus:
    """One step in the life of a deployment."""

    id: int
    state: str
    user: Account
    description: str
    environment: str
    environment_url: str
    log_url: str
    created_at: float


@dataclass(slots=True)
class Deployment:
    """A request to deploy `sha`, with all it went through, oldest first."""

    id: int
    sha: str
    ref: str
    task: str
    environment: str
    description: str | None
    payload: Any
    user: Account
    app: App | None
    created_at: float
    updated_at: float
    transient: bool = False
    production: bool = False
    statuses: list[DeploymentStatus] = field(default_factory=list)


@dataclass(slots=True)
class Artifact:
    """Files that a workflow run left behind; `archive` is the zip, `ticket` its place in the storage."""

    id: int
    name: str
    archive: bytes
    ticket: str
    created_at: float
    expires_at: float


@dataclass(slots=True)
class WorkflowRun:
    """One run of a GitHub Actions workflow."""

    id: int
    name: str
    path: str
    workflow_id: int
    number: int
    event: str
    head_sha: str
    head_branch: str
    head: Repository
    suite: Suite
    actor: Account
    status: str
    conclusion: str | None
    created_at: float
    updated_at: float
    inputs: dict[str, Any] = field(default_factory=dict)
    artifacts: list[Artifact] = field(default_factory=list)
    attempt: int = 1
    title: str = ""  # what a dispatched run is called; others are called after their commit
    rerun_by: Account | None = None  # who asked for the newest attempt, and when, where it is not the first
    rerun_at: float = 0.0


@dataclass(slots=True)
class Dispatch:
    """A `repository_dispatch` as somebody sent it."""

    event_type: str
    client_payload: dict[str, Any]
    user: Account
    at: float


@dataclass(slots=True)
class Delivery:
    """One sending of a webhook; a redelivery is another one with the same `guid`. `status_code` 0: not sent yet."""

    id: int
    guid: str
    event: str
    payload: dict[str, Any]
    at: float
    redelivery: bool = False
    duration: float = 0.0  # seconds
    status_code: int = 0
    status: str = "pending"
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""

    @property
    def action(self) -> str | None:
        """The event's action, if it has one."""
        action: str | None = self.payload.get("action")
        return action


@dataclass(slots=True, eq=False)
class Repository:
    """A repository with all that hangs on it. Forks share the `objects` of their parent, as on GitHub."""

    id: int
    owner: Account
    name: str
    objects: Objects
    created_at: float
    private: bool = False
    default_branch: str = "main"
    parent: Repository | None = None
    refs: dict[str, str] = field(default_factory=dict)  # "heads/main" -> commit sha
    collaborators: dict[str, str] = field(default_factory=dict)  # login -> one of ROLES
    labels: dict[str, Label] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    issues: dict[int, Issue] | None = field(default_factory=dict)  # None: switched off
    comments: dict[int, Comment] = field(default_factory=dict)
    suites: dict[int, Suite] = field(default_factory=dict)
    runs: dict[int, Run] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)
    deployments: dict[int, Deployment] = field(default_factory=dict)
    workflow_ids: dict[str, int] = field(default_factory=dict)  # path -> id
    workflow_runs: dict[int, WorkflowRun] = field(default_factory=dict)
    dispatches: list[Dispatch] = field(default_factory=list)
    graph: list[dict[str, Any]] | None = None  # what the dependency graph says of any change; None: switched off
    graph_packages: list[str] = field(default_factory=list)  # purls that the graph has of the default branch

    @property
    def full_name(self) -> str:
        """`owner/name`, as it is now."""
        return f"{self.owner.login}/{self.name}"

    def branch(self, name: str) -> str:
        """The commit at the tip of a branch; KeyError if there is no such branch."""
        return self.refs[f"heads/{name}"]

    @property
    def conversations(self) -> dict[int, Issue | Pull]:
        """Issues and pull requests together: they share their numbers, and their comments are alike."""
        return {**(self.issues or {}), **self.pulls}

    @property
    def new_number(self) -> int:
        """The number of the next issue or pull request."""
        return max(self.conversations, default=0) + 1

    def comments_of(self, number: int) -> list[Comment]:
        """All comments of one issue or pull request, oldest first."""
        return [comment for comment in self.comments.values() if comment.number == number]
