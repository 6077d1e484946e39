"""People who sign in: what goes over the wire in GitHub's flow, and what becomes of each answer."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, parse_qsl, urlsplit

import aiohttp
import pytest
import pytest_asyncio

from app.github.client import Client, GitHub
from app.github.errors import Denied, GitHubError, Malformed, NotFound, RateLimited, Unavailable
from app.github.exchange import Wire
from app.github.user import Flow, Keys, Who, challenge, seen, sees, whoami
from tests.github.hub import Hub, Reply

TOKEN = "/login/oauth/access_token"
GIVEN = {
    "access_token": "ghu_access",
    "expires_in": 28_800,
    "refresh_token": "ghr_refresh",
    "refresh_token_expires_in": 15_897_600,
}


@pytest_asyncio.fixture
async def flow(hub: Hub) -> AsyncIterator[Flow]:
    """As for an Enterprise Server: its pages are at the root, its API below /api/v3."""
    async with aiohttp.ClientSession() as session:
        wire = Wire(session, total=2.0, connect=2.0)
        yield Flow("Iv23li", "a secret of the client", hub.url(), hub.url("/api/v3"), wire)


@pytest_asyncio.fixture
async def person(hub: Hub) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield GitHub(None, session, api_url=hub.url("/api/v3")).with_token("ghu_access")


def test_the_challenge_is_that_of_rfc_7636() -> None:
    assert challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_browser_is_sent_to_the_pages_and_not_to_the_api(flow: Flow) -> None:
    address = urlsplit(flow.authorize("state", "verifier", "https://maestro.example/login/callback"))
    assert address.path == "/login/oauth/authorize"
    assert dict(parse_qsl(address.query)) == {
        "client_id": "Iv23li",
        "redirect_uri": "https://maestro.example/login/callback",
        "state": "state",
        "code_challenge": challenge("verifier"),
        "code_challenge_method": "S256",
    }


async def test_a_code_is_exchanged_with_what_proves_that_it_is_ours(flow: Flow, hub: Hub) -> None:
    hub.on("POST", TOKEN, Reply(data=GIVEN))
    keys = await flow.exchange("a code", "verifier", "https://back")
    assert keys == Keys("ghu_access", 28_800.0, "ghr_refresh", 15_897_600.0)
    (asked,) = hub.asked("POST", TOKEN)
    assert asked.headers["Accept"] == "application/json"
    assert asked.path == TOKEN, "nothing secret stands in the address"
    assert parse_qs(asked.body.decode()) == {
        "client_id": ["Iv23li"],
        "client_secret": ["a secret of the client"],
        "code": ["a code"],
        "code_verifier": ["verifier"],
        "redirect_uri": ["https://back"],
    }


async def test_where_tokens_do_not_end_there_is_nothing_to_renew(flow: Flow, hub: Hub) -> None:
    hub.on("POST", TOKEN, Reply(data={"access_token": "ghu_access", "scope": "", "token_type": "bearer"}))
    assert await flow.refresh("ghr_refresh") == Keys("ghu_access", 28_800.0)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(data={"error": "bad_verification_code"}), Denied),
        (Reply(data={"error": "incorrect_client_credentials"}), GitHubError),
        (Reply(data={"error": ["ghr_secret"]}), Denied),
        (Reply(data={"error": "ghr secret"}), Denied),
        (Reply(503), Unavailable),
        (Reply(429), Unavailable),
        (Reply(cut=True), Unavailable),
        (Reply(404, {}), GitHubError),
        (Reply(raw=b"<html>"), Malformed),
        (Reply(data=[]), Malformed),
        (Reply(data={}), Malformed),
        (Reply(data={**GIVEN, "expires_in": "soon"}), Malformed),
    ],
)
async def test_what_is_no_answer_is_an_error_that_holds_nothing_secret(
    flow: Flow, hub: Hub, reply: Reply, error: type[GitHubError]
) -> None:
    hub.on("POST", TOKEN, reply)
    with pytest.raises(error) as refused:
        await flow.refresh("ghr_refresh")
    assert refused.type is error
    said = f"{refused.value!r} {refused.value}"
    assert not [secret for secret in ("ghr_", "a secret", "ghr secret") if secret in said]
    assert len(hub.asked("POST", TOKEN)) == 1, "a refresh token is good once: it is not sent again by itself"


async def test_a_token_is_taken_back_by_the_client_s_id_and_secret(flow: Flow, hub: Hub) -> None:
    path = "/api/v3/applications/Iv23li/token"
    hub.on("DELETE", path, Reply(204, raw=b""), Reply(404, {"message": "Not Found"}))
    await flow.revoke("ghu_access")
    (asked,) = hub.asked("DELETE", path)
    assert asked.data == {"access_token": "ghu_access"}
    scheme, _, given = asked.headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(given)) == ("Basic", b"Iv23li:a secret of the client")
    with pytest.raises(NotFound):
        await flow.revoke("ghu_access")


def test_nothing_that_holds_a_secret_prints_it(flow: Flow) -> None:
    keys = Keys("ghu_access", 1.0, "ghr_refresh", 2.0)
    assert not [secret for secret in ("ghu_", "ghr_", "a secret") if secret in f"{flow!r}{keys!r}"]


async def test_a_person_is_known_by_id_and_the_login_of_now(person: Client, hub: Hub) -> None:
    hub.on("GET", "/api/v3/user", Reply(data={"id": 7, "login": "Alice"}))
    assert await whoami(person) == Who(7, "Alice")


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(data={"id": 7, "full_name": "octo/shop"}), 7),
        (Reply(404, {}), 0),
        (Reply(403, {"message": "Resource protected by organization SAML enforcement."}), 0),
        (Reply(451, {}), 0),
    ],
)
async def test_whether_they_see_a_repository_is_github_s_word(
    person: Client, hub: Hub, reply: Reply, told: int
) -> None:
    hub.on("GET", "/api/v3/repos/octo/shop", reply)
    assert await sees(person, "octo/shop") == told


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(401, {"message": "Bad credentials"}), Denied),
        (
            Reply(403, {"message": "limit"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9999999999"}),
            RateLimited,
        ),
        (Reply(data={}), Malformed),
    ],
)
async def test_no_word_of_github_is_neither_yes_nor_no(
    person: Client, hub: Hub, reply: Reply, error: type[GitHubError]
) -> None:
    hub.on("GET", "/api/v3/repos/octo/shop", reply)
    with pytest.raises(error):
        await sees(person, "octo/shop")


@pytest.mark.parametrize("name", ["", "octo", "octo/..", "../octo", "octo/shop/x", "o cto/shop"])
async def test_what_is_no_name_is_asked_of_nobody(person: Client, hub: Hub, name: str) -> None:
    assert not await sees(person, name)
    assert hub.seen == []


async def test_what_they_see_is_what_all_working_installations_and_they_see(person: Client, hub: Hub) -> None:
    root = "/api/v3/user/installations"
    told = [{"id": 1, "suspended_at": None}, {"id": 2, "suspended_at": "2026-01-01T00:00:00Z"}]
    more = [{"id": 3}, {"id": 4}, {"id": 5}]
    hub.on("GET", root, Reply(data={"total_count": 5, "installations": [*told, *more]}))
    hub.on("GET", f"{root}/4/repositories", Reply(403, {"message": "SAML enforcement"}))
    hub.on("GET", f"{root}/5/repositories", Reply(404, {}))
    for number, name in ((1, "Octo/Shop"), (3, "acme/tool")):
        hub.on(
            "GET", f"{root}/{number}/repositories", Reply(data={"repositories": [{"id": number, "full_name": name}]})
        )
    assert await seen(person) == {"octo/shop": 1, "acme/tool": 3}
    assert hub.asked("GET", f"{root}/2/repositories") == []
