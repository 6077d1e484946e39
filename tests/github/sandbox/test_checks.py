"""Check suites and runs: what they refuse, how they add up, and who hears of it."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from app.github.sandbox import Repo, Sandbox, SandboxApp
from tests.github.sandbox.conftest import Client, Ear, as_bot, open_shop

RUNS = "/repos/octo/shop/check-runs"
OUTPUT = {"title": "t", "summary": "s"}


@pytest.fixture
def head(shop: Repo) -> str:
    sha = shop.commit("feature", {"a.py": "1\n"})
    shop.open_pull("A", "feature")
    return sha


def note(line: int) -> dict[str, Any]:
    return {"path": "a.py", "start_line": line, "end_line": line, "annotation_level": "notice", "message": "m"}


async def test_a_run_is_created_and_completed_and_comes_back_as_events(
    bot: Client, head: str, sandbox: Sandbox, ear: Ear
) -> None:
    made = await bot.post(RUNS, {"name": "maestro / decision", "head_sha": head, "status": "in_progress"})
    assert (made.status, made.body["status"], made.body["conclusion"]) == (201, "in_progress", None)
    assert [pull["number"] for pull in made.body["pull_requests"]] == [1]
    done = await bot.patch(f"{RUNS}/{made.body['id']}", {"conclusion": "success", "output": OUTPUT})
    assert (done.body["status"], done.body["conclusion"]) == ("completed", "success")
    assert done.body["completed_at"]
    await sandbox.settle()
    assert ear.events[-3:] == ["check_run.created", "check_run.completed", "check_suite.completed"]
    (payload,) = ear.payloads("check_run.completed")
    assert (payload["sender"]["login"], payload["sender"]["type"]) == ("maestro[bot]", "Bot")
    assert payload["check_run"]["app"]["slug"] == "maestro"
    assert payload["check_run"]["check_suite"]["head_sha"] == head
    assert sandbox.violations == []


async def test_a_push_makes_a_queued_suite_of_our_app_without_runs(bot: Client, head: str) -> None:
    reply = await bot.get(f"/repos/octo/shop/commits/{head}/check-suites")
    (suite,) = reply.body["check_suites"]
    assert (suite["app"]["slug"], suite["status"], suite["conclusion"]) == ("maestro", "queued", None)
    assert (suite["head_branch"], suite["latest_check_runs_count"]) == ("feature", 0)


async def test_others_report_and_their_suite_completes_with_the_last_run(
    bot: Client, shop: Repo, head: str, sandbox: Sandbox, ear: Ear
) -> None:
    await sandbox.settle()
    ear.heard.clear()
    shop.report_check(head, "test", "in_progress")
    shop.report_check(head, "lint", conclusion="failure", url="https://ci.example/1")
    shop.report_check(head, "test")
    await sandbox.settle()
    assert ear.events == [
        "check_run.created",
        "check_run.created",
        "check_run.completed",
        "check_run.completed",
        "check_suite.completed",
    ]
    suite = ear.payloads("check_suite.completed")[0]["check_suite"]
    assert (suite["conclusion"], suite["app"]["slug"]) == ("failure", "github-actions")
    runs = (await bot.get(f"/repos/octo/shop/commits/{head}/check-runs")).body
    assert runs["total_count"] == 2
    assert {run["name"]: run["conclusion"] for run in runs["check_runs"]} == {"test": "success", "lint": "failure"}


async def test_a_suite_can_stay_queued_without_ever_starting(bot: Client, shop: Repo, head: str) -> None:
    shop.request_suite(head, "slow-ci")
    reply = await bot.get(f"/repos/octo/shop/commits/{head}/check-suites")
    assert {s["app"]["slug"]: s["status"] for s in reply.body["check_suites"]} == {
        "maestro": "queued",
        "slow-ci": "queued",
    }


async def test_runs_are_filtered_by_name_app_and_status_and_only_the_latest_counts(
    bot: Client, shop: Repo, head: str, app: SandboxApp
) -> None:
    for conclusion in ("failure", "success"):
        shop.report_check(head, "test", conclusion=conclusion)
    await bot.post(RUNS, {"name": "maestro / sbom", "head_sha": head, "status": "in_progress"})
    path = f"/repos/octo/shop/commits/{head}/check-runs"

    async def names(query: str) -> list[tuple[str, str | None]]:
        reply = await bot.get(f"{path}?{query}")
        return [(run["name"], run["conclusion"]) for run in reply.body["check_runs"]]

    assert await names("check_name=test") == [("test", "success")]
    assert await names("check_name=test&filter=all") == [("test", "success"), ("test", "failure")]
    assert await names(f"app_id={app.app_id}") == [("maestro / sbom", None)]
    assert await names("status=in_progress") == [("maestro / sbom", None)]


async def test_annotations_are_appended_over_updates(bot: Client, head: str, sandbox: Sandbox) -> None:
    made = await bot.post(RUNS, {"name": "x", "head_sha": head})
    path = f"{RUNS}/{made.body['id']}"
    for start in (1, 51):
        output = {**OUTPUT, "annotations": [note(line) for line in range(start, start + 50)]}
        await bot.patch(path, {"output": output})
    assert (await bot.get(path)).body["output"]["annotations_count"] == 100
    listed = await bot.get(f"{path}/annotations?per_page=100")
    assert [one["start_line"] for one in listed.body] == list(range(1, 101))
    assert sandbox.violations == []


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"output": {**OUTPUT, "annotations": [note(1)] * 51}}, "No more than 50 items are allowed; 51 were"),
        ({"actions": [{"label": "l", "description": "d", "identifier": "i"}] * 4}, "No more than 3 items"),
        ({"output": {"title": "t", "summary": "s" * 65_536}}, "Only 65535 characters are allowed; 65536"),
        ({"output": {**OUTPUT, "text": "s" * 65_536}}, "Only 65535 characters are allowed; 65536"),
        ({"status": "waiting"}, "for GitHub Actions alone"),
        ({"conclusion": "stale"}, "Only GitHub can set the conclusion stale"),
        ({"head_sha": "f" * 40}, f"No commit found for SHA: {'f' * 40}"),
    ],
)
async def test_github_refuses_what_it_refuses(
    lenient: Sandbox, session: aiohttp.ClientSession, app: SandboxApp, fields: dict[str, Any], says: str
) -> None:
    sha = open_shop(lenient).tip()
    bot = await as_bot(lenient, session, app)
    reply = await bot.post(RUNS, {"name": "x", "head_sha": sha, **fields})
    assert reply.status == 422
    assert says in reply.message
    assert lenient.writes == []


async def test_completed_needs_a_conclusion(lenient: Sandbox, session: aiohttp.ClientSession, app: SandboxApp) -> None:
    sha = open_shop(lenient).tip()
    bot = await as_bot(lenient, session, app)
    reply = await bot.post(RUNS, {"name": "x", "head_sha": sha, "status": "completed"})
    assert (reply.status, reply.message) == (422, "Validation Failed")
    assert reply.body["errors"] == [{"resource": "CheckRun", "code": "missing_field", "field": "conclusion"}]


async def test_another_app_s_run_is_not_ours_to_change(bot: Client, shop: Repo, head: str) -> None:
    number = shop.report_check(head, "test")
    reply = await bot.patch(f"{RUNS}/{number}", {"conclusion": "success"})
    assert reply.status == 403
    assert reply.message.endswith("check run can only be modified by the GitHub App that created it.")


async def test_a_button_comes_back_to_its_owner_with_who_pressed_it(
    bot: Client, shop: Repo, head: str, sandbox: Sandbox, ear: Ear
) -> None:
    action = {"label": "Override", "description": "Ship anyway", "identifier": "override"}
    made = await bot.post(RUNS, {"name": "x", "head_sha": head, "conclusion": "failure", "actions": [action]})
    shop.press_button(made.body["id"], "override", "mia")
    await sandbox.settle()
    (payload,) = ear.payloads("check_run.requested_action")
    assert payload["requested_action"] == {"identifier": "override"}
    assert (payload["sender"]["login"], payload["check_run"]["id"]) == ("mia", made.body["id"])
    with pytest.raises(LookupError, match="no button"):
        shop.press_button(made.body["id"], "rollback", "mia")


async def test_a_rerequest_goes_to_the_owner_alone_and_opens_the_suite_again(
    bot: Client, shop: Repo, head: str, sandbox: Sandbox, ear: Ear
) -> None:
    ours = await bot.post(RUNS, {"name": "x", "head_sha": head, "conclusion": "success"})
    theirs = shop.report_check(head, "test")
    shop.rerequest(theirs, "alice")
    shop.rerequest(ours.body["id"], "alice")
    shop.rerequest_suite(head, "alice")
    await sandbox.settle()
    (payload,) = ear.payloads("check_run.rerequested")
    assert payload["check_run"]["name"] == "x"
    assert payload["check_run"]["conclusion"] == "success", "the run itself stays as it was"
    assert payload["check_run"]["check_suite"]["status"] == "queued"
    assert "check_suite.rerequested" in ear.events
    by_api = await bot.post(f"{RUNS}/{ours.body['id']}/rerequest")
    assert by_api.status == 201
    assert (await bot.post(f"{RUNS}/{theirs}/rerequest")).status == 403, "an App may ask for its own alone"


async def test_of_a_fork_s_head_pull_requests_is_empty(bot: Client, shop: Repo) -> None:
    head = shop.fork("eve").commit("patch", {"a": "1"}, author="eve")
    shop.open_pull("Help", "eve:patch", author="eve")
    made = await bot.post(RUNS, {"name": "x", "head_sha": head})
    suite = (await bot.get(f"/repos/octo/shop/check-suites/{made.body['check_suite']['id']}")).body
    assert (made.body["pull_requests"], suite["pull_requests"], suite["head_branch"]) == ([], [], None)


async def test_a_completed_run_takes_new_words_and_stays_completed(bot: Client, head: str) -> None:
    made = await bot.post(RUNS, {"name": "x", "head_sha": head, "conclusion": "success"})
    words = {"title": "Again", "summary": "Looking again."}
    again = await bot.patch(f"{RUNS}/{made.body['id']}", {"status": "in_progress", "output": words})
    assert (again.status, again.body["status"], again.body["conclusion"]) == (200, "completed", "success")
    assert again.body["output"]["title"] == "Again"


async def test_statuses_add_up_to_the_newest_of_each_context(bot: Client, shop: Repo, head: str) -> None:
    path = f"/repos/octo/shop/commits/{head}/status"
    assert (await bot.get(path)).body["state"] == "pending"
    shop.report_status(head, "ci/old", "failure")
    shop.report_status(head, "ci/other", "success")
    assert (await bot.get(path)).body["state"] == "failure"
    shop.report_status(head, "ci/old", "success")
    combined = (await bot.get(path)).body
    assert (combined["state"], combined["total_count"]) == ("success", 2)
