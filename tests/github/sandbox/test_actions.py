"""Workflow runs, artifacts, dispatches and deployments."""

from __future__ import annotations

import io
import zipfile

import aiohttp

from app.github.sandbox import Repo, Sandbox
from tests.github.sandbox.conftest import Client, Ear

REPO = "/repos/octo/shop"
METRICS = {"maestro-metrics": {"maestro-metrics.json": b'{"perf_p95_ms": 212}'}}


async def test_a_workflow_s_artifact_is_downloaded_through_a_redirect_to_another_host(
    bot: Client, shop: Repo, sandbox: Sandbox, ear: Ear, session: aiohttp.ClientSession
) -> None:
    sha = shop.commit("feature", {"a": "1"})
    shop.open_pull("A", "feature")
    shop.workflow_run(sha, "ci", artifacts=METRICS)
    await sandbox.settle()
    (payload,) = ear.payloads("workflow_run.completed")
    run = payload["workflow_run"]
    assert (run["name"], run["conclusion"], run["head_sha"]) == ("ci", "success", sha)
    assert (run["path"], [pull["number"] for pull in run["pull_requests"]]) == (".github/workflows/ci.yml", [1])
    assert payload["workflow"]["name"] == "ci"
    (suite,) = [one["check_suite"] for one in ear.payloads("check_suite.completed")]
    assert (suite["id"], suite["conclusion"]) == (run["check_suite_id"], "success")
    (artifact,) = (await bot.get(f"{REPO}/actions/runs/{run['id']}/artifacts")).body["artifacts"]
    moved = await bot.get(f"{REPO}/actions/artifacts/{artifact['id']}/zip")
    assert moved.status == 302
    assert not moved.headers["Location"].startswith(sandbox.url)
    assert (await bot.get(moved.headers["Location"])).status == 400, "the storage wants no token of ours"
    archive = await bot.of(None).get(moved.headers["Location"])
    with zipfile.ZipFile(io.BytesIO(archive.body)) as files:
        assert files.read("maestro-metrics.json") == METRICS["maestro-metrics"]["maestro-metrics.json"]
    assert sandbox.violations == []


async def test_an_expired_artifact_is_gone(bot: Client, shop: Repo, sandbox: Sandbox) -> None:
    run = shop.workflow_run(shop.tip(), "ci", artifacts=METRICS)
    sandbox.advance(91 * 86_400)
    fresh = bot.of(sandbox.token("bob"))
    listed = (await fresh.get(f"{REPO}/actions/runs/{run.id}/artifacts")).body["artifacts"]
    assert [one["expired"] for one in listed] == [True]
    assert (await fresh.get(f"{REPO}/actions/artifacts/{listed[0]['id']}/zip")).status == 410


async def test_runs_are_found_by_full_sha_and_an_empty_filter_is_none(bot: Client, shop: Repo) -> None:
    sha = shop.commit("feature", {"a": "1"})
    shop.workflow_run(shop.tip(), "nightly", event="schedule")
    shop.workflow_run(sha, "ci", "failure")

    async def names(query: str) -> list[str]:
        reply = await bot.get(f"{REPO}/actions/runs?{query}")
        return [run["name"] for run in reply.body["workflow_runs"]]

    assert await names(f"head_sha={sha}") == ["ci"]
    assert await names(f"head_sha={sha[:7]}") == []
    assert await names("head_sha=") == ["ci", "nightly"]
    assert await names("event=schedule") == ["nightly"]
    assert await names("status=failure") == ["ci"]


async def test_the_failed_jobs_of_a_run_are_run_again_as_its_next_attempt(bot: Client, shop: Repo) -> None:
    sha = shop.commit("feature", {"a": "1"})
    run = shop.workflow_run(sha, "ci", "failure")
    path = f"{REPO}/actions/runs/{run.id}"
    assert (await bot.post(f"{path}/rerun-failed-jobs")).status == 201
    again = (await bot.get(path)).body
    assert (again["run_attempt"], again["status"], again["conclusion"]) == (2, "queued", None)
    assert (again["actor"]["login"], again["triggering_actor"]["login"]) == ("alice", "maestro[bot]")
    assert (await bot.get(f"{REPO}/check-suites/{run.suite.id}")).body["status"] == "queued"
    running = await bot.post(f"{path}/rerun-failed-jobs", {})
    assert (running.status, running.message) == (403, "This workflow is already running")
    shop.finish_workflow(run.id)
    assert (await bot.post(f"{path}/rerun-failed-jobs")).status == 403, "nothing failed"
    assert (await bot.of(None).post(f"{path}/rerun-failed-jobs")).status in {401, 403}


async def test_a_fork_s_workflow_run_names_the_fork(shop: Repo, sandbox: Sandbox, ear: Ear) -> None:
    fork = shop.fork("eve")
    sha = fork.commit("patch", {"a": "1"}, author="eve")
    shop.open_pull("Help", "eve:patch", author="eve")
    shop.workflow_run(sha, "ci", head=fork, actor="eve", artifacts=METRICS)
    await sandbox.settle()
    (payload,) = ear.payloads("workflow_run.completed")
    run = payload["workflow_run"]
    assert (run["head_repository"]["full_name"], run["repository"]["full_name"]) == ("eve/shop", "octo/shop")
    assert run["pull_requests"] == []


async def test_a_workflow_is_dispatched_if_it_allows_it(bot: Client, shop: Repo) -> None:
    shop.commit(
        "main", {".github/workflows/canary.yml": "on: workflow_dispatch\n", ".github/workflows/ci.yml": "on: push\n"}
    )
    path = f"{REPO}/actions/workflows"
    assert (
        await bot.post(f"{path}/canary.yml/dispatches", {"ref": "main", "inputs": {"side": "canary"}})
    ).status == 204
    (run,) = shop.state.workflow_runs.values()
    assert (run.event, run.status, run.inputs, run.actor.login) == (
        "workflow_dispatch",
        "queued",
        {"side": "canary"},
        "maestro[bot]",
    )
    refused = await bot.post(f"{path}/ci.yml/dispatches", {"ref": "main"})
    assert (refused.status, refused.message) == (422, "Workflow does not have 'workflow_dispatch' trigger")
    assert (await bot.post(f"{path}/none.yml/dispatches", {"ref": "main"})).status == 404


async def test_an_input_that_the_workflow_does_not_declare_on_that_ref_is_refused(bot: Client, shop: Repo) -> None:
    declares = "on: {{workflow_dispatch: {{inputs: {{{}: {{type: string}}}}}}}}\n"
    path, file = f"{REPO}/actions/workflows/canary.yml/dispatches", ".github/workflows/canary.yml"
    shop.commit("main", {file: declares.format("side")})
    shop.commit("other", {file: declares.format("mode")}, parent=shop.tip())
    wish = {"ref": "main", "inputs": {"side": "left", "mode": "high", "at": "1"}}
    refused = await bot.post(path, wish)
    assert (refused.status, refused.message) == (422, 'Unexpected inputs provided: ["mode", "at"]')
    assert shop.state.workflow_runs == {}
    assert (await bot.post(path, {"ref": "main", "inputs": {"side": "left"}})).status == 204
    assert (await bot.post(path, {"ref": "other", "inputs": {"side": "left"}})).status == 422


async def test_a_dispatch_tells_its_run_where_asked_and_the_run_is_called_by_its_inputs(
    bot: Client, shop: Repo
) -> None:
    named = "name: Canary\nrun-name: 'Canary ${{ inputs.side }}'\non: workflow_dispatch\n"
    shop.commit("main", {".github/workflows/canary.yml": named})
    wish = {"ref": "main", "inputs": {"side": "left"}, "return_run_details": True}
    told = await bot.post(f"{REPO}/actions/workflows/canary.yml/dispatches", wish)
    (run,) = (await bot.get(f"{REPO}/actions/runs")).body["workflow_runs"]
    assert (told.status, told.body["workflow_run_id"], told.body["run_url"]) == (200, run["id"], run["url"])
    assert run["display_title"] == "Canary left"


async def test_a_repository_dispatch_is_recorded_and_announced(
    bot: Client, shop: Repo, sandbox: Sandbox, ear: Ear
) -> None:
    wish = {"event_type": "maestro-rollback", "client_payload": {"sha": "abc"}}
    assert (await bot.post(f"{REPO}/dispatches", wish)).status == 204
    (dispatch,) = shop.state.dispatches
    assert (dispatch.event_type, dispatch.client_payload, dispatch.user.login) == (
        "maestro-rollback",
        {"sha": "abc"},
        "maestro[bot]",
    )
    await sandbox.settle()
    assert ear.payloads("repository_dispatch.maestro-rollback")[0]["client_payload"] == {"sha": "abc"}
    assert sandbox.violations == []


async def test_people_deploy_too(shop: Repo, sandbox: Sandbox, ear: Ear) -> None:
    one = shop.deploy("main", by="mia")
    shop.report_deployment(one.id, "failure", by="mia", description="no space left")
    await sandbox.settle()
    (asked,), (told,) = ear.payloads("deployment.created"), ear.payloads("deployment_status.created")
    assert (asked["deployment"]["creator"]["login"], asked["deployment"]["sha"]) == ("mia", shop.tip())
    assert (told["deployment_status"]["state"], told["deployment_status"]["description"]) == (
        "failure",
        "no space left",
    )


async def test_a_deployment_waits_for_the_checks_of_its_head(bot: Client, shop: Repo) -> None:
    shop.report_check(shop.tip(), "lint")
    shop.report_check(shop.tip(), "test", "in_progress")
    refused = await bot.post(f"{REPO}/deployments", {"ref": "main"})
    assert (refused.status, refused.message) == (409, "Conflict: Commit status checks failed for main.")
    assert refused.body["errors"][0]["contexts"] == [
        {"context": "lint", "state": "success"},
        {"context": "test", "state": "pending"},
    ]
    forced = await bot.post(f"{REPO}/deployments", {"ref": "main", "required_contexts": []})
    assert (forced.status, forced.body["sha"], forced.body["environment"]) == (201, shop.tip(), "production")
    assert (await bot.post(f"{REPO}/deployments", {"ref": "nowhere"})).status == 422


async def test_a_deployment_s_statuses_are_told_and_success_retires_the_older_one(
    bot: Client, shop: Repo, sandbox: Sandbox, ear: Ear
) -> None:
    wish = {"ref": "main", "environment": "canary"}
    old = await bot.post(f"{REPO}/deployments", wish)
    new = await bot.post(f"{REPO}/deployments", wish)
    for one in (old, new):
        path = f"{REPO}/deployments/{one.body['id']}/statuses"
        made = await bot.post(path, {"state": "success", "environment_url": "https://canary.example"})
        assert made.status == 201
    states = [s["state"] for s in (await bot.get(f"{REPO}/deployments/{old.body['id']}/statuses")).body]
    assert states == ["inactive", "success"]
    listed = await bot.get(f"{REPO}/deployments?environment=canary")
    assert [one["id"] for one in listed.body] == [new.body["id"], old.body["id"]]
    await sandbox.settle()
    told = ear.payloads("deployment_status.created")
    assert [(p["deployment"]["id"], p["deployment_status"]["state"]) for p in told] == [
        (old.body["id"], "success"),
        (new.body["id"], "success"),
        (old.body["id"], "inactive"),
    ]
    assert sandbox.violations == []
