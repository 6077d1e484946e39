"""What every answer has: pages, validators, budgets, redirects; and what happens to requests GitHub cannot read."""

from __future__ import annotations

import re

import pytest

from app.github.sandbox import Repo, Sandbox
from app.github.sandbox.faults import SecondaryLimit
from tests.github.sandbox.conftest import Client, Ear

REPO = "/repos/octo/shop"


@pytest.fixture
def busy(shop: Repo) -> Repo:
    """A pull request with 45 files."""
    shop.commit("feature", {f"f{number:02}.txt": "1\n" for number in range(45)})
    shop.open_pull("Many", "feature")
    return shop


def links(header: str) -> dict[str, str]:
    return {rel: url for url, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', header)}


async def test_lists_come_in_pages_of_thirty_with_absolute_links_by_id(
    bot: Client, busy: Repo, sandbox: Sandbox
) -> None:
    first = await bot.get(f"{REPO}/pulls/1/files")
    assert len(first.body) == 30
    following = links(first.headers["Link"])
    assert set(following) == {"next", "last"}
    assert following["next"] == f"{sandbox.url}/repositories/{busy.state.id}/pulls/1/files?page=2"
    second = await bot.get(following["next"])
    assert len(second.body) == 15
    assert set(links(second.headers["Link"])) == {"prev", "first"}
    assert sandbox.violations == []


async def test_a_page_holds_what_was_asked_for(bot: Client, busy: Repo) -> None:
    whole = await bot.get(f"{REPO}/pulls/1/files?per_page=100")
    assert len(whole.body) == 45
    assert "Link" not in whole.headers
    part = await bot.get(f"{REPO}/pulls/1/files?per_page=20&page=3")
    assert [one["filename"] for one in part.body] == [f"f{number}.txt" for number in range(40, 45)]
    assert "per_page=20" in links(part.headers["Link"])["prev"]


async def test_wrapped_lists_say_their_total(bot: Client, shop: Repo) -> None:
    for number in range(5):
        shop.report_check(shop.tip(), f"check {number}")
    reply = await bot.get(f"{REPO}/commits/main/check-runs?per_page=2")
    assert (reply.body["total_count"], len(reply.body["check_runs"])) == (5, 2)


async def test_an_unchanged_answer_is_a_304_that_costs_nothing(bot: Client, shop: Repo) -> None:
    first = await bot.get(REPO)
    tag, left = first.headers["ETag"], first.headers["x-ratelimit-remaining"]
    again = await bot.get(REPO, If_None_Match=tag)
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["x-ratelimit-remaining"] == left
    shop.commit("feature", {"a": "1"})
    shop.open_pull("A", "feature")
    changed = await bot.get(REPO, If_None_Match=tag)
    assert (changed.status, changed.body["open_issues_count"]) == (200, 1)


async def test_the_budget_is_told_and_ends(bot: Client, sandbox: Sandbox) -> None:
    sandbox.limit_requests(per_hour=2)
    first = await bot.get(REPO)
    assert (first.headers["x-ratelimit-limit"], first.headers["x-ratelimit-remaining"]) == ("2", "1")
    assert (await bot.get("/rate_limit")).body["rate"]["remaining"] == 1
    await bot.get(REPO)
    refused = await bot.get(REPO)
    assert refused.status == 403
    assert refused.message.startswith("API rate limit exceeded for installation ID")
    assert refused.headers["x-ratelimit-remaining"] == "0"
    sandbox.advance(3599)
    assert int(refused.headers["x-ratelimit-reset"]) > sandbox.world.now()


async def test_a_renamed_repository_answers_with_the_way_to_its_id(
    bot: Client, shop: Repo, sandbox: Sandbox, ear: Ear
) -> None:
    sandbox.rename("octo/shop", "octo/store")
    moved = await bot.get(f"{REPO}/contents/README.md?ref=main")
    assert moved.status == 301
    assert moved.headers["Location"] == f"{sandbox.url}/repositories/{shop.state.id}/contents/README.md?ref=main"
    assert (await bot.get(moved.headers["Location"])).body["name"] == "README.md"
    assert (await bot.post(f"{REPO}/dispatches", {"event_type": "x"})).status == 307
    assert (await bot.get("/repos/octo/store")).body["full_name"] == "octo/store"
    await sandbox.settle()
    assert ear.payloads("repository.renamed")[0]["changes"]["repository"]["name"]["from"] == "shop"


async def test_names_are_not_case_sensitive(bot: Client) -> None:
    assert (await bot.get("/repos/OCTO/Shop")).body["full_name"] == "octo/shop"


async def test_a_request_github_would_not_understand_is_refused_and_noted(bot: Client, sandbox: Sandbox) -> None:
    reply = await bot.post(f"{REPO}/check-runs", {"name": "x", "head_sha": "main", "colour": "red"})
    assert reply.status == 422
    assert len(sandbox.violations) == 1
    assert "colour" in sandbox.violations[0]


async def test_an_operation_nobody_declared_is_a_violation(bot: Client, sandbox: Sandbox) -> None:
    assert (await bot.get(f"{REPO}/teapots")).status == 404
    assert sandbox.violations == [f"unknown operation: GET {REPO}/teapots"]


async def test_broken_json_is_a_problem(bot: Client) -> None:
    headers = {"Authorization": f"Bearer {bot.credential}"}
    async with bot.session.post(f"{bot.url}{REPO}/dispatches", data=b"{", headers=headers) as response:
        assert (response.status, (await response.json())["message"]) == (400, "Problems parsing JSON")


async def test_requests_are_noted_and_only_changes_of_content_are_writes(
    bot: Client, shop: Repo, sandbox: Sandbox
) -> None:
    shop.commit("feature", {"a": "1"})
    number = shop.open_pull("A", "feature")
    await bot.get(f"{REPO}/pulls/{number}")
    await bot.post(f"{REPO}/issues/{number}/comments", {"body": "card"})
    await bot.post(f"{REPO}/issues/99/comments", {"body": "nowhere"})
    assert [request.operation for request in sandbox.requests] == [
        "apps/create-installation-access-token",
        "pulls/get",
        "issues/create-comment",
        "issues/create-comment",
    ]
    (write,) = sandbox.writes
    assert (write.method, write.path, write.body, write.status, write.app_or_user) == (
        "POST",
        f"{REPO}/issues/{number}/comments",
        {"body": "card"},
        201,
        "maestro[bot]",
    )


async def test_the_fault_script_stands_before_everything(bot: Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(SecondaryLimit(retry_after=1), path=f"{REPO}*")
    refused = await bot.get(REPO)
    assert (refused.status, refused.headers["retry-after"]) == (403, "1")
    assert (await bot.get(REPO)).status == 200
    assert sandbox.faults.pending == ()
