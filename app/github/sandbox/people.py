"""The story: what persons and CI do in a repository, each a plain call that changes the state and queues webhooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.github.sandbox import checking, commenting, issuing, pulling, pushing, shapes, working
from app.github.sandbox.check_shapes import head_commit
from app.github.sandbox.events import announce
from app.github.sandbox.state import Account, Comment, Deployment, Issue, Pull, Repository, Run, Suite, WorkflowRun
from app.github.sandbox.world import World

Files = Mapping[str, str | bytes | None]

QUEUE = "gh-readonly-queue"  # GitHub's prefix of the merge queue's branches


@dataclass(frozen=True, slots=True)
class Repo:
    """A repository as its people see it. `state` is what the sandbox remembers of it."""

    world: World
    state: Repository

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return self.state.full_name

    def pull(self, number: int) -> Pull:
        """A pull request's present state; KeyError if there is none."""
        return self.state.pulls[number]

    def issue(self, number: int) -> Issue:
        """An issue's present state; KeyError if there is none."""
        return (self.state.issues or {})[number]

    def tip(self, branch: str = "main") -> str:
        """The commit at the tip of a branch."""
        return self.state.branch(branch)

    def comments(self, number: int) -> list[Comment]:
        """The comments of an issue or a pull request, oldest first."""
        return self.state.comments_of(number)

    def check_runs(self, sha: str) -> list[Run]:
        """The check runs of a head, of each App and name the latest."""
        return checking.latest_runs(self.state, sha)

    # --- commits -------------------------------------------------------------------------------------------

    def begin(self, files: Files) -> str:
        """The first commit, on the default branch; sends nothing."""
        sha = pushing.write_files(self.world, self.state, _contents(files), self.state.owner, "Initial commit")
        self.state.refs[f"heads/{self.state.default_branch}"] = sha
        return sha

    def commit(
        self,
        branch: str,
        files: Files,
        *,
        message: str = "Change",
        author: str = "alice",
        parent: str | None = None,
    ) -> str:
        """Commit and push. A new branch starts at `parent`, or at the default branch; None removes a file.

        Sends `push` and `check_suite.requested`, and `pull_request.synchronize` for each pull request of the branch.
        """
        name = f"heads/{branch}"
        start = parent or self.state.refs.get(name) or self.tip(self.state.default_branch)
        sha = self.draft_commit(files, message=message, author=author, parent=start)
        pushing.set_ref(self.world, self.state, name, sha, self._person(author))
        return sha

    def draft_commit(self, files: Files, *, message: str = "Change", author: str = "alice", parent: str) -> str:
        """Make a commit on `parent` without pushing it anywhere."""
        who = self._person(author)
        return pushing.write_files(self.world, self.state, _contents(files), who, message, parent)

    def force_push(self, branch: str, sha: str, *, author: str = "alice") -> None:
        """Move a branch to any commit (`draft_commit` makes one); sends what a push sends, `forced`."""
        pushing.set_ref(self.world, self.state, f"heads/{branch}", sha, self._person(author))

    def delete_branch(self, branch: str, *, by: str = "alice") -> None:
        """Delete a branch; the pull requests that it headed are closed."""
        pushing.delete_ref(self.world, self.state, f"heads/{branch}", self._person(by))

    def fork(self, owner: str) -> Repo:
        """A fork under a person's account; the App is not installed there."""
        account = self.world.account(owner)
        copy = self.world.add_repository(account, self.state.name, self.state.objects)
        copy.parent, copy.private, copy.default_branch = self.state, self.state.private, self.state.default_branch
        copy.refs = {ref: sha for ref, sha in self.state.refs.items() if ref.startswith(("heads/", "tags/"))}
        return Repo(self.world, copy)

    # --- pull requests -------------------------------------------------------------------------------------

    def open_pull(
        self,
        title: str,
        head: str,
        base: str = "main",
        *,
        author: str = "alice",
        body: str = "",
        labels: Iterable[str] = (),
        draft: bool = False,
    ) -> int:
        """Open a pull request of `branch` or `owner:branch`: `pull_request.opened`. The number is returned."""
        pull = pulling.open_pull(
            self.world,
            self.state,
            self._person(author),
            title=title,
            head=head,
            base=base,
            body=body,
            draft=draft,
            labels=labels,
        )
        return pull.number

    def edit(
        self,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        base: str | None = None,
        by: str = "alice",
    ) -> None:
        """Change title, body or base: `pull_request.edited` with `changes`."""
        pulling.edit(self.world, self.state, self.pull(number), self._person(by), title=title, body=body, base=base)

    def close(self, number: int, *, by: str = "alice") -> None:
        """Close without merging: `pull_request.closed`."""
        pulling.set_state(self.world, self.state, self.pull(number), self._person(by), "closed")

    def reopen(self, number: int, *, by: str = "alice") -> None:
        """`pull_request.reopened`."""
        pulling.set_state(self.world, self.state, self.pull(number), self._person(by), "open")

    def ready(self, number: int, *, by: str = "alice") -> None:
        """`pull_request.ready_for_review`."""
        pulling.set_draft(self.world, self.state, self.pull(number), self._person(by), draft=False)

    def back_to_draft(self, number: int, *, by: str = "alice") -> None:
        """`pull_request.converted_to_draft`."""
        pulling.set_draft(self.world, self.state, self.pull(number), self._person(by), draft=True)

    def label(self, number: int, *names: str, by: str = "alice") -> None:
        """`pull_request.labeled`, once for each new label."""
        pulling.add_labels(self.world, self.state, self.pull(number), self._person(by), names)

    def unlabel(self, number: int, name: str, *, by: str = "alice") -> None:
        """`pull_request.unlabeled`."""
        pulling.remove_label(self.world, self.state, self.pull(number), self._person(by), name)

    def merge(self, number: int, *, by: str = "alice") -> str:
        """Merge with a merge commit: `push` to the base and `pull_request.closed` with `merged`; the new tip."""
        return pushing.merge(self.world, self.state, self.pull(number), self._person(by))

    def squash(self, number: int, *, by: str = "alice") -> str:
        """Merge as one commit, titled `... (#number)`; the new tip."""
        return pushing.squash(self.world, self.state, self.pull(number), self._person(by))

    def rebase(self, number: int, *, by: str = "alice") -> str:
        """Merge by rebase: the commits get new shas on the base, which is pushed, and its request is `merged`."""
        return pushing.rebase(self.world, self.state, self.pull(number), self._person(by))

    def merge_group(self, *numbers: int, base: str = "main", message: str | None = None, by: str = "alice") -> str:
        """The merge queue tries these pull requests on top of the base: `merge_group.checks_requested`; its sha."""
        tip, sender = self.tip(base), self._person(by)
        sha = tip
        for number in numbers:
            words = message or f"Merge pull request #{number}"
            sha = pushing.merge_commit(self.world, self.state, sha, self.pull(number).head_sha, sender, words)
        ref = f"heads/{QUEUE}/{base}/pr-{numbers[-1]}-{tip}"
        pushing.set_ref(self.world, self.state, ref, sha, sender)
        self._tell_queue("checks_requested", ref, sha, base, sender)
        return sha

    def dissolve_group(self, sha: str, *, base: str = "main", reason: str = "dequeued", by: str = "alice") -> None:
        """The merge queue gives up on (or is done with) a group: `merge_group.destroyed`."""
        ref = next(ref for ref, tip in self.state.refs.items() if tip == sha and ref.startswith(f"heads/{QUEUE}/"))
        self._tell_queue("destroyed", ref, sha, base, self._person(by), reason=reason)
        pushing.delete_ref(self.world, self.state, ref, self._person(by))

    def _tell_queue(self, action: str, ref: str, sha: str, base: str, sender: Account, **more: Any) -> None:
        group = {
            "head_sha": sha,
            "head_ref": f"refs/{ref}",
            "base_sha": ref.rpartition("-")[2],
            "base_ref": f"refs/heads/{base}",
            "head_commit": head_commit(self.world, self.state, sha),
        }
        announce(self.world, "merge_group", self.state, sender, action=action, merge_group=group, **more)

    # --- issues and comments -------------------------------------------------------------------------------

    def open_issue(self, title: str, body: str = "", *, author: str = "alice") -> int:
        """`issues.opened`; the number is returned."""
        return issuing.open_issue(self.world, self.state, self._person(author), title, body).number

    def close_issue(self, number: int, *, by: str = "alice") -> None:
        """`issues.closed`."""
        issuing.set_state(self.world, self.state, self.issue(number), self._person(by), "closed", "completed")

    def comment(self, number: int, login: str, body: str) -> int:
        """`issue_comment.created`; the comment's id."""
        on = self.state.conversations[number]
        return commenting.comment(self.world, self.state, on, self._person(login), body).id

    def edit_comment(self, comment_id: int, body: str, *, by: str = "alice") -> None:
        """`issue_comment.edited`; people with write access may edit anybody's."""
        commenting.edit(self.world, self.state, self.state.comments[comment_id], self._person(by), body)

    def delete_comment(self, comment_id: int, *, by: str = "alice") -> None:
        """`issue_comment.deleted`."""
        commenting.delete(self.world, self.state, self.state.comments[comment_id], self._person(by))

    # --- checks --------------------------------------------------------------------------------------------

    def report_check(
        self,
        sha: str,
        name: str,
        status: str = "completed",
        conclusion: str | None = "success",
        *,
        app: str = "github-actions",
        url: str | None = None,
        title: str | None = None,
        summary: str | None = None,
    ) -> int:
        """Another App reports on a head; the same name of the same App continues its run. The run's id.

        Sends `check_run.created` or `.completed`, and `check_suite.completed` once all runs of the App are.
        """
        owner = self.world.other_app(app)
        fields = {
            "name": name,
            "head_sha": sha,
            "status": status,
            "details_url": url,
            "output": {"title": title, "summary": summary},
            **({"conclusion": conclusion} if status == "completed" else {}),
        }
        for run in checking.latest_runs(self.state, sha):
            if (run.suite.app, run.name) == (owner, name) and run.status != "completed":
                checking.update_run(self.world, self.state, run, owner, owner.bot, fields)
                return run.id
        return checking.create_run(self.world, self.state, owner, owner.bot, fields).id

    def request_suite(self, sha: str, app: str) -> Suite:
        """Another App is asked for its checks and starts none: a queued suite without runs."""
        owner = self.world.other_app(app)
        return checking.request_suite(self.world, self.state, sha, owner, owner.bot, None)

    def press_button(self, check_run_id: int, identifier: str, login: str) -> None:
        """Somebody presses a button of a completed run: `check_run.requested_action`."""
        run = self.state.runs[check_run_id]
        offered = [action["identifier"] for action in run.actions]
        if run.status != "completed" or identifier not in offered:
            raise LookupError(f"{run.name} shows no button {identifier}, only {offered}")
        checking.press_button(self.world, self.state, run, identifier, self._person(login))

    def rerequest(self, check_run_id: int, login: str) -> None:
        """Somebody asks for one run again: `check_run.rerequested`."""
        checking.rerequest_run(self.world, self.state, self.state.runs[check_run_id], self._person(login))

    def rerequest_suite(self, sha: str, login: str, *, app: str | None = None) -> None:
        """Somebody asks for all checks of an App (ours unless named) again: `check_suite.rerequested`."""
        owner = self.world.app if app is None else self.world.other_app(app)
        suite = checking.ensure_suite(self.world, self.state, sha, owner)
        checking.rerequest_suite(self.world, self.state, suite, self._person(login))

    # --- Actions and deployments ---------------------------------------------------------------------------

    def workflow_run(
        self,
        sha: str,
        name: str,
        conclusion: str = "success",
        *,
        artifacts: Mapping[str, Mapping[str, bytes]] | None = None,
        event: str = "pull_request",
        branch: str | None = None,
        head: Repo | None = None,
        actor: str = "alice",
    ) -> WorkflowRun:
        """A workflow ran on a head (of `head`, if that is a fork): `workflow_run.requested` and `.completed`."""
        who, path = self._person(actor), f"{working.WORKFLOWS}{name}.yml"
        source = (head or self).state
        where = branch or next((ref[6:] for ref, tip in source.refs.items() if tip == sha), "")
        run = working.start_run(self.world, self.state, who, path, sha, event=event, branch=where, head=source)
        for title, files in (artifacts or {}).items():
            working.add_artifact(self.world, run, title, files)
        working.finish_run(self.world, self.state, run, conclusion)
        return run

    def finish_workflow(self, run_id: int, conclusion: str = "success") -> None:
        """A workflow run that was dispatched, or is run again, ends: `workflow_run.completed`."""
        working.finish_run(self.world, self.state, self.state.workflow_runs[run_id], conclusion)

    def deploy(self, ref: str, environment: str = "production", *, by: str = "alice", **fields: Any) -> Deployment:
        """Somebody deploys: `deployment.created`."""
        wish = {"ref": ref, "environment": environment, "required_contexts": [], **fields}
        return working.deploy(self.world, self.state, self._person(by), None, wish)

    def report_deployment(self, deployment_id: int, state: str, *, by: str = "alice", **fields: Any) -> None:
        """How a deployment goes: `deployment_status.created`."""
        one = self.state.deployments[deployment_id]
        working.deployment_status(self.world, self.state, one, self._person(by), {"state": state, **fields})

    def report_status(self, sha: str, context: str, state: str, *, by: str = "alice", url: str | None = None) -> None:
        """A commit status, the way of CI without checks; no event of it is needed here."""
        working.status(self.world, self.state, self._person(by), sha, context, state, url)

    def graph_adds(self, purl: str, *advisories: tuple[str, str], manifest: str = "requirements.txt") -> None:
        """The dependency graph is on, and lists this package as added, with advisories of (GHSA id, severity)."""
        coordinates, _, version = purl.rpartition("@")
        found = [
            {
                "severity": severity,
                "advisory_ghsa_id": name,
                "advisory_summary": f"About {coordinates}",
                "advisory_url": f"https://github.com/advisories/{name}",
            }
            for name, severity in advisories
        ]
        added = {"change_type": "added", "manifest": manifest, "scope": "runtime", "package_url": purl}
        named = {"ecosystem": purl[4:].partition("/")[0], "name": coordinates.rpartition("/")[2], "version": version}
        unknown = {"license": None, "source_repository_url": None}
        self.state.graph = [*(self.state.graph or []), {**added, **named, **unknown, "vulnerabilities": found}]

    def graph_has(self, *purls: str) -> None:
        """The dependency graph has just these packages of the default branch; of none it makes no SBOM."""
        self.state.graph_packages = list(purls)

    def url(self, number: int) -> str:
        """The page of a pull request."""
        return f"{shapes.page_url(self.world, self.state)}/pull/{number}"

    def _person(self, login: str) -> Account:
        return self.world.account(login, "Bot" if login.endswith("[bot]") else "User")


def _contents(files: Files) -> dict[str, bytes | None]:
    return {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
