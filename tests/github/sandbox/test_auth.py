"""Who gets in: App JWTs, installation tokens, people's tokens, and the words of every refusal."""

from __future__ import annotations

import time

import aiohttp
import jwt
import pytest

from app.github.sandbox import Repo, Sandbox, SandboxApp
from tests.github.sandbox.conftest import Client, app_jwt, as_bot, open_shop


@pytest.fixture
def machine(sandbox: Sandbox, shop: Repo, app: SandboxApp, session: aiohttp.ClientSession) -> Client:
    """Our App by its JWT."""
    return Client(session, sandbox.url, app_jwt(app))


def tokens_path(sandbox: Sandbox) -> str:
    return f"/app/installations/{sandbox.installation('octo').id}/access_tokens"


# --- the JWT -----------------------------------------------------------------------------------------------------


async def test_a_signed_jwt_introduces_the_app(machine: Client, app: SandboxApp) -> None:
    reply = await machine.get("/app")
    assert (reply.status, reply.body["id"], reply.body["slug"]) == (200, app.app_id, "maestro")
    assert reply.body["owner"]["login"] == "octo"


async def test_a_jwt_of_another_key_is_refused(machine: Client, app: SandboxApp) -> None:
    forged = app_jwt(SandboxApp(app.app_id, Sandbox.generate_app().private_key))
    reply = await machine.of(forged).get("/app")
    assert (reply.status, reply.message) == (401, "A JSON web token could not be decoded")


async def test_a_jwt_signed_with_a_shared_secret_is_refused(machine: Client, app: SandboxApp) -> None:
    now = int(time.time())
    forged = jwt.encode({"iat": now, "exp": now + 60, "iss": str(app.app_id)}, "s" * 32, algorithm="HS256")
    assert (await machine.of(forged).get("/app")).status == 401


@pytest.mark.parametrize(
    ("lasts", "says"),
    [(-1, "'exp') must be a numeric value"), (700, "'exp') is too far in the future")],
)
async def test_a_jwt_lives_at_most_ten_minutes(machine: Client, app: SandboxApp, lasts: int, says: str) -> None:
    reply = await machine.of(app_jwt(app, lasts=lasts)).get("/app")
    assert reply.status == 401
    assert says in reply.message


async def test_a_jwt_from_the_future_is_refused(machine: Client, app: SandboxApp) -> None:
    reply = await machine.of(app_jwt(app, iat=int(time.time()) + 300)).get("/app")
    assert reply.status == 401
    assert "'iat'" in reply.message


async def test_a_jwt_of_another_app_finds_no_integration(machine: Client, app: SandboxApp) -> None:
    reply = await machine.of(app_jwt(app, iss="777")).get("/app")
    assert (reply.status, reply.message) == (404, "Integration not found")


async def test_a_jwt_opens_no_repository_but_finds_its_installation(machine: Client, sandbox: Sandbox) -> None:
    assert (await machine.get("/repos/octo/shop/contents/README.md")).status == 403
    reply = await machine.get("/repos/octo/shop/installation")
    assert (reply.status, reply.body["id"]) == (200, sandbox.installation("octo").id)


async def test_app_endpoints_take_no_installation_token(bot: Client) -> None:
    reply = await bot.get("/app/installations")
    assert (reply.status, reply.message) == (401, "A JSON web token could not be decoded")


# --- installation tokens -----------------------------------------------------------------------------------------


async def test_a_token_carries_the_installation_s_permissions_for_an_hour(machine: Client, sandbox: Sandbox) -> None:
    reply = await machine.post(tokens_path(sandbox))
    assert reply.status == 201
    assert reply.body["token"].startswith("ghs_4242_")
    assert len(reply.body["token"]) > 40
    assert reply.body["permissions"]["checks"] == "write"
    assert reply.body["repository_selection"] == "all"
    assert "repositories" not in reply.body


async def test_a_token_expires_after_an_hour(bot: Client, sandbox: Sandbox) -> None:
    assert (await bot.get("/repos/octo/shop")).status == 200
    sandbox.advance(3601)
    reply = await bot.get("/repos/octo/shop")
    assert (reply.status, reply.message) == (401, "Bad credentials")


async def test_an_unknown_token_is_refused_even_on_a_public_repository(bot: Client) -> None:
    reply = await bot.of("ghs_4242_a.b.c").get("/repos/octo/shop")
    assert (reply.status, reply.message) == (401, "Bad credentials")


async def test_a_token_can_be_narrowed_to_permissions(
    sandbox: Sandbox, shop: Repo, session: aiohttp.ClientSession, app: SandboxApp
) -> None:
    narrow = await as_bot(sandbox, session, app, permissions={"checks": "read"})
    assert (await narrow.get(f"/repos/octo/shop/commits/{shop.tip()}/check-runs")).status == 200
    refused = await narrow.post("/repos/octo/shop/check-runs", {"name": "ci", "head_sha": shop.tip()})
    assert (refused.status, refused.message) == (403, "Resource not accessible by integration")
    assert refused.headers["X-Accepted-GitHub-Permissions"] == "checks=write"
    assert sandbox.violations == []


async def test_a_token_can_be_narrowed_to_repositories(
    sandbox: Sandbox, session: aiohttp.ClientSession, app: SandboxApp
) -> None:
    open_shop(sandbox, "octo/one", private=True)
    open_shop(sandbox, "octo/two", private=True)
    narrow = await as_bot(sandbox, session, app, repositories=["one"])
    listed = await narrow.get("/installation/repositories")
    assert [repo["name"] for repo in listed.body["repositories"]] == ["one"]
    assert (await narrow.get("/repos/octo/one")).status == 200
    assert (await narrow.get("/repos/octo/two")).status == 404


async def test_more_than_was_granted_cannot_be_asked_for(machine: Client, sandbox: Sandbox) -> None:
    for wish, says in (
        ({"permissions": {"administration": "write"}}, "The permissions requested are not granted"),
        ({"repositories": ["nowhere"]}, "does not exist or is not accessible"),
    ):
        reply = await machine.post(tokens_path(sandbox), wish)
        assert reply.status == 422
        assert says in reply.message


async def test_an_unknown_installation_has_no_tokens(machine: Client) -> None:
    assert (await machine.post("/app/installations/1/access_tokens")).status == 404


async def test_a_suspended_installation_refuses_everything_until_it_is_back(
    bot: Client, machine: Client, sandbox: Sandbox
) -> None:
    sandbox.suspend("octo")
    for reply in (await bot.get("/repos/octo/shop"), await machine.post(tokens_path(sandbox))):
        assert (reply.status, reply.message) == (403, "This installation has been suspended")
    sandbox.unsuspend("octo")
    assert (await bot.get("/repos/octo/shop")).status == 200


async def test_after_an_uninstall_tokens_are_dead_and_none_is_given(
    bot: Client, machine: Client, sandbox: Sandbox
) -> None:
    path = tokens_path(sandbox)
    sandbox.uninstall("octo")
    assert (await bot.get("/repos/octo/shop")).status == 401
    assert (await machine.post(path)).status == 404
    assert (await machine.get("/repos/octo/shop/installation")).status == 404


async def test_a_repository_that_was_not_selected_is_out_of_reach(bot: Client, sandbox: Sandbox) -> None:
    open_shop(sandbox, "octo/vault", private=True)
    sandbox.select("octo", "octo/shop")
    fresh = await as_bot(sandbox, bot.session, sandbox.app)
    assert (await fresh.get("/repos/octo/vault")).status == 404
    assert (await fresh.get("/repos/octo/shop")).status == 200


async def test_another_account_s_public_repository_can_be_read_and_not_written(
    bot: Client, sandbox: Sandbox, shop: Repo
) -> None:
    fork = shop.fork("eve")
    assert (await bot.get("/repos/eve/shop")).status == 200
    reply = await bot.post("/repos/eve/shop/check-runs", {"name": "ci", "head_sha": fork.tip()})
    assert (reply.status, reply.message) == (403, "Resource not accessible by integration")


# --- people ------------------------------------------------------------------------------------------------------


async def test_a_person_s_token_sees_what_the_person_sees(bot: Client, sandbox: Sandbox) -> None:
    open_shop(sandbox, "octo/vault", private=True)
    bob, stranger = bot.of(sandbox.token("bob")), bot.of(sandbox.token("stranger"))
    assert (await bob.get("/user")).body["login"] == "bob"
    assert (await bob.get("/repos/octo/vault")).status == 200
    assert (await stranger.get("/repos/octo/vault")).status == 404
    assert (await stranger.get("/repos/octo/shop")).status == 200


async def test_checks_are_for_apps_alone(bot: Client, sandbox: Sandbox, shop: Repo) -> None:
    alice = bot.of(sandbox.token("alice"))
    reply = await alice.post("/repos/octo/shop/check-runs", {"name": "ci", "head_sha": shop.tip()})
    assert (reply.status, reply.message) == (403, "You must authenticate via a GitHub App.")


async def test_a_reader_may_comment_and_not_push(bot: Client, sandbox: Sandbox, shop: Repo) -> None:
    carol = bot.of(sandbox.token("carol"))
    shop.commit("feature", {"a": "1"})
    number = shop.open_pull("A", "feature")
    said = await carol.post(f"/repos/octo/shop/issues/{number}/comments", {"body": "nice"})
    assert (said.status, said.body["user"]["login"], said.body["performed_via_github_app"]) == (201, "carol", None)
    pushed = await carol.post("/repos/octo/shop/git/refs", {"ref": "refs/heads/x", "sha": shop.tip()})
    assert pushed.status == 403


async def test_without_a_token_public_things_can_be_read(bot: Client, sandbox: Sandbox) -> None:
    open_shop(sandbox, "octo/vault", private=True)
    nobody = bot.of(None)
    assert (await nobody.get("/repos/octo/shop")).status == 200
    assert (await nobody.get("/repos/octo/vault")).status == 404
    assert (await nobody.post("/repos/octo/shop/dispatches", {"event_type": "x"})).status == 401


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [
        ("alice", "admin", "admin"),
        ("mia", "write", "maintain"),
        ("bob", "write", "write"),
        ("tom", "read", "triage"),
        ("carol", "read", "read"),
        ("stranger", "read", "read"),
    ],
)
async def test_the_permission_endpoint_folds_roles(
    bot: Client, sandbox: Sandbox, login: str, permission: str, role: str
) -> None:
    await bot.of(sandbox.token(login)).get("/user")
    reply = await bot.get(f"/repos/octo/shop/collaborators/{login}/permission")
    assert (reply.body["permission"], reply.body["role_name"]) == (permission, role)
    assert reply.body["user"]["permissions"]["push"] is (permission in {"admin", "write"})


async def test_strangers_have_no_permission_on_private_repositories(bot: Client, sandbox: Sandbox) -> None:
    open_shop(sandbox, "octo/vault", private=True)
    await bot.of(sandbox.token("stranger")).get("/user")
    assert (await bot.get("/repos/octo/vault/collaborators/stranger/permission")).status == 404
    unheard_of = await bot.get("/repos/octo/vault/collaborators/nobody/permission")
    assert (unheard_of.status, unheard_of.message) == (404, "nobody is not a user")


async def test_a_reader_may_not_ask_for_permissions(bot: Client, sandbox: Sandbox) -> None:
    reply = await bot.of(sandbox.token("carol")).get("/repos/octo/shop/collaborators/bob/permission")
    assert (reply.status, reply.message) == (403, "Must have push access to view collaborator permission.")
