"""Issues: list, open, read, change. A pull request is listed and read as one, too."""

from __future__ import annotations

from app.github.sandbox import issue_shapes, issuing, pulling, shapes
from app.github.sandbox.call import Answer, Call, Route, known, paged
from app.github.sandbox.refusals import Refused, disabled, forbidden
from app.github.sandbox.routes.repositories import REPO
from app.github.sandbox.state import Issue, Pull


def listed(call: Call) -> Answer:
    """`GET .../issues`, newest first; of those who opened them `creator` wants one."""
    every = call.repo.conversations
    wanted = [every[number] for number in sorted(every, reverse=True) if _wanted(call, every[number])]
    return paged(call, wanted, lambda one: issue_shapes.either(call.world, call.repo, one))


def _wanted(call: Call, one: Issue | Pull) -> bool:
    state, creator = call.query.get("state", "open"), call.query.get("creator", one.user.login)
    return state in {"all", one.state} and creator.lower() == one.user.login.lower()


def opened(call: Call) -> Answer:
    """`POST .../issues`."""
    title, body = str(call.body["title"]), call.body.get("body")
    assigned = [call.world.accounts.get(login.lower()) for login in call.body.get("assignees", ())]
    if call.caller.app is not None and any(one is not None and one.type == "Bot" for one in assigned):
        raise forbidden("Resource not accessible by integration")  # agents are assigned by people
    one = issuing.open_issue(call.world, call.repo, call.actor, title, body, call.caller.app)
    if call.world.may(call.repo, call.actor.login, "write"):  # else they are dropped in silence
        one.assignees = [account for account in assigned if account is not None]
    return Answer(201, issue_shapes.issue(call.world, call.repo, one))


def read(call: Call) -> Answer:
    """`GET .../issues/{issue_number}`."""
    return Answer(200, issue_shapes.either(call.world, call.repo, call.issue()))


def changed(call: Call) -> Answer:
    """`PATCH .../issues/{issue_number}`: title, body, state. Pull requests are changed where they live."""
    if call.repo.issues is None:
        raise disabled()
    one, body = known(call.repo.issues, call.number("issue_number")), call.body
    issuing.edit(call.world, call.repo, one, call.actor, body.get("title"), body.get("body"))
    if body.get("state") in {"open", "closed"}:
        issuing.set_state(call.world, call.repo, one, call.actor, body["state"], body.get("state_reason"))
    return Answer(200, issue_shapes.issue(call.world, call.repo, one))


def labelled(call: Call) -> Answer:
    """`POST .../issues/{issue_number}/labels`. Of pull requests alone: no issue of our stories has a label."""
    pull = call.pull("issue_number")
    names = [one if isinstance(one, str) else one["name"] for one in call.body["labels"]]
    pulling.add_labels(call.world, call.repo, pull, call.actor, names)
    return _labels(call)


def unlabelled(call: Call) -> Answer:
    """`DELETE .../issues/{issue_number}/labels/{name}`."""
    pull, name = call.pull("issue_number"), call.params["name"]
    if name not in {one.name for one in pull.labels}:
        raise Refused(404, "Label does not exist")
    pulling.remove_label(call.world, call.repo, pull, call.actor, name)
    return _labels(call)


def _labels(call: Call) -> Answer:
    pull = call.pull("issue_number")
    return Answer(200, [shapes.label(call.world, call.repo, one) for one in pull.labels])


ISSUE = f"{REPO}/issues/{{issue_number}}"

ROUTES = (
    Route("GET", f"{REPO}/issues", listed, ("issues:read",)),
    Route("POST", f"{REPO}/issues", opened, ("issues:write",)),
    Route("GET", ISSUE, read, ("issues:read",)),
    Route("PATCH", ISSUE, changed, ("issues:write",)),
    Route("POST", f"{ISSUE}/labels", labelled, ("issues:write", "pull_requests:write")),
    Route("DELETE", f"{ISSUE}/labels/{{name}}", unlabelled, ("issues:write", "pull_requests:write")),
)
