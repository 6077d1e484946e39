"""GitHub's JSON for issues, of which every pull request is one."""

from __future__ import annotations

from app.github.sandbox import pull_shapes, shapes
from app.github.sandbox.shapes import Json
from app.github.sandbox.state import Issue, Pull, Repository
from app.github.sandbox.world import World


def numbered(world: World, repo: Repository, number: int) -> Json:
    """The issue or pull request of this number, as an issue."""
    return either(world, repo, repo.conversations[number])


def either(world: World, repo: Repository, one: Issue | Pull) -> Json:
    """An issue; a pull request's tells a bot so."""
    return pull_shapes.issue(world, repo, one) if isinstance(one, Pull) else issue(world, repo, one)


def issue(world: World, repo: Repository, one: Issue) -> Json:
    """An issue that is no pull request."""
    api = pull_shapes.issue_url(world, repo, one.number)
    return {
        "url": api,
        "repository_url": shapes.repository_url(world, repo),
        "labels_url": f"{api}/labels{{/name}}",
        "comments_url": f"{api}/comments",
        "events_url": f"{api}/events",
        "timeline_url": f"{api}/timeline",
        "html_url": f"{shapes.page_url(world, repo)}/issues/{one.number}",
        "id": one.id,
        "node_id": shapes.node_id("I", one.id),
        "number": one.number,
        "state": one.state,
        "state_reason": one.state_reason,
        "locked": False,
        "active_lock_reason": None,
        "title": one.title,
        "body": one.body,
        "user": shapes.user(world, one.user),
        "author_association": pull_shapes.association(world, repo, one.user),
        "labels": [shapes.label(world, repo, label) for label in one.labels],
        "assignee": shapes.user(world, one.assignees[0]) if one.assignees else None,
        "assignees": [shapes.user(world, account) for account in one.assignees],
        "milestone": None,
        "comments": len(repo.comments_of(one.number)),
        "created_at": shapes.time_text(one.created_at),
        "updated_at": shapes.time_text(one.updated_at),
        "closed_at": shapes.time_text(one.closed_at),
        "reactions": shapes.reaction_counts(api, one.reactions),
        "performed_via_github_app": shapes.app(world, one.app) if one.app else None,
    }
