"""What happens to issues that are no pull requests, whoever does it, and the events they cause."""

from __future__ import annotations

from typing import Any, Literal

from app.github.sandbox import issue_shapes
from app.github.sandbox.events import announce
from app.github.sandbox.pulling import refuse_texts
from app.github.sandbox.refusals import disabled, validation_failed
from app.github.sandbox.state import Account, App, Issue, Repository
from app.github.sandbox.world import World

State = Literal["open", "closed"]


def open_issue(
    world: World, repo: Repository, author: Account, title: str, body: str | None, app: App | None = None
) -> Issue:
    """Open an issue; refuses what GitHub refuses."""
    _refuse_blank(title)
    refuse_texts(title, body)
    if repo.issues is None:
        raise disabled()
    one = Issue(world.new_id(), repo.new_number, title, body, author, world.now(), world.now(), app)
    repo.issues[one.number] = one
    _tell(world, repo, one, author, "opened")
    return one


def edit(world: World, repo: Repository, one: Issue, sender: Account, title: str | None, body: str | None) -> None:
    """Change title or body (None: leave it); one `edited` event tells what it was before."""
    if title is not None:
        _refuse_blank(title)
    refuse_texts(title, body)
    changes: dict[str, Any] = {}
    if title is not None and title != one.title:
        changes["title"], one.title = {"from": one.title}, title
    if body is not None and body != one.body:
        changes["body"], one.body = {"from": one.body or ""}, body
    if changes:
        one.updated_at = world.now()
        _tell(world, repo, one, sender, "edited", changes=changes)


def set_state(
    world: World, repo: Repository, one: Issue, sender: Account, state: State, reason: str | None = None
) -> None:
    """Close or reopen; GitHub takes a closing without a reason for a completed one."""
    if one.state == state:
        return
    one.state, one.updated_at = state, world.now()
    one.closed_at = world.now() if state == "closed" else None
    one.state_reason = (reason or "completed") if state == "closed" else "reopened"
    _tell(world, repo, one, sender, "closed" if state == "closed" else "reopened")


def _refuse_blank(title: str) -> None:
    if not title.strip():
        raise validation_failed("Issue", "title", "missing_field")


def _tell(world: World, repo: Repository, one: Issue, sender: Account, action: str, **more: Any) -> None:
    announce(world, "issues", repo, sender, action=action, issue=issue_shapes.issue(world, repo, one), **more)
