"""One repository: the only calls that we make on it, typed. Paths: GitHub's REST description, 2022-11-28."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar, Unpack

from app.github.address import Part, owner_and_name
from app.github.artifact import Artifact, download_zip, read_artifact
from app.github.check_bodies import CheckRunFields, bodies
from app.github.client import Client
from app.github.dependencies import Dependency, read_dependency
from app.github.deployments import (
    DEPLOYMENT_MARK,
    Deployment,
    DeploymentStatus,
    read_deployment,
    read_deployment_status,
)
from app.github.errors import Invalid, NotFound
from app.github.exchange import Answer
from app.github.issues import Issues
from app.github.limits import DEPLOYMENT_STATUS_DESCRIPTION, MEDIA_TYPE, PER_PAGE
from app.github.records import (
    CheckRun,
    CheckSuite,
    Comment,
    Commit,
    Comparison,
    PullRequest,
    Tree,
    WorkflowRun,
    read_check_run,
    read_check_suite,
    read_comment,
    read_commit,
    read_comparison,
    read_default_branch,
    read_dispatched,
    read_file,
    read_id,
    read_number,
    read_pull,
    read_ref,
    read_role,
    read_sha,
    read_tree,
    read_tree_sha,
    read_workflow_run,
)
from app.github.reruns import Reruns
from app.github.standing import Standing
from app.model import Signature
from checks.model import FileChange

T = TypeVar("T")
RAW = "application/vnd.github.raw+json"
_REPO = "/repos/{owner}/{repo}"
_CHECK_RUN = _REPO + "/check-runs/{check_run_id}"
_COMMENT = _REPO + "/issues/comments/{comment_id}"
_DEPLOYMENT = _REPO + "/deployments/{deployment_id}"


class Repository:
    """Calls on "owner/name" through `client`. Every one may raise any error of `app.github.errors`."""

    def __init__(self, client: Client, full_name: str) -> None:
        owner, name = owner_and_name(full_name)
        self.full_name = full_name
        self._client = client
        self._parts: Mapping[str, Part] = {"owner": owner, "repo": name}
        self.issues = Issues(client, self._parts)
        self.reruns = Reruns(client, self._parts)
        self.standing = Standing(client, self._parts)

    def __repr__(self) -> str:
        return f"Repository({self.full_name!r})"

    def _at(self, **parts: Part) -> Mapping[str, Part]:
        return {**self._parts, **parts}

    async def default_branch(self) -> str:
        """The name of the branch that a clone begins on."""
        return await self._client.get(_REPO, self._parts, read_default_branch)

    # --- the change ---

    async def pull(self, number: int) -> PullRequest:
        """Pull request `number`, whole."""
        return await self._client.get(_REPO + "/pulls/{pull_number}", self._at(pull_number=number), read_pull)

    async def open_pulls(self, base: str = "") -> tuple[PullRequest, ...]:
        """Open pull requests, of base branch `base` when given; without the fields that lists leave out."""
        if not base:
            template = _REPO + "/pulls{?state,per_page}"
            return await self._client.get_list(template, self._at(state="open"), read_pull)
        template = _REPO + "/pulls{?state,base,per_page}"
        return await self._client.get_list(template, self._at(state="open", base=base), read_pull)

    async def commit_pulls(self, sha: str) -> tuple[PullRequest, ...]:
        """Pull requests that hold commit `sha`, open or closed; without the fields that lists leave out."""
        template = _REPO + "/commits/{commit_sha}/pulls{?per_page}"
        return await self._client.get_list(template, self._at(commit_sha=sha), read_pull)

    async def pull_files(self, number: int) -> tuple[FileChange, ...]:
        """Files of pull request `number`; GitHub ends the list at 3,000 (compare with `changed_files`)."""
        template = _REPO + "/pulls/{pull_number}/files{?per_page}"
        return await self._client.get_list(template, self._at(pull_number=number), read_file)

    async def pull_commits(self, number: int) -> tuple[Commit, ...]:
        """Commits of pull request `number`, oldest first; GitHub ends the list at 250."""
        template = _REPO + "/pulls/{pull_number}/commits{?per_page}"
        return await self._client.get_list(template, self._at(pull_number=number), read_commit)

    async def compare(self, base: str, head: str) -> Comparison:
        """What `head` adds since it left `base`; NotFound when the two share no history."""
        template = _REPO + "/compare/{basehead}"
        return await self._client.get(template, self._at(basehead=f"{base}...{head}"), read_comparison)

    async def history(self, sha: str) -> tuple[Commit, ...]:
        """Commit `sha` and what it holds, the newest 100 in all, side branches among them."""
        template = _REPO + "/commits{?sha,per_page}"
        return await self._client.get(template, self._at(sha=sha, per_page=PER_PAGE), _each(read_commit))

    async def dependency_changes(self, base: str, head: str) -> tuple[Dependency, ...]:
        """Packages that the dependency graph says `head` adds or removes; Denied where the graph is switched off."""
        template, parts = _REPO + "/dependency-graph/compare/{basehead}", self._at(basehead=f"{base}...{head}")
        return tuple([one async for page in self._client.pages(template, parts, read_dependency) for one in page])

    async def dependency_bill(self, max_bytes: int) -> bytes:
        """The dependency graph of the default branch as SPDX, in GitHub's envelope; NotFound or Denied where there is
        none, TooLarge past `max_bytes`.
        """
        template = _REPO + "/dependency-graph/sbom"
        return (await self._client.get_raw(template, self._parts, accept=MEDIA_TYPE, max_bytes=max_bytes)).body

    # --- what is in it ---

    async def content(self, path: str, ref: str, max_bytes: int) -> bytes | None:
        """The file at `path` on `ref` (a sha or a branch, "" the default branch); None when there is no such file.

        ValueError for a path that climbs; TooLarge past `max_bytes` (GitHub itself serves up to 100 MB).
        """
        parts = self._at(path=path.split("/"), **({"ref": ref} if ref else {}))
        template = _REPO + ("/contents{/path*}{?ref}" if ref else "/contents{/path*}")
        try:
            answer = await self._client.get_raw(template, parts, accept=RAW, max_bytes=max_bytes)
        except NotFound:
            return None
        return None if _is_listing(answer) else answer.body

    async def tree(self, sha: str) -> Tree:
        """Every entry below the tree or commit `sha`; GitHub truncates past 100,000 entries or 7 MB."""
        template = _REPO + "/git/trees/{tree_sha}{?recursive}"
        return await self._client.get(template, self._at(tree_sha=sha, recursive=1), read_tree)

    # --- checks ---

    async def check_runs(self, sha: str) -> tuple[CheckRun, ...]:
        """The latest check run of each name and App on `sha`, all pages."""
        template = _REPO + "/commits/{ref}/check-runs{?per_page}"
        return await self._client.get_list(template, self._at(ref=sha), read_check_run, "check_runs")

    async def check_suites(self, sha: str) -> tuple[CheckSuite, ...]:
        """The check suites on `sha`, one an App, all pages."""
        template = _REPO + "/commits/{ref}/check-suites{?per_page}"
        return await self._client.get_list(template, self._at(ref=sha), read_check_suite, "check_suites")

    async def create_check_run(self, *, name: str, head_sha: str, **fields: Unpack[CheckRunFields]) -> int:
        """Make the check run `name` on `head_sha`; its id.

        Annotations past 50 follow in updates, so an error may leave a run that lacks the last of them.
        """
        first, *rest = bodies(fields)
        body = {**first, "name": name, "head_sha": head_sha}
        run_id = await self._client.post(_REPO + "/check-runs", self._parts, body, read_id)
        for further in rest:
            await self._patch_check_run(run_id, further)
        return run_id

    async def update_check_run(self, run_id: int, **fields: Unpack[CheckRunFields]) -> None:
        """Change a check run. Annotations are appended: those already there must not be sent again."""
        for body in bodies(fields):
            await self._patch_check_run(run_id, body)

    async def _patch_check_run(self, run_id: int, body: Mapping[str, Any]) -> None:
        await self._client.patch(_CHECK_RUN, self._at(check_run_id=run_id), body, read_id)

    # --- comments ---

    async def comments(self, number: int) -> tuple[Comment, ...]:
        """Comments of pull request `number`, oldest first, all pages."""
        template = _REPO + "/issues/{issue_number}/comments{?per_page}"
        return await self._client.get_list(template, self._at(issue_number=number), read_comment)

    async def create_comment(self, number: int, body: str) -> int:
        """Comment on pull request `number`; the comment's id."""
        template = _REPO + "/issues/{issue_number}/comments"
        return await self._client.post(template, self._at(issue_number=number), {"body": body}, read_id)

    async def update_comment(self, comment_id: int, body: str) -> None:
        """Replace a comment's text; NotFound when it was deleted."""
        await self._client.patch(_COMMENT, self._at(comment_id=comment_id), {"body": body}, read_id)

    async def delete_comment(self, comment_id: int) -> None:
        """Delete a comment; one that is gone already is as good."""
        try:
            await self._client.delete(_COMMENT, self._at(comment_id=comment_id))
        except NotFound:
            return

    async def react(self, comment_id: int, content: str) -> int:
        """React to a comment: +1 -1 laugh confused heart hooray rocket eyes. Twice is once, says GitHub. Its id."""
        template = _COMMENT + "/reactions"
        return await self._client.post(template, self._at(comment_id=comment_id), {"content": content}, read_id)

    # --- branches and pull requests of ours ---

    async def commit_tree(self, sha: str) -> str:
        """The tree of commit `sha`."""
        return await self._client.get(_REPO + "/git/commits/{commit_sha}", self._at(commit_sha=sha), read_tree_sha)

    async def commit_parents(self, sha: str) -> tuple[str, ...]:
        """What commit `sha` was made on; of a merge first the branch that took it in. NotFound: no such commit."""
        template = _REPO + "/git/commits/{commit_sha}"
        return await self._client.get(template, self._at(commit_sha=sha), lambda data: _each(read_sha)(data["parents"]))

    async def create_blob(self, content: bytes) -> str:
        """Store a file's content. Git names objects by what they hold, so twice is once; so of trees and commits."""
        body = {"content": b64encode(content).decode(), "encoding": "base64"}
        return await self._client.mint(_REPO + "/git/blobs", self._parts, body, read_sha)

    async def create_tree(self, base: str, entries: Sequence[Mapping[str, Any]]) -> str:
        """Store the tree `base` with `entries` in GitHub's words laid over it."""
        body = {"base_tree": base, "tree": list(entries)}
        return await self._client.mint(_REPO + "/git/trees", self._parts, body, read_sha)

    async def create_commit(self, message: str, tree: str, parents: Sequence[str], author: Signature) -> str:
        """Store a commit. With author, committer and date given it has the same sha each time, but no signature:
        GitHub signs for Apps only what names nobody (docs "Signature verification for bots").
        """
        who = {"name": author.name, "email": author.email, "date": _date(author.at)}
        body = {"message": message, "tree": tree, "parents": list(parents), "author": who, "committer": who}
        return await self._client.mint(_REPO + "/git/commits", self._parts, body, read_sha)

    async def branch(self, name: str) -> str | None:
        """The commit at the tip of branch `name`; None when there is no such branch."""
        try:
            return await self._client.get(_REPO + "/git/ref{/ref*}", self._at(ref=_heads(name)), read_ref)
        except NotFound:
            return None

    async def create_branch(self, name: str, sha: str) -> None:
        """Make branch `name` at commit `sha`; Invalid when it exists."""
        body = {"ref": f"refs/heads/{name}", "sha": sha}
        await self._client.post(_REPO + "/git/refs", self._parts, body, read_ref)

    async def move_branch(self, name: str, sha: str) -> None:
        """Move branch `name` forward to `sha`; Invalid when that would lose a commit."""
        template = _REPO + "/git/refs{/ref*}"
        await self._client.patch(template, self._at(ref=_heads(name)), {"sha": sha, "force": False}, read_ref)

    async def delete_branch(self, name: str) -> None:
        """Delete branch `name`; one that is gone already is as good."""
        try:
            await self._client.delete(_REPO + "/git/refs{/ref*}", self._at(ref=_heads(name)))
        except (Invalid, NotFound):
            if await self.branch(name) is not None:
                raise

    async def pulls_of_branch(self, name: str, base: str = "") -> tuple[PullRequest, ...]:
        """Pull requests of our own branch `name`, onto `base` when given, open or closed."""
        template = _REPO + ("/pulls{?state,head,base,per_page}" if base else "/pulls{?state,head,per_page}")
        parts = self._at(state="all", head=f"{self._parts['owner']}:{name}", **({"base": base} if base else {}))
        every = await self._client.get_list(template, parts, read_pull)
        return tuple(pull for pull in every if not pull.from_fork and pull.head_ref == name)

    async def create_pull(self, *, head: str, base: str, title: str, body: str, draft: bool) -> PullRequest:
        """Open a pull request. Invalid when there is one already."""
        fields = {"head": head, "base": base, "title": title, "body": body, "draft": draft}
        return await self._client.post(_REPO + "/pulls", self._parts, fields, read_pull)

    async def update_pull(self, number: int, fields: Mapping[str, str]) -> None:
        """Change a pull request, in GitHub's words (title, body, state)."""
        template = _REPO + "/pulls/{pull_number}"
        await self._client.patch(template, self._at(pull_number=number), fields, read_number)

    # --- deployments ---

    async def deployments(self, ref: str, environment: str) -> tuple[Deployment, ...]:
        """Deployments of `ref` to `environment`, all pages."""
        template = _REPO + "/deployments{?ref,environment,per_page}"
        return await self._client.get_list(template, self._at(ref=ref, environment=environment), read_deployment)

    async def newest_deployments(self, environment: str = "") -> tuple[Deployment, ...]:
        """The newest 100 deployments, the newest first; those to `environment`, spelled just so, where one is given."""
        template = _REPO + ("/deployments{?environment,per_page}" if environment else "/deployments{?per_page}")
        parts = self._at(**({"environment": environment} if environment else {}))
        return await self._client.get(template, {**parts, "per_page": PER_PAGE}, _each(read_deployment))

    async def commit_deployments(self, sha: str) -> tuple[Deployment, ...]:
        """Deployments of commit `sha` to any environment, all pages."""
        return await self._client.get_list(_REPO + "/deployments{?sha,per_page}", self._at(sha=sha), read_deployment)

    async def deployment(self, deployment_id: int) -> Deployment:
        """One deployment."""
        return await self._client.get(_DEPLOYMENT, self._at(deployment_id=deployment_id), read_deployment)

    async def create_deployment(self, *, ref: str, environment: str, description: str, mark: str) -> int:
        """Ask for a deployment, merging nothing and waiting for no check: both are ours to judge. Its id."""
        body = {
            "ref": ref,
            "environment": environment,
            "description": description[:DEPLOYMENT_STATUS_DESCRIPTION],
            "payload": {DEPLOYMENT_MARK: mark},
            "auto_merge": False,
            "required_contexts": [],
        }
        return await self._client.post(_REPO + "/deployments", self._parts, body, read_id)

    async def deployment_statuses(self, deployment_id: int) -> tuple[DeploymentStatus, ...]:
        """All that was said of a deployment, all pages."""
        template = _DEPLOYMENT + "/statuses{?per_page}"
        return await self._client.get_list(template, self._at(deployment_id=deployment_id), read_deployment_status)

    async def create_deployment_status(self, deployment_id: int, fields: Mapping[str, str]) -> int:
        """Say something of a deployment, in GitHub's words (state, description, log_url, environment_url); its id."""
        template = _DEPLOYMENT + "/statuses"
        return await self._client.post(template, self._at(deployment_id=deployment_id), fields, read_id)

    # --- people ---

    async def role(self, login: str) -> str:
        """What `login` may do here, asked now: GitHub's role_name (admin maintain write triage read, a custom
        role's name, none). `none` too when GitHub does not know them here.

        For commands that change something, at the moment they act (docs/security.md, 11).
        """
        template = _REPO + "/collaborators/{username}/permission"
        try:
            return await self._client.get(template, self._at(username=login), read_role)
        except NotFound:
            return "none"

    # --- GitHub Actions ---

    async def workflow_runs(self, head_sha: str) -> tuple[WorkflowRun, ...]:
        """Workflow runs on `head_sha`, newest first, all pages."""
        template = _REPO + "/actions/runs{?head_sha,per_page}"
        return await self._client.get_list(template, self._at(head_sha=head_sha), read_workflow_run, "workflow_runs")

    async def dispatched_runs(self, event: str = "workflow_dispatch") -> tuple[WorkflowRun, ...]:
        """The newest 100 workflow runs that somebody asked for by hand or by API, or by `repository_dispatch`."""
        template = _REPO + "/actions/runs{?event,per_page}"
        parts = self._at(event=event, per_page=PER_PAGE)
        return await self._client.get(template, parts, lambda data: _each(read_workflow_run)(data["workflow_runs"]))

    async def dispatch_workflow(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> int | None:
        """Run the workflow file `workflow` on `ref`; the id of the run, None where the server does not tell."""
        template = _REPO + "/actions/workflows/{workflow_id}/dispatches"
        body = {"ref": ref, "inputs": dict(inputs), "return_run_details": True}
        return await self._client.post(template, self._at(workflow_id=workflow), body, read_dispatched)

    async def artifacts(self, run_id: int, name: str) -> tuple[Artifact, ...]:
        """Artifacts called `name` of workflow run `run_id`."""
        template = _REPO + "/actions/runs/{run_id}/artifacts{?name,per_page}"
        return await self._client.get_list(template, self._at(run_id=run_id, name=name), read_artifact, "artifacts")

    async def artifact_zip(self, artifact_id: int, max_bytes: int) -> bytes:
        """An artifact as a zip file, unopened; TooLarge past `max_bytes`, NotFound once it expired."""
        return await download_zip(self._client, self._at(artifact_id=artifact_id), max_bytes)


def _each(read: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    return lambda data: tuple(map(read, data))


def _heads(branch: str) -> Sequence[str]:
    return ["heads", *branch.split("/")]


def _date(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_listing(answer: Answer) -> bool:
    """Is this a directory or a submodule? GitHub describes those in plain JSON, whatever we accept."""
    if answer.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
        return False
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        return False
    entries = data if isinstance(data, list) else [data]
    return bool(entries) and all(isinstance(entry, dict) and {"type", "git_url"} <= entry.keys() for entry in entries)
