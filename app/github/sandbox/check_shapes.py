"""GitHub's JSON for check suites, check runs and commit statuses."""

from __future__ import annotations

from app.github.sandbox import pull_shapes, shapes
from app.github.sandbox.shapes import Json
from app.github.sandbox.state import Repository, Run, Status, Suite
from app.github.sandbox.world import World


def run(world: World, repo: Repository, one: Run) -> Json:
    """A check run. Of a fork's head `pull_requests` is empty, as on GitHub."""
    url = f"{shapes.repository_url(world, repo)}/check-runs/{one.id}"
    page = f"{shapes.page_url(world, repo)}/runs/{one.id}"
    return {
        "id": one.id,
        "name": one.name,
        "node_id": shapes.node_id("CR", one.id),
        "head_sha": one.suite.head_sha,
        "external_id": one.external_id,
        "url": url,
        "html_url": page,
        "details_url": one.details_url or page,
        "status": one.status,
        "conclusion": one.conclusion,
        "started_at": shapes.time_text(one.started_at),
        "completed_at": shapes.time_text(one.completed_at),
        "output": {
            "title": one.title,
            "summary": one.summary,
            "text": one.text,
            "annotations_count": len(one.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": one.suite.id},
        "app": shapes.app(world, one.suite.app),
        "pull_requests": pull_requests(world, repo, one.suite),
    }


def run_event(world: World, repo: Repository, one: Run) -> Json:
    """A check run in a webhook: the suite is spelled out."""
    return {**run(world, repo, one), "check_suite": _suite_core(world, repo, one.suite)}


def suite(world: World, repo: Repository, one: Suite) -> Json:
    """A check suite."""
    head = repo.objects.commit(one.head_sha)
    return {
        **_suite_core(world, repo, one),
        "latest_check_runs_count": sum(run.suite is one for run in repo.runs.values()),
        "check_runs_url": f"{shapes.repository_url(world, repo)}/check-suites/{one.id}/check-runs",
        "rerequestable": True,
        "runs_rerequestable": True,
        "repository": shapes.repository(world, repo),
        "head_commit": head_commit(world, repo, head.sha),
    }


def suite_event(world: World, repo: Repository, one: Suite) -> Json:
    """A check suite in a webhook: the repository stands beside it, not in it."""
    shape = suite(world, repo, one)
    del shape["repository"]
    return shape


def head_commit(world: World, repo: Repository, sha: str) -> Json:
    """A commit in the short form of suites, workflow runs and merge groups."""
    commit = repo.objects.commit(sha)
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "message": commit.message,
        "timestamp": shapes.time_text(commit.author.at),
        "author": {"name": commit.author.name, "email": commit.author.email},
        "committer": {"name": commit.committer.name, "email": commit.committer.email},
    }


def pull_requests(world: World, repo: Repository, one: Suite) -> list[Json]:
    """The open pull requests of a suite's head, none of them from a fork."""
    return [
        {
            "url": pull_shapes.pull_url(world, repo, pull.number),
            "id": pull.id,
            "number": pull.number,
            "head": {"ref": pull.head_ref, "sha": pull.head_sha, "repo": _tiny(world, repo)},
            "base": {"ref": pull.base_ref, "sha": pull.base_sha, "repo": _tiny(world, repo)},
        }
        for pull in repo.pulls.values()
        if pull.head is repo and pull.state == "open" and pull.head_sha == one.head_sha
    ]


def status(world: World, repo: Repository, one: Status) -> Json:
    """One commit status."""
    return {
        "url": f"{shapes.repository_url(world, repo)}/statuses/{one.sha}",
        "avatar_url": f"{world.url}/avatars/{one.user.id}",
        "id": one.id,
        "node_id": shapes.node_id("SC", one.id),
        "state": one.state,
        "description": one.description,
        "target_url": one.target_url,
        "context": one.context,
        "created_at": shapes.time_text(one.created_at),
        "updated_at": shapes.time_text(one.created_at),
    }


def _suite_core(world: World, repo: Repository, one: Suite) -> Json:
    return {
        "id": one.id,
        "node_id": shapes.node_id("CS", one.id),
        "head_branch": one.head_branch,
        "head_sha": one.head_sha,
        "status": one.status,
        "conclusion": one.conclusion,
        "url": f"{shapes.repository_url(world, repo)}/check-suites/{one.id}",
        "before": one.before,
        "after": one.head_sha,
        "pull_requests": pull_requests(world, repo, one),
        "app": shapes.app(world, one.app),
        "created_at": shapes.time_text(one.created_at),
        "updated_at": shapes.time_text(one.updated_at),
    }


def _tiny(world: World, repo: Repository) -> Json:
    return {"id": repo.id, "url": shapes.repository_url(world, repo), "name": repo.name}
