"""GitHub Actions: workflow runs, artifacts and dispatches; and the dependency graph, as the story has it."""

from __future__ import annotations

from app.github.sandbox import shapes, work_shapes, working
from app.github.sandbox.call import Answer, Call, Route, known, paged
from app.github.sandbox.refusals import Refused, forbidden, not_found
from app.github.sandbox.routes.repositories import REPO
from app.github.sandbox.state import WorkflowRun

STORAGE = "/_artifacts"  # where the tickets lead


def runs(call: Call) -> Answer:
    """`GET .../actions/runs`, newest first."""
    wanted = [run for run in reversed(call.repo.workflow_runs.values()) if _wanted(call, run)]
    return paged(call, wanted, lambda run: work_shapes.workflow_run(call.world, call.repo, run), "workflow_runs")


def _wanted(call: Call, run: WorkflowRun) -> bool:
    """An empty filter is none, a short sha matches nothing: as on GitHub."""
    fields = {"head_sha": run.head_sha, "branch": run.head_branch, "event": run.event, "actor": run.actor.login}
    status = call.query.get("status")
    return status in {None, run.status, run.conclusion} and all(
        (call.query.get(name) or value) == value for name, value in fields.items()
    )


def read(call: Call) -> Answer:
    """`GET .../actions/runs/{run_id}`."""
    return Answer(200, work_shapes.workflow_run(call.world, call.repo, _run(call)))


def rerun_failed(call: Call) -> Answer:
    """`POST .../actions/runs/{run_id}/rerun-failed-jobs`."""
    working.rerun_failed(call.world, call.repo, _run(call), call.actor)
    return Answer(201, {})


def artifacts(call: Call) -> Answer:
    """`GET .../actions/runs/{run_id}/artifacts`."""
    run = _run(call)
    wanted = [one for one in run.artifacts if call.query.get("name", one.name) == one.name]
    return paged(call, wanted, lambda one: work_shapes.artifact(call.world, call.repo, run, one), "artifacts")


def download(call: Call) -> Answer:
    """A redirect to the storage, on another host and with a ticket of its own; 410 once it expired."""
    number = call.number("artifact_id")
    every = {one.id: one for run in call.repo.workflow_runs.values() for one in run.artifacts}
    one = known(every, number)
    if call.world.now() >= one.expires_at:
        raise Refused(410, "Artifact has expired")
    host = call.world.url.replace("127.0.0.1", "localhost")
    return Answer(302, None, {"Location": f"{host}{STORAGE}/{one.ticket}"})


def dispatch_workflow(call: Call) -> Answer:
    """`POST .../actions/workflows/{workflow_id}/dispatches`."""
    body, name = call.body, call.params["workflow_id"]
    run = working.dispatch_workflow(call.world, call.repo, call.actor, name, body["ref"], body.get("inputs", {}))
    if not body.get("return_run_details", False):
        return Answer(204)
    shape = work_shapes.workflow_run(call.world, call.repo, run)
    return Answer(200, {"workflow_run_id": run.id, "run_url": shape["url"], "html_url": shape["html_url"]})


def dispatch(call: Call) -> Answer:
    """`POST .../dispatches`."""
    payload = call.body.get("client_payload", {})
    working.dispatch(call.world, call.repo, call.actor, call.body["event_type"], payload)
    return Answer(204)


def dependency_review(call: Call) -> Answer:
    """`GET .../dependency-graph/compare/{basehead}`: what the story says, where it switched the graph on."""
    if call.repo.graph is None:
        raise forbidden(
            "Dependency review is not supported on this repository. Please ensure that Dependency graph is enabled."
        )
    return Answer(200, call.repo.graph)


def dependency_sbom(call: Call) -> Answer:
    """`GET .../dependency-graph/sbom`: the packages that the story tells of, as SPDX 2.3 in an envelope; else 404."""
    if not call.repo.graph_packages:
        raise not_found()
    return Answer(200, {"sbom": shapes.dependency_bill(call.world, call.repo)})


def _run(call: Call) -> WorkflowRun:
    return known(call.repo.workflow_runs, call.number("run_id"))


RUN = f"{REPO}/actions/runs/{{run_id}}"

ROUTES = (
    Route("GET", f"{REPO}/actions/runs", runs, ("actions:read",)),
    Route("GET", RUN, read, ("actions:read",)),
    Route("POST", f"{RUN}/rerun-failed-jobs", rerun_failed, ("actions:write",)),
    Route("GET", f"{RUN}/artifacts", artifacts, ("actions:read",)),
    Route("GET", f"{REPO}/actions/artifacts/{{artifact_id}}/zip", download, ("actions:read",)),
    Route("POST", f"{REPO}/actions/workflows/{{workflow_id}}/dispatches", dispatch_workflow, ("actions:write",)),
    Route("POST", f"{REPO}/dispatches", dispatch, ("contents:write",)),
    Route("GET", f"{REPO}/dependency-graph/compare/{{basehead}}", dependency_review, ("contents:read",)),
    Route("GET", f"{REPO}/dependency-graph/sbom", dependency_sbom, ("contents:read",)),
)
