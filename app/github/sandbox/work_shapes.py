"""GitHub's JSON for deployments, workflow runs and artifacts."""

from __future__ import annotations

import hashlib

from app.github.sandbox import check_shapes, shapes
from app.github.sandbox.shapes import Json
from app.github.sandbox.state import Artifact, Deployment, DeploymentStatus, Repository, WorkflowRun
from app.github.sandbox.world import World


def deployment(world: World, repo: Repository, one: Deployment) -> Json:
    """A deployment."""
    url = f"{shapes.repository_url(world, repo)}/deployments/{one.id}"
    return {
        "url": url,
        "id": one.id,
        "node_id": shapes.node_id("DE", one.id),
        "sha": one.sha,
        "ref": one.ref,
        "task": one.task,
        "payload": one.payload,
        "original_environment": one.environment,
        "environment": one.environment,
        "description": one.description,
        "creator": shapes.user(world, one.user),
        "created_at": shapes.time_text(one.created_at),
        "updated_at": shapes.time_text(one.updated_at),
        "statuses_url": f"{url}/statuses",
        "repository_url": shapes.repository_url(world, repo),
        "transient_environment": one.transient,
        "production_environment": one.production,
        "performed_via_github_app": shapes.app(world, one.app) if one.app else None,
    }


def deployment_status(world: World, repo: Repository, one: Deployment, status: DeploymentStatus) -> Json:
    """One step of a deployment."""
    url = f"{shapes.repository_url(world, repo)}/deployments/{one.id}"
    return {
        "url": f"{url}/statuses/{status.id}",
        "id": status.id,
        "node_id": shapes.node_id("DES", status.id),
        "state": status.state,
        "creator": shapes.user(world, status.user),
        "description": status.description,
        "environment": status.environment,
        "target_url": status.log_url,
        "created_at": shapes.time_text(status.created_at),
        "updated_at": shapes.time_text(status.created_at),
        "deployment_url": url,
        "repository_url": shapes.repository_url(world, repo),
        "environment_url": status.environment_url,
        "log_url": status.log_url,
    }


def workflow_run(world: World, repo: Repository, run: WorkflowRun) -> Json:
    """A run of a GitHub Actions workflow."""
    url = f"{shapes.repository_url(world, repo)}/actions/runs/{run.id}"
    return {
        "id": run.id,
        "name": run.name,
        "node_id": shapes.node_id("WFR", run.id),
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "path": run.path,
        "display_title": run.title or repo.objects.commit(run.head_sha).message.partition("\n")[0],
        "run_number": run.number,
        "run_attempt": run.attempt,
        "event": run.event,
        "status": run.status,
        "conclusion": run.conclusion,
        "workflow_id": run.workflow_id,
        "check_suite_id": run.suite.id,
        "check_suite_node_id": shapes.node_id("CS", run.suite.id),
        "url": url,
        "html_url": f"{shapes.page_url(world, repo)}/actions/runs/{run.id}",
        "pull_requests": check_shapes.pull_requests(world, repo, run.suite),
        "created_at": shapes.time_text(run.created_at),
        "updated_at": shapes.time_text(run.updated_at),
        "run_started_at": shapes.time_text(run.rerun_at or run.created_at),
        "actor": shapes.user(world, run.actor),
        "triggering_actor": shapes.user(world, run.rerun_by or run.actor),
        **{f"{part}_url": f"{url}/{part}" for part in ("jobs", "logs", "artifacts", "cancel", "rerun")},
        "previous_attempt_url": None,
        "check_suite_url": f"{shapes.repository_url(world, repo)}/check-suites/{run.suite.id}",
        "workflow_url": f"{shapes.repository_url(world, repo)}/actions/workflows/{run.workflow_id}",
        "head_commit": check_shapes.head_commit(world, repo, run.head_sha),
        "repository": shapes.repository(world, repo),
        "head_repository": shapes.repository(world, run.head),
    }


def workflow(world: World, repo: Repository, run: WorkflowRun) -> Json:
    """The workflow that a run belongs to."""
    return {
        "id": run.workflow_id,
        "node_id": shapes.node_id("W", run.workflow_id),
        "name": run.name,
        "path": run.path,
        "state": "active",
        "created_at": shapes.time_text(repo.created_at),
        "updated_at": shapes.time_text(repo.created_at),
        "url": f"{shapes.repository_url(world, repo)}/actions/workflows/{run.workflow_id}",
        "html_url": f"{shapes.page_url(world, repo)}/blob/{repo.default_branch}/{run.path}",
        "badge_url": f"{shapes.page_url(world, repo)}/workflows/{run.workflow_id}/badge.svg",
    }


def artifact(world: World, repo: Repository, run: WorkflowRun, one: Artifact) -> Json:
    """What a workflow run left behind."""
    url = f"{shapes.repository_url(world, repo)}/actions/artifacts/{one.id}"
    return {
        "id": one.id,
        "node_id": shapes.node_id("AR", one.id),
        "name": one.name,
        "size_in_bytes": len(one.archive),
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": world.now() >= one.expires_at,
        "digest": "sha256:" + hashlib.sha256(one.archive).hexdigest(),
        "created_at": shapes.time_text(one.created_at),
        "updated_at": shapes.time_text(one.created_at),
        "expires_at": shapes.time_text(one.expires_at),
        "workflow_run": {
            "id": run.id,
            "repository_id": repo.id,
            "head_repository_id": run.head.id,
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
        },
    }
