"""What we keep of GitHub's answers: only the fields in use, each read tolerantly.

Readers raise KeyError or TypeError where an id or a sha is missing: Malformed. All else may be absent or null.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.github.fields import count, flag, identifier, moment, text, within
from app.github.limits import COMPARE_FILES
from checks.model import FileChange, Pull

_SYMBOLIC_LINK = "120000"  # git's mode: the blob is where the link leads, not what is there
GHOST = "ghost"  # GitHub's own name for the author of what a deleted account left behind


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request. Lists leave `changed_files` and `comments` out: their 0 then means nothing."""

    number: int
    repository: str  # "owner/name" of the base
    head_repository: str  # "" when the fork was deleted
    title: str
    body: str
    author: str
    state: str  # open closed
    draft: bool
    labels: tuple[str, ...]
    url: str
    head_sha: str
    head_ref: str
    base_sha: str
    base_ref: str
    changed_files: int
    comments: int
    merged: bool = False
    by_bot: bool = False  # an App opened it
    mergeable: bool | None = None  # without conflict; None while GitHub does not know, and in lists
    merge_sha: str = ""  # of one that is `merged`: the commit that it came as, the last where it was rebased
    repository_id: int = 0  # of the base
    node_id: str = ""  # its name in GraphQL
    default_branch: str = ""  # of the repository of the base

    @property
    def from_fork(self) -> bool:
        return self.head_repository.lower() != self.repository.lower()

    def facts(self, merge_base_sha: str = "") -> Pull:
        """The same in the words of the checks."""
        return Pull(
            repository=self.repository,
            number=self.number,
            title=self.title,
            author=self.author,
            head_sha=self.head_sha,
            head_ref=self.head_ref,
            base_sha=self.base_sha,
            base_ref=self.base_ref,
            merge_base_sha=merge_base_sha,
            body=self.body,
            labels=self.labels,
            from_fork=self.from_fork,
            draft=self.draft,
            open=self.state == "open",
            url=self.url,
            repository_id=self.repository_id,
        )


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit. The first of `parents` is where its branch was; `at`: when it was committed, RFC 3339 in UTC.

    `written`: by whom and when, which a rebase keeps: name, address, time. `login`: whose account GitHub takes that
    for, by the address alone, "" for nobody's; `bot`: an App's.
    """

    sha: str
    parents: tuple[str, ...] = ()
    at: str = ""
    message: str = ""
    written: tuple[str, str, str] = ("", "", "")
    login: str = ""
    bot: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Base against head. `files`: at most GitHub's 300; `commits`: the first 250, newest last, of `total`.

    `patches`: of files that were modified and keep their name, where GitHub shows the whole difference.
    """

    base_sha: str
    merge_base: Commit
    files: tuple[FileChange, ...]
    commits: tuple[Commit, ...]
    total: int = 0
    patches: Mapping[str, str] = field(default_factory=dict)

    @property
    def messages(self) -> tuple[str, ...]:
        """What the commits say of themselves."""
        return tuple(one.message for one in self.commits)

    @property
    def emails(self) -> tuple[str, ...]:
        """The addresses of their authors."""
        return tuple(one.written[1] for one in self.commits)

    @property
    def truncated(self) -> bool:
        """GitHub may have left files out: as many are here as it ever lists."""
        return len(self.files) >= COMPARE_FILES


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One entry of a git tree. `kind`: blob, tree, commit (a submodule), or link (a symbolic one); `mode` as git's."""

    path: str
    kind: str
    mode: str = ""
    sha: str = ""


@dataclass(frozen=True, slots=True)
class Tree:
    """A whole git tree; `truncated`: GitHub left entries out."""

    entries: tuple[TreeEntry, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class CheckRun:
    """One check run; `conclusion` is "" until it is completed; `suite_id` 0 where GitHub does not say."""

    id: int
    name: str
    status: str
    conclusion: str
    app_id: int | None
    app_slug: str
    external_id: str
    url: str
    suite_id: int = 0
    started: float = 0.0  # epoch seconds; 0: GitHub does not say
    completed: float = 0.0


@dataclass(frozen=True, slots=True)
class CheckSuite:
    """One check suite; a suite with `runs` 0 belongs to an App that never started one."""

    id: int
    status: str
    conclusion: str
    app_id: int | None
    app_slug: str
    runs: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a pull request; `app_id`: the App that wrote it, None for people; `bot`: its author is one."""

    id: int
    body: str
    app_id: int | None
    bot: bool


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """One run of a GitHub Actions workflow; `head_repository` tells a fork's run from ours.

    `number` grows with each run of a workflow; all runs of one suite come of one workflow run.
    """

    id: int
    head_repository: str
    url: str
    suite_id: int = 0
    workflow_id: int = 0
    event: str = ""
    number: int = 0
    conclusion: str = ""
    title: str = ""  # the workflow's `run-name` where it has one
    status: str = ""
    attempt: int = 1
    started: float = 0.0  # when this attempt began, in epoch seconds; 0: GitHub did not say
    updated: float = 0.0  # when it was last heard of, the same
    head_sha: str = ""
    path: str = ""  # of the workflow's file, as it was on the head


def read_pull(data: Any) -> PullRequest:
    """Read a pull request, whole or as a list gives it."""
    head, base = data["head"], data["base"]
    return PullRequest(
        number=identifier(data, "number"),
        repository=_string(base["repo"], "full_name"),
        head_repository=text(within(head, "repo"), "full_name"),
        title=text(data, "title"),
        body=text(data, "body"),
        author=_author(data),
        state=text(data, "state"),
        draft=bool(data.get("draft")),
        labels=tuple(text(label, "name") for label in data.get("labels") or ()),
        url=text(data, "html_url"),
        head_sha=_string(head, "sha"),
        head_ref=_string(head, "ref"),
        base_sha=_string(base, "sha"),
        base_ref=_string(base, "ref"),
        changed_files=count(data, "changed_files"),
        comments=count(data, "comments"),
        merged=bool(data.get("merged_at")),
        by_bot=text(within(data, "user"), "type") == "Bot",
        mergeable=flag(data, "mergeable"),
        merge_sha=text(data, "merge_commit_sha"),
        repository_id=count(base["repo"], "id"),
        node_id=text(data, "node_id"),
        default_branch=text(base["repo"], "default_branch"),
    )


def read_file(data: Any) -> FileChange:
    """Read one file of a comparison or of a pull request."""
    return FileChange(
        path=_string(data, "filename"),
        added=count(data, "additions"),
        deleted=count(data, "deletions"),
        status=text(data, "status") or "modified",
        previous=text(data, "previous_filename"),
        blob_sha=text(data, "sha"),
    )


def read_comparison(data: Any) -> Comparison:
    """Read a comparison of two commits."""
    return Comparison(
        base_sha=_string(data["base_commit"], "sha"),
        merge_base=read_commit(data["merge_base_commit"]),
        files=tuple(read_file(file) for file in data.get("files") or ()),
        commits=tuple(read_commit(one) for one in data.get("commits") or ()),
        total=count(data, "total_commits"),
        patches={one["filename"]: text(one, "patch") for one in data.get("files") or () if _patched(one)},
    )


def _patched(file: Any) -> bool:
    return bool(text(file, "patch")) and file.get("status") == "modified"


def read_commit(data: Any) -> Commit:
    """Read a commit as lists and comparisons give it."""
    said = within(data, "commit")
    author, account = within(said, "author"), within(data, "author")
    return Commit(
        sha=_string(data, "sha"),
        parents=tuple(_string(parent, "sha") for parent in data.get("parents") or ()),
        at=text(within(said, "committer"), "date"),
        message=text(said, "message"),
        written=(text(author, "name"), text(author, "email"), text(author, "date")),
        login=text(account, "login"),
        bot=text(account, "type") == "Bot",
    )


def read_tree(data: Any) -> Tree:
    """Read a git tree."""
    return Tree(tuple(_tree_entry(entry) for entry in data["tree"]), bool(data.get("truncated")))


def _tree_entry(data: Any) -> TreeEntry:
    mode = text(data, "mode")
    kind = "link" if mode == _SYMBOLIC_LINK else _string(data, "type")
    return TreeEntry(_string(data, "path"), kind, mode, text(data, "sha"))


def read_check_run(data: Any) -> CheckRun:
    """Read one check run."""
    app = within(data, "app")
    return CheckRun(
        id=identifier(data, "id"),
        name=_string(data, "name"),
        status=_string(data, "status"),
        conclusion=text(data, "conclusion"),
        app_id=app.get("id"),
        app_slug=text(app, "slug"),
        external_id=text(data, "external_id"),
        url=text(data, "html_url"),
        suite_id=count(within(data, "check_suite"), "id"),
        started=moment(data, "started_at"),
        completed=moment(data, "completed_at"),
    )


def read_check_suite(data: Any) -> CheckSuite:
    """Read one check suite."""
    app = within(data, "app")
    return CheckSuite(
        id=identifier(data, "id"),
        status=text(data, "status"),
        conclusion=text(data, "conclusion"),
        app_id=app.get("id"),
        app_slug=text(app, "slug"),
        runs=count(data, "latest_check_runs_count"),
    )


def read_comment(data: Any) -> Comment:
    """Read one comment of an issue or pull request."""
    app = within(data, "performed_via_github_app")
    return Comment(
        id=identifier(data, "id"),
        body=text(data, "body"),
        app_id=app.get("id"),
        bot=text(within(data, "user"), "type") == "Bot",
    )


def read_workflow_run(data: Any) -> WorkflowRun:
    """Read one workflow run."""
    return WorkflowRun(
        id=identifier(data, "id"),
        head_repository=text(within(data, "head_repository"), "full_name"),
        url=text(data, "html_url"),
        suite_id=count(data, "check_suite_id"),
        workflow_id=count(data, "workflow_id"),
        event=text(data, "event"),
        number=count(data, "run_number"),
        conclusion=text(data, "conclusion"),
        title=text(data, "display_title"),
        status=text(data, "status"),
        attempt=count(data, "run_attempt") or 1,
        started=moment(data, "run_started_at"),
        updated=moment(data, "updated_at"),
        head_sha=text(data, "head_sha"),
        path=text(data, "path"),
    )


def read_id(data: Any) -> int:
    """Read the id of what was just made."""
    return identifier(data, "id")


def read_number(data: Any) -> int:
    """Read the number of a pull request that was just changed."""
    return identifier(data, "number")


def read_sha(data: Any) -> str:
    """Read the name of the git object that was just made."""
    return _string(data, "sha")


def read_tree_sha(data: Any) -> str:
    """Read which tree a commit holds."""
    return _string(data["tree"], "sha")


def read_ref(data: Any) -> str:
    """Read which commit a ref points to."""
    return _string(data["object"], "sha")


def read_dispatched(data: Any) -> int | None:
    """Read which run a dispatch began; servers older than 2026-02-19 answer nothing at all."""
    return identifier(data, "workflow_run_id") if isinstance(data, dict) and "workflow_run_id" in data else None


def read_default_branch(data: Any) -> str:
    """Read which branch a clone begins on."""
    return str(data["default_branch"])


def read_role(data: Any) -> str:
    """Read what somebody may do."""
    return str(data.get("role_name") or data["permission"])


def _string(data: Mapping[str, Any], key: str) -> str:
    value = data[key]
    if not isinstance(value, str):
        raise TypeError(key)
    return value


def _author(data: Mapping[str, Any]) -> str:
    return text(within(data, "user"), "login") or GHOST
