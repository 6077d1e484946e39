"""What happens to comments and reactions, whoever does it, and the events they cause."""

from __future__ import annotations

from typing import Any

from app.github import limits
from app.github.sandbox import issue_shapes, pull_shapes
from app.github.sandbox.events import announce
from app.github.sandbox.refusals import validation_failed
from app.github.sandbox.state import Account, App, Comment, Issue, Pull, Reaction, Repository
from app.github.sandbox.world import World


def comment(
    world: World, repo: Repository, on: Issue | Pull, user: Account, body: str, app: App | None = None
) -> Comment:
    """Write a comment on an issue or a pull request."""
    _refuse(body)
    one = Comment(world.new_id(), on.number, user, body, world.now(), world.now(), app)
    repo.comments[one.id] = one
    _tell(world, repo, one, user, "created")
    return one


def edit(world: World, repo: Repository, one: Comment, sender: Account, body: str) -> None:
    """Change what a comment says."""
    _refuse(body)
    before, one.body, one.updated_at = one.body, body, world.now()
    _tell(world, repo, one, sender, "edited", changes={"body": {"from": before}})


def delete(world: World, repo: Repository, one: Comment, sender: Account) -> None:
    """Remove a comment."""
    del repo.comments[one.id]
    _tell(world, repo, one, sender, "deleted")


def react(world: World, one: Comment, user: Account, content: str) -> tuple[Reaction, bool]:
    """Give a reaction; the second value says whether it is new. GitHub sends no event for it."""
    for reaction in one.reactions:
        if (reaction.user, reaction.content) == (user, content):
            return reaction, False
    reaction = Reaction(world.new_id(), user, content, world.now())
    one.reactions.append(reaction)
    return reaction, True


def _refuse(body: str) -> None:
    if not body.strip():
        raise validation_failed("IssueComment", "data", "unprocessable", "Body cannot be blank")
    if len(body) > limits.COMMENT_BODY:
        message = f"Body is too long (maximum is {limits.COMMENT_BODY} characters)"
        raise validation_failed("IssueComment", "data", "unprocessable", message)


def _tell(world: World, repo: Repository, one: Comment, sender: Account, action: str, **more: Any) -> None:
    shape, issue = pull_shapes.comment(world, repo, one), issue_shapes.numbered(world, repo, one.number)
    announce(world, "issue_comment", repo, sender, action=action, issue=issue, comment=shape, **more)
