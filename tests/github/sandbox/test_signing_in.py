"""People sign in with the App at the local GitHub, which refuses what GitHub refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest

from app.github.sandbox import Sandbox
from app.github.user import challenge

BACK = "https://maestro.example/login/callback"
VERIFIER = "v" * 43
HOUR = 3_600.0


@dataclass
class Flow:
    """A client that speaks to the flow of `github` as the App does."""

    github: Sandbox
    session: aiohttp.ClientSession

    async def authorize(self, **changed: str) -> aiohttp.ClientResponse:
        asked = {
            "client_id": self.github.app.client_id,
            "redirect_uri": BACK,
            "state": "of ours",
            "code_challenge": challenge(VERIFIER),
            "code_challenge_method": "S256",
        }
        address = f"{self.github.url}/login/oauth/authorize?{urlencode(asked | changed)}"
        return await self.session.get(address, allow_redirects=False)

    async def code(self, login: str = "alice", **changed: str) -> str:
        answer = await self.authorize(**{"as": login}, **changed)
        assert answer.status == 302
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    async def token(self, **asked: str) -> dict[str, Any]:
        own = {"client_id": self.github.app.client_id, "client_secret": self.github.app.client_secret}
        answer = await self.session.post(f"{self.github.url}/login/oauth/access_token", data=own | asked)
        assert answer.status == 200
        told: dict[str, Any] = await answer.json()
        return told

    async def signed_in(self, login: str = "alice") -> dict[str, Any]:
        return await self.token(code=await self.code(login), code_verifier=VERIFIER, redirect_uri=BACK)

    async def get(self, path: str, token: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        async with self.session.get(f"{self.github.url}{path}", headers=headers) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def flow(sandbox: Sandbox) -> AsyncIterator[Flow]:
    sandbox.sign_in.callbacks = (BACK,)
    sandbox.repository("octo/shop", private=True, collaborators={"alice": "admin", "carol": "read"})
    sandbox.repository("octo/open")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Flow(sandbox, session)


async def test_whoever_agrees_is_sent_back_with_a_code_that_is_good_for_tokens(flow: Flow) -> None:
    told = await flow.signed_in()
    assert (told["expires_in"], told["refresh_token_expires_in"], told["token_type"]) == (28_800, 15_897_600, "bearer")
    assert (told["access_token"][:4], told["refresh_token"][:4]) == ("ghu_", "ghr_")
    status, who = await flow.get("/user", told["access_token"])
    assert (status, who["login"]) == (200, "alice")


async def test_one_chooses_who_one_is_on_a_page(flow: Flow) -> None:
    text = await (await flow.authorize()).text()
    assert "Continue as alice" in text
    assert "admin of octo/shop" in text
    assert "Cancel" in text


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://evil.example/login/callback"},
        {"redirect_uri": f"{BACK}/more"},
        {"redirect_uri": f"{BACK}?x=1"},
        {"client_id": "Iv23another"},
    ],
)
async def test_nobody_is_sent_to_where_the_app_is_not(flow: Flow, changed: dict[str, str]) -> None:
    answer = await flow.authorize(**{"as": "alice"}, **changed)
    assert (answer.status, "Location" in answer.headers) == (404, False)


async def test_plain_challenges_are_refused(flow: Flow) -> None:
    assert (await flow.authorize(code_challenge_method="plain")).status == 400


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": "w" * 43}, "bad_verification_code"),
        ({"code_verifier": ""}, "bad_verification_code"),
        ({"code": "guessed"}, "bad_verification_code"),
        ({"redirect_uri": "https://evil.example"}, "redirect_uri_mismatch"),
        ({"client_secret": "guessed"}, "incorrect_client_credentials"),
    ],
)
async def test_a_code_alone_is_good_for_nothing(flow: Flow, changed: dict[str, str], error: str) -> None:
    asked = {"code": await flow.code(), "code_verifier": VERIFIER, "redirect_uri": BACK}
    assert (await flow.token(**(asked | changed)))["error"] == error


async def test_a_code_is_good_once_and_for_ten_minutes(flow: Flow) -> None:
    asked = {"code": await flow.code(), "code_verifier": VERIFIER, "redirect_uri": BACK}
    assert "access_token" in await flow.token(**asked)
    assert (await flow.token(**asked))["error"] == "bad_verification_code"
    late = {**asked, "code": await flow.code()}
    flow.github.advance(601)
    assert (await flow.token(**late))["error"] == "bad_verification_code"


async def test_tokens_end_and_are_renewed_each_refresh_once(flow: Flow) -> None:
    first = await flow.signed_in()
    second = await flow.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (await flow.get("/user", first["access_token"]))[0] == 401, "the old one is over at once"
    assert (await flow.get("/user", second["access_token"]))[0] == 200
    again = await flow.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert again["error"] == "bad_refresh_token"
    flow.github.advance(8 * HOUR)
    assert (await flow.get("/user", second["access_token"]))[0] == 401


async def test_people_see_through_the_app_what_both_see(flow: Flow) -> None:
    alice, mallory = await flow.signed_in(), await flow.signed_in("mallory")
    assert (await flow.get("/repos/octo/shop", alice["access_token"]))[0] == 200
    assert (await flow.get("/repos/octo/shop", mallory["access_token"]))[0] == 404
    assert (await flow.get("/repos/octo/open", mallory["access_token"]))[0] == 200
    (one,) = (await flow.get("/user/installations", alice["access_token"]))[1]["installations"]
    path = f"/user/installations/{one['id']}/repositories"
    _, listed = await flow.get(path, alice["access_token"])
    assert [repository["full_name"] for repository in listed["repositories"]] == ["octo/shop"]
    assert (await flow.get("/user/installations", mallory["access_token"]))[1]["installations"] == []
    assert (await flow.get(path, mallory["access_token"]))[0] == 404
    flow.github.select("octo", "octo/open")
    assert (await flow.get("/repos/octo/shop", alice["access_token"]))[0] == 404


async def test_a_suspended_installation_shows_nothing_private(flow: Flow) -> None:
    alice = await flow.signed_in()
    flow.github.suspend("octo")
    assert (await flow.get("/repos/octo/shop", alice["access_token"]))[0] == 404


async def test_the_app_takes_a_token_back_by_its_id_and_secret(flow: Flow) -> None:
    told, app = await flow.signed_in(), flow.github.app
    url, body = f"{flow.github.url}/applications/{app.client_id}/token", {"access_token": told["access_token"]}
    for secret, status in (("guessed", 404), (app.client_secret, 204), (app.client_secret, 404)):
        headers = {"Authorization": aiohttp.encode_basic_auth(app.client_id, secret)}
        assert (await flow.session.delete(url, json=body, headers=headers)).status == status
    assert (await flow.get("/user", told["access_token"]))[0] == 401
    again = await flow.token(grant_type="refresh_token", refresh_token=told["refresh_token"])
    assert again["error"] == "bad_refresh_token"


async def test_whoever_takes_back_what_they_allowed_is_told_of_by_an_event(flow: Flow) -> None:
    told = await flow.signed_in()
    flow.github.revoke("alice")
    assert (await flow.get("/user", told["access_token"]))[0] == 401
    last = flow.github.deliveries[-1]
    assert (last.event, last.action, last.payload["sender"]["login"]) == (
        "github_app_authorization",
        "revoked",
        "alice",
    )


async def test_a_token_stays_its_owner_s_whatever_they_are_called(flow: Flow) -> None:
    told = await flow.signed_in()
    flow.github.call("alice", "alicia")
    flow.github.call("carol", "alice")
    _, who = await flow.get("/user", told["access_token"])
    assert who["login"] == "alicia"
    assert (await flow.get("/repos/octo/shop", told["access_token"]))[0] == 200
