"""Issues that are no pull requests."""

from __future__ import annotations

import aiohttp
import pytest

from app.github.sandbox import Repo, Sandbox, SandboxApp
from tests.github.sandbox.conftest import Client, Ear, as_bot

ISSUES = "/repos/octo/shop/issues"


async def test_an_issue_lives_through_the_api(bot: Client, shop: Repo, sandbox: Sandbox) -> None:
    made = await bot.post(ISSUES, {"title": "Drift", "body": "Since Monday."})
    assert (made.status, made.body["number"], made.body["user"]["login"]) == (201, 1, "maestro[bot]")
    assert made.body["performed_via_github_app"]["slug"] == "maestro"
    one = f"{ISSUES}/1"
    assert (await bot.patch(one, {"title": "Drift!", "body": "Still."})).body["title"] == "Drift!"
    assert (await bot.patch(one, {"state": "closed"})).body["state_reason"] == "completed"
    assert (await bot.get(one)).body["closed_at"] is not None
    assert (await bot.patch(one, {"state": "open"})).body["state_reason"] == "reopened"
    assert shop.issue(1).state == "open"
    assert sandbox.violations == []


async def test_issues_and_pull_requests_share_their_numbers_and_lists(bot: Client, shop: Repo) -> None:
    first = shop.open_issue("Drift")
    shop.commit("feature", {"a.py": "1\n"})
    second = shop.open_pull("A", "feature")
    third = shop.open_issue("Drift again", author="carol")
    assert [first, second, third] == [1, 2, 3]
    every = (await bot.get(f"{ISSUES}?state=all")).body
    assert [(one["number"], "pull_request" in one) for one in every] == [(3, False), (2, True), (1, False)]
    assert [one["number"] for one in (await bot.get(f"{ISSUES}?creator=Carol")).body] == [3]
    shop.close_issue(first)
    assert [one["number"] for one in (await bot.get(ISSUES)).body] == [3, 2]


async def test_comments_on_an_issue_tell_whose_it_is(bot: Client, shop: Repo, sandbox: Sandbox, ear: Ear) -> None:
    number = shop.open_issue("Drift")
    made = await bot.post(f"{ISSUES}/{number}/comments", {"body": "It is over."})
    assert made.body["html_url"].endswith(f"/issues/{number}#issuecomment-{made.body['id']}")
    assert [one.body for one in shop.comments(number)] == ["It is over."]
    await sandbox.settle()
    (told,) = ear.payloads("issue_comment.created")
    assert "pull_request" not in told["issue"]


async def test_a_title_is_never_blank(bot: Client, shop: Repo) -> None:
    assert (await bot.post(ISSUES, {"title": " "})).status == 422
    shop.open_issue("Drift")
    assert (await bot.patch(f"{ISSUES}/1", {"title": ""})).status == 422


async def test_a_repository_may_have_none(bot: Client, shop: Repo) -> None:
    shop.state.issues = None
    reply = await bot.post(ISSUES, {"title": "Drift"})
    assert (reply.status, reply.message) == (410, "Issues are disabled for this repo")


@pytest.mark.usefixtures("shop")
async def test_they_need_a_permission_of_their_own(
    sandbox: Sandbox, session: aiohttp.ClientSession, app: SandboxApp
) -> None:
    narrow = await as_bot(sandbox, session, app, permissions={"pull_requests": "write"})
    assert (await narrow.post(ISSUES, {"title": "Drift"})).status == 403
