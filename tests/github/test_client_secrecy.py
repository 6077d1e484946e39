"""No token and no key in anything that prints: errors, clients, requests, records."""

from __future__ import annotations

import copy
import pickle
import traceback
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github.auth import GivenToken, Granted, Identity
from app.github.client import GitHub
from app.github.errors import GitHubError, Invalid, RateLimited, Unavailable, redact
from app.github.repository import Repository

from .conftest import MakeGitHub
from .hub import Hub, Reply

SECRET = "ghs_1_" + "x" * 300


def same(data: Any) -> Any:
    return data


@given(st.text("abcXYZ012_.-", min_size=1, max_size=400), st.sampled_from(["ghs_", "ghp_", "gho_", "github_pat_"]))
def test_tokens_of_any_length_are_redacted(tail: str, family: str) -> None:
    assert redact(f"sent {family}{tail} to you") == "sent [redacted] to you"


def test_jwts_and_keys_are_redacted_and_plain_words_are_not(pem: str, key: Any) -> None:
    token = Identity(7, pem).jwt(0.0)
    assert redact(f"bearer {token}!") == "bearer [redacted]!"
    assert redact(f"key {pem} end") == "key [redacted]\n end"
    assert redact("cut off: " + pem[:200]) == "cut off: [redacted]"
    assert redact("Resource not accessible by integration") == "Resource not accessible by integration"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404, {"message": f"no such thing, {SECRET}"}),
        Reply(422, {"message": SECRET, "errors": [{"field": SECRET, "code": "invalid"}, SECRET]}),
        Reply(403, {"message": f"Denied {SECRET}"}),
        Reply(429, {"message": SECRET}, {"Retry-After": "900"}),
        Reply(503, {"message": SECRET}, {"Retry-After": "900"}),
        Reply(302, None, {"Location": f"https://elsewhere.example/?token={SECRET}"}),
        Reply(cut=True),
        Reply(raw=SECRET.encode()),
        Reply(data={SECRET: SECRET}),
        Reply(200, raw=b"", headers={"Content-Encoding": "gzip"}),
    ],
)
async def test_no_error_prints_a_token_even_one_that_github_sent_back(
    make_github: MakeGitHub, hub: Hub, reply: Reply
) -> None:
    client = make_github(attempts=1).installation(42)
    hub.on("GET", "/thing", reply)
    with pytest.raises(GitHubError) as caught:
        await client.get("/thing", {}, lambda data: data["id"])
    assert hub.asked("GET", "/thing")[0].headers["Authorization"] == f"Bearer {SECRET}"
    printed = [str(caught.value), repr(caught.value), *map(repr, vars(caught.value).values())]
    printed += traceback.format_exception(caught.value)
    assert "ghs_" not in "".join(printed)
    assert caught.value.call == "GET /thing"


async def test_no_error_keeps_what_aiohttp_knew_of_the_request(make_github: MakeGitHub, hub: Hub) -> None:
    hub.on("GET", "/thing", Reply(cut=True))
    with pytest.raises(Unavailable) as caught:
        await make_github(attempts=1).installation(42).get("/thing", {}, same)
    error: BaseException | None = caught.value
    while error is not None:
        assert not isinstance(error, aiohttp.ClientError)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


async def test_nothing_that_holds_a_credential_prints_it(github: GitHub, hub: Hub, pem: str) -> None:
    hub.on("GET", "/thing", Reply(data=1))
    client = github.installation(42)
    await client.get("/thing", {}, same)
    given_token = github.with_token("ghp_person")
    things = [
        Identity(7, pem),
        GivenToken("ghp_person"),
        Granted(SECRET, 0.0),
        github,
        client,
        client.caller,
        github.app,
        given_token,
        Repository(client, "o/r"),
    ]
    for thing in things:
        printed = repr(thing) + str(thing)
        assert not any(secret in printed for secret in ("ghs_", "ghp_", "BEGIN", pem[100:140])), printed
    assert repr(client) == f"Client('42', Address('{hub.url()}'))"


def test_errors_survive_being_copied_and_stored() -> None:
    limited = RateLimited("GET /x", 429, "slow", 12.5)
    unknown = Unavailable("POST /x", 502, "bad", outcome_unknown=True)
    invalid = Invalid("POST /x", 422, "no", ("a: b",))
    for error in (limited, unknown, invalid):
        for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
            assert (type(twin), str(twin), vars(twin)) == (type(error), str(error), vars(error))
