"""What happens to deployments, dispatches and workflow runs, whoever does it, and the events they cause."""

from __future__ import annotations

import io
import json
import re
import secrets
import zipfile
from collections.abc import Mapping
from typing import Any

import yaml

from app.github.sandbox import checking, work_shapes
from app.github.sandbox.events import announce
from app.github.sandbox.refusals import Refused, forbidden, not_found, unprocessable
from app.github.sandbox.state import (
    Account,
    App,
    Artifact,
    Deployment,
    DeploymentStatus,
    Dispatch,
    Repository,
    Status,
    WorkflowRun,
)
from app.github.sandbox.world import World

ARTIFACT_LIFE = 90 * 86_400  # seconds: GitHub's default retention
RERUN_LIFE = 30 * 86_400  # seconds that a run may be run again
WORKFLOWS = ".github/workflows/"
_RUN_NAME = re.compile(r"^run-name: *(.+?) *$", re.MULTILINE)
_SHOWN = re.compile(r"\$\{\{ *(\w[\w.]*(?: *\|\| *\w[\w.]*)*) *\}\}")


def deploy(world: World, repo: Repository, user: Account, app: App | None, fields: Mapping[str, Any]) -> Deployment:
    """Ask for a deployment; refuses while a required context of the head has not passed."""
    sha = world.resolve(repo, fields["ref"]).sha
    _refuse_unready(repo, sha, fields)
    environment = fields.get("environment") or "production"
    one = Deployment(
        id=world.new_id(),
        sha=sha,
        ref=fields["ref"],
        task=fields.get("task", "deploy"),
        environment=environment,
        description=fields.get("description"),
        payload=fields.get("payload", {}),
        user=user,
        app=app,
        created_at=world.now(),
        updated_at=world.now(),
        transient=fields.get("transient_environment", False),
        production=fields.get("production_environment", environment == "production"),
    )
    repo.deployments[one.id] = one
    shape = work_shapes.deployment(world, repo, one)
    announce(world, "deployment", repo, user, action="created", deployment=shape, workflow=None, workflow_run=None)
    return one


def _refuse_unready(repo: Repository, sha: str, fields: Mapping[str, Any]) -> None:
    """Only success counts; without `required_contexts` everything reported on the head must have it."""
    reported = {run.name: run.conclusion or "pending" for run in checking.latest_runs(repo, sha)}
    reported |= {status.context: status.state for status in repo.statuses if status.sha == sha}
    required = fields.get("required_contexts")
    wanted = reported.keys() if required is None else required
    contexts = [{"context": name, "state": reported.get(name, "pending")} for name in wanted]
    if any(one["state"] != "success" for one in contexts):
        error = {"contexts": contexts, "resource": "Deployment", "field": "required_contexts", "code": "invalid"}
        raise Refused(409, f"Conflict: Commit status checks failed for {fields['ref']}.", [error])


def deployment_status(
    world: World, repo: Repository, one: Deployment, user: Account, fields: Mapping[str, Any]
) -> DeploymentStatus:
    """Say how a deployment goes; success retires older ones of the environment unless told otherwise."""
    status = DeploymentStatus(
        id=world.new_id(),
        state=fields["state"],
        user=user,
        description=fields.get("description", ""),
        environment=fields.get("environment") or one.environment,
        environment_url=fields.get("environment_url", ""),
        log_url=fields.get("log_url") or fields.get("target_url", ""),
        created_at=world.now(),
    )
    one.statuses.append(status)
    one.updated_at = world.now()
    _announce_status(world, repo, one, status)
    if status.state == "success" and fields.get("auto_inactive", True):
        _retire_older(world, repo, one, user)
    return status


def _retire_older(world: World, repo: Repository, newest: Deployment, user: Account) -> None:
    for one in list(repo.deployments.values()):
        same_place = one.environment == newest.environment and not (one.transient or one.production)
        if one is not newest and same_place and one.statuses and one.statuses[-1].state == "success":
            deployment_status(world, repo, one, user, {"state": "inactive"})


def _announce_status(world: World, repo: Repository, one: Deployment, status: DeploymentStatus) -> None:
    announce(
        world,
        "deployment_status",
        repo,
        status.user,
        action="created",
        deployment_status=work_shapes.deployment_status(world, repo, one, status),
        deployment=work_shapes.deployment(world, repo, one),
        check_run=None,
        workflow=None,
        workflow_run=None,
    )


def dispatch(world: World, repo: Repository, user: Account, event_type: str, payload: dict[str, Any]) -> None:
    """`repository_dispatch`: recorded, and announced to our App as to everybody."""
    repo.dispatches.append(Dispatch(event_type, payload, user, world.now()))
    branch = repo.default_branch
    announce(world, "repository_dispatch", repo, user, action=event_type, branch=branch, client_payload=payload)
    tip = repo.branch(branch)
    for path, text in _workflows(repo, tip):
        if _hears(text, event_type):
            run = start_run(world, repo, user, path, tip, event="repository_dispatch", branch=branch, head=repo)
            run.inputs, run.title = payload, _run_name(text, {"github.event.client_payload": payload}) or run.name


def _workflows(repo: Repository, tip: str) -> list[tuple[str, str]]:
    files = repo.objects.files(repo.objects.commit(tip).tree)
    texts = {path: repo.objects.blob(one.sha).decode() for path, one in files.items() if path.startswith(WORKFLOWS)}
    return sorted(texts.items())


def _hears(workflow: str, event_type: str) -> bool:
    """Does it listen for the event, of any type or of this one?"""
    events = triggers(workflow)
    types = (events.get("repository_dispatch") or {}).get("types", [])
    return "repository_dispatch" in events and (
        not types or event_type in ([types] if isinstance(types, str) else types)
    )


def triggers(workflow: str) -> dict[str, Any]:
    """What a workflow listens for, with what it says of each; nothing where it cannot be read."""
    try:
        read = yaml.safe_load(workflow)
    except yaml.YAMLError:
        return {}
    on = read.get("on", read.get(True)) if isinstance(read, dict) else None  # YAML 1.1 takes `on` for a truth
    if isinstance(on, dict):
        return on
    return dict.fromkeys([on] if isinstance(on, str) else on or [])


def dispatch_workflow(
    world: World, repo: Repository, user: Account, workflow: str, ref: str, inputs: dict[str, Any]
) -> WorkflowRun:
    """`workflow_dispatch`: queue a run of a workflow file that allows it, named by file or by id."""
    path = workflow_path(repo, workflow)
    commit = world.resolve(repo, ref)
    entry = repo.objects.find(commit.tree, path)
    if entry is None or b"workflow_dispatch" not in repo.objects.blob(entry.sha):
        raise unprocessable("Workflow does not have 'workflow_dispatch' trigger")
    text = repo.objects.blob(entry.sha).decode()
    unexpected = _undeclared(text, inputs)
    if unexpected:
        raise unprocessable(f"Unexpected inputs provided: {json.dumps(unexpected)}")
    run = start_run(world, repo, user, path, commit.sha, event="workflow_dispatch", branch=ref, head=repo)
    run.inputs, run.title = inputs, _run_name(text, {"inputs": inputs}) or run.name
    return run


def _undeclared(workflow: str, inputs: Mapping[str, Any]) -> list[str]:
    """The inputs that a workflow does not declare; none where it declares no input, as short stories have it."""
    declared = (triggers(workflow).get("workflow_dispatch") or {}).get("inputs") or {}
    return [name for name in inputs if name not in declared] if declared else []


def _run_name(workflow: str, contexts: Mapping[str, Mapping[str, Any]]) -> str:
    """The workflow's `run-name` with the values that it shows; of expressions, `a.b || c.d` is understood."""
    written = _RUN_NAME.search(workflow)
    return _SHOWN.sub(lambda found: _shown(found[1], contexts), written[1].strip("\"'")) if written else ""


def _shown(expression: str, contexts: Mapping[str, Mapping[str, Any]]) -> str:
    for one in re.split(r" *\|\| *", expression):
        context, _, name = one.rpartition(".")
        if value := contexts.get(context, {}).get(name):
            return str(value)
    return ""


def workflow_path(repo: Repository, workflow: str) -> str:
    """The path of a workflow on the default branch; 404 if there is none."""
    by_id = {str(number): path for path, number in repo.workflow_ids.items()}
    path = by_id.get(workflow, WORKFLOWS + workflow)
    tip = repo.objects.commit(repo.branch(repo.default_branch))
    if repo.objects.find(tip.tree, path) is None:
        raise not_found()
    return path


def start_run(
    world: World,
    repo: Repository,
    actor: Account,
    path: str,
    sha: str,
    *,
    event: str,
    branch: str,
    head: Repository,
) -> WorkflowRun:
    """A workflow run begins on a head of `head`: queued, with a check suite of GitHub Actions."""
    suite = checking.open_suite(world, repo, sha, world.other_app("github-actions"))
    workflow_id = repo.workflow_ids.setdefault(path, world.new_id())
    number = 1 + sum(run.workflow_id == workflow_id for run in repo.workflow_runs.values())
    name = path.removeprefix(WORKFLOWS).rpartition(".")[0]
    run = WorkflowRun(
        id=world.new_id(),
        name=name,
        path=path,
        workflow_id=workflow_id,
        number=number,
        event=event,
        head_sha=sha,
        head_branch=branch,
        head=head,
        suite=suite,
        actor=actor,
        status="queued",
        conclusion=None,
        created_at=world.now(),
        updated_at=world.now(),
    )
    repo.workflow_runs[run.id] = run
    _announce_run(world, repo, run, "requested")
    return run


def finish_run(world: World, repo: Repository, run: WorkflowRun, conclusion: str) -> None:
    """A workflow run ends, and its suite with it. Its jobs are not told apart: it has no check runs of its own."""
    run.status, run.conclusion, run.updated_at = "completed", conclusion, world.now()
    _announce_run(world, repo, run, "completed")
    checking.complete_suite(world, repo, run.suite, run.suite.app.bot, conclusion)


def rerun_failed(world: World, repo: Repository, run: WorkflowRun, actor: Account) -> None:
    """Somebody has the failed jobs of a workflow run run again: the same run, its next attempt, queued anew."""
    if run.status != "completed":
        raise forbidden("This workflow is already running")
    if world.now() - run.created_at > RERUN_LIFE:
        raise forbidden("Unable to re-run this workflow run because it was created over a month ago")
    if run.conclusion in {"success", "neutral", "skipped"}:
        raise forbidden("This workflow run has no failed jobs")
    run.attempt, run.status, run.conclusion, run.updated_at = run.attempt + 1, "queued", None, world.now()
    run.rerun_by, run.rerun_at = actor, world.now()
    run.suite.status, run.suite.conclusion, run.suite.updated_at = "queued", None, world.now()


def add_artifact(world: World, run: WorkflowRun, name: str, files: Mapping[str, bytes]) -> Artifact:
    """Zip files up as an artifact of a run."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    now, ticket = world.now(), secrets.token_urlsafe(24)
    artifact = Artifact(world.new_id(), name, buffer.getvalue(), ticket, now, now + ARTIFACT_LIFE)
    run.artifacts.append(artifact)
    return artifact


def status(
    world: World, repo: Repository, user: Account, sha: str, context: str, state: str, url: str | None
) -> Status:
    """A commit status (error, failure, pending, success) in one context."""
    one = Status(world.new_id(), sha, state, context, None, url, user, world.now())
    repo.statuses.append(one)
    return one


def _announce_run(world: World, repo: Repository, run: WorkflowRun, action: str) -> None:
    announce(
        world,
        "workflow_run",
        repo,
        run.actor,
        action=action,
        workflow_run=work_shapes.workflow_run(world, repo, run),
        workflow=work_shapes.workflow(world, repo, run),
    )
