"""Deployments and their statuses."""

from __future__ import annotations

from app.github.sandbox import work_shapes, working
from app.github.sandbox.call import Answer, Call, Route, known, paged
from app.github.sandbox.refusals import Refused, unprocessable
from app.github.sandbox.routes.repositories import REPO
from app.github.sandbox.state import Deployment


def created(call: Call) -> Answer:
    """`POST .../deployments`."""
    try:
        call.world.resolve(call.repo, call.body["ref"])
    except Refused:
        raise unprocessable(f"No ref found for: {call.body['ref']}") from None
    one = working.deploy(call.world, call.repo, call.actor, call.caller.app, call.body)
    return Answer(201, work_shapes.deployment(call.world, call.repo, one))


def listed(call: Call) -> Answer:
    """`GET .../deployments`, newest first."""
    wanted = [one for one in reversed(call.repo.deployments.values()) if _wanted(call, one)]
    return paged(call, wanted, lambda one: work_shapes.deployment(call.world, call.repo, one))


def _wanted(call: Call, one: Deployment) -> bool:
    return all(call.query.get(name, value) == value for name, value in _filters(one).items())


def _filters(one: Deployment) -> dict[str, str]:
    return {"sha": one.sha, "ref": one.ref, "task": one.task, "environment": one.environment}


def read(call: Call) -> Answer:
    """`GET .../deployments/{deployment_id}`."""
    return Answer(200, work_shapes.deployment(call.world, call.repo, _deployment(call)))


def statuses(call: Call) -> Answer:
    """`GET .../deployments/{deployment_id}/statuses`, newest first."""
    one = _deployment(call)
    newest_first = reversed(one.statuses)
    return paged(call, newest_first, lambda s: work_shapes.deployment_status(call.world, call.repo, one, s))


def status_created(call: Call) -> Answer:
    """`POST .../deployments/{deployment_id}/statuses`."""
    one = _deployment(call)
    status = working.deployment_status(call.world, call.repo, one, call.actor, call.body)
    return Answer(201, work_shapes.deployment_status(call.world, call.repo, one, status))


def _deployment(call: Call) -> Deployment:
    return known(call.repo.deployments, call.number("deployment_id"))


ONE = f"{REPO}/deployments/{{deployment_id}}"

ROUTES = (
    Route("GET", f"{REPO}/deployments", listed, ("deployments:read",)),
    Route("POST", f"{REPO}/deployments", created, ("deployments:write",)),
    Route("GET", ONE, read, ("deployments:read",)),
    Route("GET", f"{ONE}/statuses", statuses, ("deployments:read",)),
    Route("POST", f"{ONE}/statuses", status_created, ("deployments:write",)),
)
