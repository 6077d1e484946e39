"""Comments and reactions."""

from __future__ import annotations

import aiohttp
import pytest

from app.github.sandbox import Repo, Sandbox, SandboxApp
from tests.github.sandbox.conftest import Client, Ear, as_bot, open_shop

COMMENTS = "/repos/octo/shop/issues/1/comments"
ONE = "/repos/octo/shop/issues/comments"


@pytest.fixture
def number(shop: Repo) -> int:
    shop.commit("feature", {"a.py": "1\n"})
    return shop.open_pull("A", "feature")


async def test_the_bot_s_comment_names_its_app_and_comes_back_as_an_event(
    bot: Client, number: int, sandbox: Sandbox, ear: Ear
) -> None:
    made = await bot.post(COMMENTS, {"body": "card"})
    assert (made.status, made.body["user"]["login"], made.body["user"]["type"]) == (201, "maestro[bot]", "Bot")
    assert made.body["performed_via_github_app"]["slug"] == "maestro"
    edited = await bot.patch(f"{ONE}/{made.body['id']}", {"body": "new card"})
    assert edited.body["body"] == "new card"
    await sandbox.settle()
    created, changed = ear.payloads("issue_comment.created")[0], ear.payloads("issue_comment.edited")[0]
    assert created["sender"]["login"] == "maestro[bot]"
    assert created["issue"]["pull_request"]["url"].endswith("/pulls/1")
    assert changed["changes"] == {"body": {"from": "card"}}
    assert (await bot.get(COMMENTS)).body[0]["body"] == "new card"
    assert (await bot.ask("DELETE", f"{ONE}/{made.body['id']}")).status == 204
    assert (await bot.get(f"{ONE}/{made.body['id']}")).status == 404
    assert sandbox.violations == []


async def test_a_person_s_comment_is_an_event_with_the_person_as_sender(
    shop: Repo, number: int, sandbox: Sandbox, ear: Ear
) -> None:
    comment = shop.comment(number, "carol", "/maestro status")
    shop.edit_comment(comment, "/maestro override", by="bob")
    shop.delete_comment(comment, by="bob")
    await sandbox.settle()
    assert shop.comments(number) == []
    assert ear.events[-1] == "issue_comment.deleted"
    created, edited = ear.payloads("issue_comment.created")[0], ear.payloads("issue_comment.edited")[0]
    assert (created["comment"]["user"]["login"], created["sender"]["type"]) == ("carol", "User")
    assert (edited["comment"]["user"]["login"], edited["sender"]["login"]) == ("carol", "bob")
    assert (created["issue"]["number"], created["issue"]["comments"]) == (number, 1)


@pytest.mark.parametrize(
    ("body", "says"),
    [("x" * 65_537, "Body is too long (maximum is 65536 characters)"), ("", "Body cannot be blank")],
)
async def test_a_body_has_limits(
    lenient: Sandbox, session: aiohttp.ClientSession, app: SandboxApp, body: str, says: str
) -> None:
    shop = open_shop(lenient)
    shop.commit("feature", {"a": "1"})
    shop.open_pull("A", "feature")
    bot = await as_bot(lenient, session, app)
    reply = await bot.post(COMMENTS, {"body": body})
    assert (reply.status, reply.message) == (422, "Validation Failed")
    assert [error["message"] for error in reply.body["errors"]] == [says]
    assert (await bot.post(COMMENTS, {"body": "x" * 65_536})).status == 201


async def test_reactions_are_given_once(bot: Client, shop: Repo, number: int, sandbox: Sandbox) -> None:
    comment = shop.comment(number, "alice", "/maestro status")
    path = f"{ONE}/{comment}/reactions"
    first, second = await bot.post(path, {"content": "eyes"}), await bot.post(path, {"content": "eyes"})
    assert (first.status, second.status) == (201, 200)
    assert first.body["id"] == second.body["id"]
    assert (await bot.post(path, {"content": "rocket"})).status == 201
    assert [one["content"] for one in (await bot.get(path)).body] == ["eyes", "rocket"]
    assert (await bot.get(f"{ONE}/{comment}")).body["reactions"]["eyes"] == 1
    assert (await bot.ask("DELETE", f"{path}/{first.body['id']}")).status == 204
    assert [one["content"] for one in (await bot.get(path)).body] == ["rocket"]
    assert sandbox.violations == []


async def test_a_reader_may_not_change_another_s_comment(
    bot: Client, shop: Repo, number: int, sandbox: Sandbox
) -> None:
    comment = shop.comment(number, "alice", "mine")
    reply = await bot.of(sandbox.token("carol")).patch(f"{ONE}/{comment}", {"body": "hers"})
    assert reply.status == 403


async def test_comments_need_a_pull_request(bot: Client) -> None:
    assert (await bot.post("/repos/octo/shop/issues/99/comments", {"body": "x"})).status == 404
