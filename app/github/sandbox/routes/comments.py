"""Comments on issues and pull requests, and reactions to them."""

from __future__ import annotations

from app.github.sandbox import commenting, pull_shapes, shapes
from app.github.sandbox.call import Answer, Call, Route, known, paged
from app.github.sandbox.refusals import forbidden
from app.github.sandbox.routes.repositories import REPO
from app.github.sandbox.state import Comment

READ = ("issues:read", "pull_requests:read")
WRITE = ("issues:write", "pull_requests:write")


def listed(call: Call) -> Answer:
    """`GET .../issues/{issue_number}/comments`, oldest first."""
    comments = call.repo.comments_of(call.issue().number)
    return paged(call, comments, lambda one: pull_shapes.comment(call.world, call.repo, one))


def written(call: Call) -> Answer:
    """`POST .../issues/{issue_number}/comments`."""
    issue = call.issue()
    one = commenting.comment(call.world, call.repo, issue, call.actor, call.body["body"], call.caller.app)
    return Answer(201, pull_shapes.comment(call.world, call.repo, one))


def read(call: Call) -> Answer:
    """`GET .../issues/comments/{comment_id}`."""
    return Answer(200, pull_shapes.comment(call.world, call.repo, _comment(call)))


def edited(call: Call) -> Answer:
    """`PATCH .../issues/comments/{comment_id}`."""
    one = _own(call)
    commenting.edit(call.world, call.repo, one, call.actor, call.body["body"])
    return Answer(200, pull_shapes.comment(call.world, call.repo, one))


def deleted(call: Call) -> Answer:
    """`DELETE .../issues/comments/{comment_id}`."""
    commenting.delete(call.world, call.repo, _own(call), call.actor)
    return Answer(204)


def reactions(call: Call) -> Answer:
    """`GET .../issues/comments/{comment_id}/reactions`."""
    given = _comment(call).reactions
    wanted = [one for one in given if call.query.get("content", one.content) == one.content]
    return paged(call, wanted, lambda one: shapes.reaction(call.world, one))


def reacted(call: Call) -> Answer:
    """`POST .../issues/comments/{comment_id}/reactions`: 201 for a new one, 200 for one given before."""
    reaction, new = commenting.react(call.world, _comment(call), call.actor, call.body["content"])
    return Answer(201 if new else 200, shapes.reaction(call.world, reaction))


def unreacted(call: Call) -> Answer:
    """`DELETE .../issues/comments/{comment_id}/reactions/{reaction_id}`."""
    one = _comment(call)
    reaction = known({each.id: each for each in one.reactions}, call.number("reaction_id"))
    one.reactions.remove(reaction)
    return Answer(204)


def _comment(call: Call) -> Comment:
    return known(call.repo.comments, call.number("comment_id"))


def _own(call: Call) -> Comment:
    """A comment that the caller may change: their own, or any for people with write access and Apps."""
    one = _comment(call)
    if (
        call.caller.app is None
        and one.user is not call.actor
        and not call.world.may(call.repo, call.actor.login, "write")
    ):
        raise forbidden("Must have admin rights to Repository.")
    return one


COMMENT = f"{REPO}/issues/comments/{{comment_id}}"

ROUTES = (
    Route("GET", f"{REPO}/issues/{{issue_number}}/comments", listed, READ),
    Route("POST", f"{REPO}/issues/{{issue_number}}/comments", written, WRITE),
    Route("GET", COMMENT, read, READ),
    Route("PATCH", COMMENT, edited, WRITE),
    Route("DELETE", COMMENT, deleted, WRITE),
    Route("GET", f"{COMMENT}/reactions", reactions, READ),
    Route("POST", f"{COMMENT}/reactions", reacted, WRITE),
    Route("DELETE", f"{COMMENT}/reactions/{{reaction_id}}", unreacted, WRITE),
)
