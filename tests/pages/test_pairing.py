"""`/pair`: a code of one use signs an overlay in, for whoever made it; it is listed, and ends when they say so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.pages.pairing import WRONG
from app.store.sessions import digest
from tests.pages.signed import Guest, Site

ACT = "/api/decision/tests"
LET_IN = 400


@pytest.fixture
async def client(site: Site) -> AsyncIterator[Guest]:
    """An overlay that is not signed in."""
    async with site.browser() as made:
        yield made


async def code(browser: Guest) -> str:
    answer = await browser.post("/api/pair/code")
    assert answer.status == 201
    made: str = (await answer.json())["code"]
    return made


async def pair(client: Guest, typed: str, **said: Any) -> tuple[int, dict[str, Any]]:
    answer = await client.post("/api/pair", {"code": typed, "name": "laptop", **said}, Origin="")
    return answer.status, await answer.json()


async def acts(client: Guest, token: str) -> int:
    return (await client.post(ACT, Authorization=f"Bearer {token}", Origin="")).status


async def test_a_code_signs_an_overlay_in_which_is_listed_and_ends_at_once_when_it_is_revoked(
    site: Site, alice: Guest, client: Guest
) -> None:
    status, told = await pair(client, await code(alice))
    assert (status, told["login"], set(told)) == (201, "alice", {"token", "until", "login"})
    assert await acts(client, told["token"]) == LET_IN
    page = await (await alice.get("/pair")).text()
    assert "<bdi>laptop</bdi> (overlay)" in page
    (session,) = [one for one in await site.stores.sessions.of(await alice.id()) if one.name == "laptop"]
    answer = await alice.post("/api/sessions/revoke", {"session": session.id})
    assert (answer.status, session.id in (await answer.json())["sessions"]) == (200, False)
    assert await acts(client, told["token"]) == 401
    assert await alice.who() == "alice"


async def test_it_ends_after_eight_hours(site: Site, alice: Guest, client: Guest) -> None:
    _, told = await pair(client, await code(alice))
    await site.later(8 * 3_600)
    assert await acts(client, told["token"]) == 401


async def test_a_code_is_good_once_and_for_five_minutes(site: Site, alice: Guest, client: Guest) -> None:
    used = await code(alice)
    assert (await pair(client, used))[0] == 201
    assert (await pair(client, used))[0] == 404
    late = await code(alice)
    await site.later(301)
    assert (await pair(client, late))[0] == 404


async def test_whoever_guesses_is_stopped_and_nobody_is_let_in_meanwhile(alice: Guest, client: Guest) -> None:
    right = await code(alice)
    answers = [(await pair(client, f"GUES-SING-{n:04d}"))[0] for n in range(WRONG + 2)]
    assert answers == [404] * 10 + [429, 429]
    assert (await pair(client, right))[0] == 429


async def test_codes_that_are_right_are_no_guesses(alice: Guest, client: Guest) -> None:
    for _ in range(WRONG + 2):
        assert (await pair(client, await code(alice)))[0] == 201


@pytest.mark.parametrize(
    ("body", "said", "status"),
    [
        ({"code": 7}, {}, 400),
        ("no JSON", {}, 400),
        ([], {}, 400),
        ({}, {}, 400),
        ({"code": "x" * 3_000}, {}, 413),
        ({"code": "x"}, {"Origin": "https://github.com"}, 403),
        ({"code": "x"}, {"Content-Type": "text/plain"}, 403),
        ({"code": "x"}, {}, 404),
    ],
)
async def test_what_is_no_code_is_refused(client: Guest, body: Any, said: dict[str, str], status: int) -> None:
    answer = await client.post("/api/pair", body, **{"Origin": "", **said})
    assert answer.status == status
    assert "error" in await answer.json()


async def test_an_overlay_lets_no_other_in_and_signs_nobody_else_out(site: Site, alice: Guest, client: Guest) -> None:
    _, told = await pair(client, await code(alice))
    said = {"Authorization": f"Bearer {told['token']}", "Origin": ""}
    assert (await client.post("/api/pair/code", **said)).status == 403
    browser, own = sorted(await site.stores.sessions.of(await alice.id()), key=lambda one: one.kind)
    assert (await client.post("/api/sessions/revoke", {"session": browser.id}, **said)).status == 403
    assert (await client.post("/api/sessions/revoke", {"session": own.id}, **said)).status == 200
    assert await acts(client, told["token"]) == 401


async def test_nobody_ends_a_session_of_somebody_else(site: Site, alice: Guest) -> None:
    async with site.browser() as bob:
        await bob.sign_in("bob")
        (theirs,) = await site.stores.sessions.of(await bob.id())
        assert (await alice.post("/api/sessions/revoke", {"session": theirs.id})).status == 404
        assert await bob.who() == "bob"


async def test_the_page_is_for_whoever_signed_in_and_names_nobody_else_s(site: Site, alice: Guest) -> None:
    async with site.browser() as bob:
        answer = await bob.get("/pair")
        assert (answer.status, answer.headers["Location"]) == (303, "/login?next=/pair")
        await bob.sign_in("bob")
        assert "alice" not in await (await bob.get("/pair")).text()


async def test_a_name_that_an_overlay_gave_itself_stays_text(alice: Guest, client: Guest) -> None:
    await pair(client, await code(alice), name="<script>hit()</script>\u202e" * 5)
    page = await (await alice.get("/pair")).text()
    assert "<script>hit" not in page
    assert "&lt;script&gt;hit" in page
    assert "\u202e" not in page


async def test_a_code_of_somebody_who_signed_out_is_nobody_s(alice: Guest, client: Guest) -> None:
    made = await code(alice)
    assert (await alice.post("/logout")).status == 204
    assert (await pair(client, made))[0] == 404


async def test_a_session_that_is_revoked_leaves_no_code_behind(site: Site, alice: Guest, client: Guest) -> None:
    async with site.browser() as thief:
        await thief.sign_in("alice")
        made, stolen = await code(thief), digest(thief.cookies()["maestro"])
        assert (await alice.post("/api/sessions/revoke", {"session": stolen})).status == 200
    assert (await pair(client, made))[0] == 404
    assert await alice.who() == "alice"


async def test_a_refused_refresh_leaves_no_code_behind(site: Site, alice: Guest, client: Guest) -> None:
    made = await code(alice)
    site.sandbox.revoke("alice")
    await alice.post(ACT)
    assert (await pair(client, made))[0] == 404
