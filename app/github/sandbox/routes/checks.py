"""Check suites and check runs: for Apps to write, for everybody to read."""

from __future__ import annotations

from app.github.sandbox import check_shapes, checking, shapes
from app.github.sandbox.call import Answer, Call, Route, known, paged
from app.github.sandbox.refusals import forbidden
from app.github.sandbox.routes.repositories import REPO
from app.github.sandbox.state import Run, Suite


def created(call: Call) -> Answer:
    """`POST .../check-runs`."""
    run = checking.create_run(call.world, call.repo, call.writing_app, call.actor, call.body)
    return Answer(201, check_shapes.run(call.world, call.repo, run))


def updated(call: Call) -> Answer:
    """`PATCH .../check-runs/{check_run_id}`."""
    run = call.run()
    checking.update_run(call.world, call.repo, run, call.writing_app, call.actor, call.body)
    return Answer(200, check_shapes.run(call.world, call.repo, run))


def read(call: Call) -> Answer:
    """`GET .../check-runs/{check_run_id}`."""
    return Answer(200, check_shapes.run(call.world, call.repo, call.run()))


def annotated(call: Call) -> Answer:
    """All annotations of a run, over all its updates."""
    run = call.run()
    blob = f"{shapes.page_url(call.world, call.repo)}/blob/{run.suite.head_sha}"
    empty = {"start_column": None, "end_column": None, "title": None, "raw_details": None}
    return paged(call, run.annotations, lambda one: {**empty, **one, "blob_href": f"{blob}/{one['path']}"})


def rerequested(call: Call) -> Answer:
    """`POST .../check-runs/{check_run_id}/rerequest`: an App may ask for its own alone."""
    run = call.run()
    if run.suite.app is not call.writing_app:
        raise forbidden("This check run does not belong to the authenticated GitHub App")
    checking.rerequest_run(call.world, call.repo, run, call.actor)
    return Answer(201, {})


def of_ref(call: Call) -> Answer:
    """The runs of a head: of each name the latest, unless `filter=all`."""
    sha = call.world.resolve(call.repo, call.params["ref"]).sha
    every = [run for run in call.repo.runs.values() if run.suite.head_sha == sha]
    runs = every if call.query.get("filter") == "all" else checking.latest_runs(call.repo, sha)
    wanted = [run for run in runs if _wanted(call, run)]
    return paged(call, reversed(wanted), lambda run: check_shapes.run(call.world, call.repo, run), "check_runs")


def _wanted(call: Call, run: Run) -> bool:
    return (
        call.query.get("check_name", run.name) == run.name
        and call.query.get("status", run.status) == run.status
        and call.query.get("app_id", str(run.suite.app.id)) == str(run.suite.app.id)
    )


def suites_of_ref(call: Call) -> Answer:
    """The suites of a head, also those that never started a run."""
    sha = call.world.resolve(call.repo, call.params["ref"]).sha
    app_id, name = call.query.get("app_id"), call.query.get("check_name")
    suites = [
        suite
        for suite in call.repo.suites.values()
        if suite.head_sha == sha and app_id in {None, str(suite.app.id)} and _has_run(call, suite, name)
    ]
    return paged(call, suites, lambda one: check_shapes.suite(call.world, call.repo, one), "check_suites")


def _has_run(call: Call, suite: Suite, name: str | None) -> bool:
    return name is None or any(run.suite is suite and run.name == name for run in call.repo.runs.values())


def suite(call: Call) -> Answer:
    """`GET .../check-suites/{check_suite_id}`."""
    return Answer(200, check_shapes.suite(call.world, call.repo, _suite(call)))


def suite_rerequested(call: Call) -> Answer:
    """`POST .../check-suites/{check_suite_id}/rerequest`."""
    checking.rerequest_suite(call.world, call.repo, _suite(call), call.actor)
    return Answer(201, {})


def _suite(call: Call) -> Suite:
    return known(call.repo.suites, call.number("check_suite_id"))


RUN, SUITE = f"{REPO}/check-runs/{{check_run_id}}", f"{REPO}/check-suites/{{check_suite_id}}"

ROUTES = (
    Route("POST", f"{REPO}/check-runs", created, ("checks:write",)),
    Route("PATCH", RUN, updated, ("checks:write",)),
    Route("GET", RUN, read, ("checks:read",)),
    Route("GET", f"{RUN}/annotations", annotated, ("checks:read",)),
    Route("POST", f"{RUN}/rerequest", rerequested, ("checks:write",)),
    Route("GET", f"{REPO}/commits/{{ref}}/check-runs", of_ref, ("checks:read",)),
    Route("GET", f"{REPO}/commits/{{ref}}/check-suites", suites_of_ref, ("checks:read",)),
    Route("GET", SUITE, suite, ("checks:read",)),
    Route("POST", f"{SUITE}/rerequest", suite_rerequested, ("checks:write",)),
)
