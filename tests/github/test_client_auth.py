"""Who we are: the App's JWT, keys in every form, installation tokens that are asked for once."""

from __future__ import annotations

import asyncio
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.github.auth import BadKey, Identity
from app.github.client import Client, GitHub
from app.github.errors import Denied, NotFound, Unavailable

from .conftest import MakeGitHub
from .hub import TOKENS, Hub, Reply, Time

THING = "/thing"


def same(data: Any) -> Any:
    return data


def claims(token: str, key: RSAPrivateKey) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(
        token, key.public_key(), algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
    )
    return decoded


def forms(key: RSAPrivateKey) -> dict[str, str]:
    pkcs1 = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    pkcs8 = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {
        "PKCS#1": pkcs1,
        "PKCS#8": pkcs8,
        "literal line breaks": pkcs1.replace("\n", "\\n"),
        "quoted in a dotenv file": '"' + pkcs8.replace("\n", "\\n") + '"',
        "Windows line ends": pkcs1.replace("\n", "\r\n"),
    }


@pytest.mark.parametrize(
    "form", ["PKCS#1", "PKCS#8", "literal line breaks", "quoted in a dotenv file", "Windows line ends"]
)
def test_a_key_is_read_in_every_form_it_comes_in(key: RSAPrivateKey, form: str) -> None:
    token = Identity("7", forms(key)[form]).jwt(now=1_000_000.0)
    assert claims(token, key)["iss"] == "7"


def test_a_jwt_is_backdated_a_minute_and_lives_no_longer_than_ten(key: RSAPrivateKey, pem: str) -> None:
    now = 1_000_000.7
    said = claims(Identity("7", pem).jwt(now), key)
    assert said["iat"] == 999_940
    assert said["exp"] - said["iat"] == 600
    assert said["exp"] <= now + 600


def test_trap_10_a_numeric_app_id_becomes_the_string_that_pyjwt_wants(key: RSAPrivateKey, pem: str) -> None:
    assert claims(Identity(123456, pem).jwt(0.0), key)["iss"] == "123456"


def test_a_key_that_is_no_rsa_pem_is_refused_without_being_quoted() -> None:
    ec = generate_ec_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for text in ("", "hunter2", ec, ec[: len(ec) // 2]):
        with pytest.raises(BadKey) as caught:
            Identity("7", text)
        assert not text or text not in str(caught.value)
        assert caught.value.__cause__ is None


async def test_a_jwt_is_reused_for_minutes_then_signed_anew(github: GitHub, hub: Hub, time: Time) -> None:
    hub.on("GET", "/app", Reply(data={"id": 7}))
    for pause in (0.0, 400.0, 100.0):
        time.now += pause
        await github.app.get("/app", {}, same)
    first, second, third = (seen.headers["Authorization"] for seen in hub.seen)
    assert first == second != third


async def test_trap_11_one_token_serves_fifty_concurrent_calls(client: Client, hub: Hub) -> None:
    hub.on("GET", THING, Reply(data=1))
    await asyncio.gather(*(client.get(THING, {}, same) for _ in range(50)))
    assert len(hub.minted) == 1
    assert len(hub.asked("GET", THING)) == 50
    assert {seen.headers["Authorization"] for seen in hub.asked("GET", THING)} == {f"Bearer {hub.minted[0]}"}


async def test_a_failed_token_request_fails_all_who_waited_for_it_once(make_github: MakeGitHub, hub: Hub) -> None:
    client = make_github().installation(42)
    hub.on("POST", TOKENS.format(42), Reply(404, {"message": "Not Found"}))
    outcomes = await asyncio.gather(*(client.get(THING, {}, same) for _ in range(50)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {NotFound}
    assert len(hub.asked("POST", TOKENS.format(42))) == 1


async def test_a_caller_that_gives_up_does_not_take_the_token_from_the_others(client: Client, hub: Hub) -> None:
    hub.on("GET", THING, Reply(data=1))
    impatient = asyncio.create_task(client.get(THING, {}, same))
    patient = asyncio.create_task(client.get(THING, {}, same))
    await asyncio.sleep(0.005)  # both wait for the one token request
    impatient.cancel()
    assert await patient == 1
    assert len(hub.minted) == 1


async def test_a_token_is_renewed_five_minutes_before_it_dies(client: Client, hub: Hub, time: Time) -> None:
    hub.on("GET", THING, Reply(data=1))
    await client.get(THING, {}, same)
    time.now += 3_600 - 301
    await client.get(THING, {}, same)
    assert len(hub.minted) == 1
    time.now += 2
    await client.get(THING, {}, same)
    assert len(hub.minted) == 2


async def test_a_token_refused_with_401_is_thrown_away_and_renewed_once(client: Client, hub: Hub) -> None:
    hub.on("GET", THING, Reply(401, {"message": "Bad credentials"}), Reply(data=1))
    assert await client.get(THING, {}, same) == 1
    assert [seen.headers["Authorization"] for seen in hub.asked("GET", THING)] == [
        f"Bearer {token}" for token in hub.minted
    ]
    assert len(hub.minted) == 2


async def test_a_fresh_token_that_is_refused_is_no_answer_but_worth_another_try_later(client: Client, hub: Hub) -> None:
    hub.on("GET", THING, Reply(401, {"message": "Bad credentials"}))
    with pytest.raises(Unavailable, match="Bad credentials") as refused:
        await client.get(THING, {}, same)
    assert (refused.value.status, refused.value.outcome_unknown) == (401, False)
    assert len(hub.asked("GET", THING)) == 2


async def test_calls_refused_together_renew_the_token_together(client: Client, hub: Hub) -> None:
    hub.on("GET", THING, *[Reply(401, {"message": "Bad credentials"}, delay=0.05)] * 10, Reply(data=1))
    await asyncio.gather(*(client.get(THING, {}, same) for _ in range(10)))
    assert len(hub.minted) == 2


async def test_a_late_401_for_an_old_token_leaves_the_new_one_alone(client: Client, hub: Hub) -> None:
    hub.on("GET", "/fast", Reply(401, {"message": "Bad credentials"}), Reply(data=1))
    hub.on("GET", "/slow", Reply(401, {"message": "Bad credentials"}, delay=0.2), Reply(data=2))
    assert tuple(await asyncio.gather(client.get("/fast", {}, same), client.get("/slow", {}, same))) == (1, 2)
    assert len(hub.minted) == 2


async def test_trap_11_a_token_is_narrowed_in_the_body_and_kept_apart(github: GitHub, hub: Hub) -> None:
    hub.on("GET", THING, Reply(data=1))
    narrow = github.installation(42, permissions={"checks": "write"}, repositories=["r"])
    await narrow.get(THING, {}, same)
    await github.installation(42).get(THING, {}, same)
    bodies = [seen.data for seen in hub.asked("POST", TOKENS.format(42))]
    assert bodies == [{"permissions": {"checks": "write"}, "repositories": ["r"]}, {}]
    assert github.installation(42, permissions={"checks": "write"}, repositories=["r"]) is narrow


async def test_a_given_token_is_used_as_it_is_and_never_renewed(github: GitHub, hub: Hub) -> None:
    hub.on("GET", THING, Reply(401, {"message": "Bad credentials"}))
    with pytest.raises(Denied):
        await github.with_token("ghp_person").get(THING, {}, same)
    assert [seen.headers["Authorization"] for seen in hub.seen] == ["Bearer ghp_person"]


async def test_an_access_token_request_is_repeated_since_a_second_token_harms_nobody(client: Client, hub: Hub) -> None:
    token = Reply(201, {"token": "ghs_late", "expires_at": "2099-01-01T00:00:00Z"})
    hub.on("POST", TOKENS.format(42), Reply(502, {"message": "Bad gateway"}), Reply(cut=True), token)
    hub.on("GET", THING, Reply(data=1))
    assert await client.get(THING, {}, same) == 1


async def test_the_installation_of_a_repository_is_asked_as_the_app(
    github: GitHub, hub: Hub, key: RSAPrivateKey
) -> None:
    hub.on("GET", "/repos/o/r/installation", Reply(data={"id": 42, "account": {"login": "o"}}))
    assert await github.installation_of("o/r") == 42
    bearer = hub.seen[0].headers["Authorization"].removeprefix("Bearer ")
    assert claims(bearer, key)["iss"] == "7"


async def test_without_an_identity_only_given_tokens_work(hub: Hub, session: Any) -> None:
    hub.on("GET", THING, Reply(data=1))
    github = GitHub(None, session, api_url=hub.url())
    assert await github.with_token("t").get(THING, {}, same) == 1
    with pytest.raises(ValueError, match="no GitHub App identity"):
        github.installation(42)


async def test_an_installation_that_cannot_be_reached_says_so(make_github: MakeGitHub) -> None:
    client = make_github(api_url="http://127.0.0.1:1").installation(42)
    with pytest.raises(Unavailable) as caught:
        await client.get(THING, {}, same)
    assert caught.value.call == "POST /app/installations/42/access_tokens"
    assert not caught.value.outcome_unknown
