"""Acting takes more than a cookie: a page of ours, or an overlay, and GitHub's word on who it is, now."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.store.sessions import Session
from tests.pages.signed import Guest, Site

ACT = "/api/decision/tests"  # takes a body: 400 is said to whoever was let in to act
LET_IN = 400


@pytest.fixture
async def overlay(site: Site, alice: Guest) -> AsyncIterator[tuple[Guest, str]]:
    """A client without cookies, and the token of alice's overlay."""
    made = await (await alice.post("/api/pair/code")).json()
    async with site.browser() as client:
        answer = await client.post("/api/pair", {"code": made["code"], "name": "here"}, Origin="")
        yield client, (await answer.json())["token"]


async def test_a_page_of_ours_acts_for_whoever_signed_in(alice: Guest) -> None:
    assert (await alice.post(ACT)).status == LET_IN
    assert (await alice.post(ACT, **{"Sec-Fetch-Site": "same-origin"})).status == LET_IN


@pytest.mark.parametrize(
    "said",
    [
        {"Origin": ""},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"X-CSRF": ""},
        {"X-CSRF": "x" * 32},
        {"X-CSRF": "é"},
    ],
    ids=repr,
)
async def test_another_site_with_a_stolen_cookie_cannot_act(alice: Guest, said: dict[str, str]) -> None:
    answer = await alice.post(ACT, **said)
    assert answer.status == 403
    assert "error" in await answer.json()
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("content", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""])
@pytest.mark.parametrize("path", ["/logout", "/api/pair/code", "/api/sessions/revoke"])
async def test_a_form_cannot_act(alice: Guest, path: str, content: str) -> None:
    assert (await alice.post(path, **{"Content-Type": content})).status == 403
    assert await alice.who() == "alice"


async def test_the_word_of_one_session_is_none_of_another_s(site: Site, alice: Guest) -> None:
    async with site.browser() as other:
        await other.sign_in("alice")
        assert (await alice.post(ACT, **{"X-CSRF": await other.csrf()})).status == 403


async def test_nobody_acts_unknown(site: Site) -> None:
    async with site.browser() as nobody:
        assert (await nobody.post(ACT, **{"X-CSRF": "x"})).status == 401


async def test_no_site_is_told_that_it_may_ask(alice: Guest) -> None:
    asked = {"Origin": "https://github.com", "Access-Control-Request-Method": "POST"}
    answer = await alice.session.options(alice.at(ACT), headers=asked)
    assert answer.status == 405
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


async def test_an_overlay_acts_by_its_token_alone(overlay: tuple[Guest, str]) -> None:
    client, token = overlay
    for origin in ("", "chrome-extension://abcdef", "moz-extension://abcdef"):
        said = {"Authorization": f"Bearer {token}", "Origin": origin}
        assert (await client.post(ACT, **said)).status == LET_IN
    assert (await client.post(ACT, Authorization=f"Bearer {token}x", Origin="")).status == 401


@pytest.mark.parametrize("origin", ["https://github.com", "null", "https://evil.example", "file://"])
async def test_the_token_of_an_overlay_is_not_for_web_pages(overlay: tuple[Guest, str], origin: str) -> None:
    client, token = overlay
    assert (await client.post(ACT, Authorization=f"Bearer {token}", Origin=origin)).status == 403


async def test_a_token_beside_a_cookie_is_nobody_s(alice: Guest, overlay: tuple[Guest, str]) -> None:
    _, token = overlay
    said = {"Authorization": f"Bearer {token}", "X-CSRF": await alice.csrf()}
    assert (await alice.post(ACT, **said)).status == 401
    assert (await alice.post(ACT, Authorization="Bearer mst_of-a-repository")).status == 401


async def test_a_session_and_a_token_are_not_shown_in_each_other_s_place(
    alice: Guest, overlay: tuple[Guest, str]
) -> None:
    client, token = overlay
    session = alice.cookies()["maestro"]
    assert (await client.post(ACT, Authorization=f"Bearer {session}", Origin="")).status == 401
    client.session.cookie_jar.update_cookies({"maestro": token}, client.at("/"))
    assert (await client.post(ACT, **{"X-CSRF": "x"})).status == 401
    assert (await client.get("/")).status == 200
    assert "alice" not in await (await client.get("/")).text()


async def test_whoever_was_renamed_acts_under_the_name_of_now(site: Site, alice: Guest) -> None:
    site.sandbox.call("alice", "alicia")
    assert (await alice.post(ACT)).status == LET_IN
    assert await alice.who() == "alicia"


async def test_whoever_takes_over_a_login_is_somebody_else(site: Site, alice: Guest) -> None:
    site.sandbox.call("alice", "alicia")
    site.sandbox.call("mallory", "alice")
    async with site.browser() as taker:
        await taker.sign_in("alice")
        assert len({one.person for one in await _sessions(site, "alice", "alicia")}) == 2
        assert (await taker.post(ACT)).status == LET_IN
    assert (await alice.post(ACT)).status == LET_IN
    assert await alice.who() == "alicia"


async def _sessions(site: Site, *logins: str) -> list[Session]:
    people = [site.sandbox.world.account(login).id for login in logins]
    return [one for person in people for one in await site.stores.sessions.of(person)]
