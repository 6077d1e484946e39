"""Signing in with GitHub, whole, over real HTTP: what a browser is given, and what nobody gets by it."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
import structlog

from app.github.sandbox.faults import PrimaryExhausted, ServerError, Unreachable
from tests.pages.signed import Guest, Site, query


@pytest.fixture
async def browser(site: Site) -> AsyncIterator[Guest]:
    async with site.browser() as opened:
        yield opened


async def test_a_person_signs_in_and_goes_where_they_wanted(site: Site, browser: Guest) -> None:
    address = await browser.begin("/pair")
    asked = query(address)
    assert address.startswith(f"{site.sandbox.url}/login/oauth/authorize?")
    assert asked["redirect_uri"] == f"{site.url}/login/callback"
    assert (asked["code_challenge_method"], len(asked["code_challenge"])) == ("S256", 43)
    answer = await browser.get(await browser.agree(address, "alice"))
    assert (answer.status, answer.headers["Location"]) == (303, "/pair")
    assert set(browser.cookies()) == {"maestro"}, "the cookie of the sign-in is gone"
    assert await browser.who() == "alice"
    assert site.sandbox.sign_in.log == ["authorization_code"]


async def test_the_cookie_is_opaque_http_only_and_lax(browser: Guest) -> None:
    answer = await browser.sign_in("alice")
    (said,) = [one for one in answer.headers.getall("Set-Cookie") if one.startswith("maestro=mss_")]
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(said.split("; "))
    assert "Domain" not in said


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n",
        "",
        "x",
    ],
)
async def test_nobody_is_sent_to_another_site(browser: Guest, wanted: str) -> None:
    answer = await browser.sign_in("alice", quote(wanted, safe=""))
    assert (answer.status, answer.headers["Location"]) == (303, "/")


async def test_a_sign_in_that_was_not_begun_here_is_none(site: Site, browser: Guest) -> None:
    back = await browser.agree(await browser.begin(), "alice")
    async with site.browser() as other:
        assert (await other.get(back)).status == 400, "no cookie"
        await other.begin()
        assert (await other.get(back)).status == 400, "the state of another sign-in"
        await other.begin()
        assert (await other.get(back.partition("&state=")[0])).status == 400, "no state"
        assert await other.who() == ""
    assert site.sandbox.sign_in.log == [], "GitHub was not asked"


async def test_a_sign_in_ends_once(site: Site, browser: Guest) -> None:
    back = await browser.agree(await browser.begin(), "alice")
    underway = browser.cookies()["maestro-login"]
    assert (await browser.get(back)).status == 303
    async with site.browser() as thief:
        answer = await thief.get(back, Cookie=f"maestro-login={underway}")
        assert answer.status == 400
    assert site.sandbox.sign_in.log == ["authorization_code"]


async def test_whoever_says_no_on_github_is_not_signed_in(browser: Guest) -> None:
    address = await browser.begin()
    back = await browser.agree(f"{address}&deny=1", "alice")
    assert query(back)["error"] == "access_denied"
    answer = await browser.get(back)
    assert (answer.status, "maestro" in browser.cookies()) == (403, False)


def kept_in(directory: Path) -> bytes:
    """Every byte of the database."""
    with sqlite3.connect(directory / "maestro.db") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return b"".join(file.read_bytes() for file in directory.glob("maestro.db*"))


async def test_no_token_and_no_session_stands_in_the_database_in_clear(
    site: Site, browser: Guest, tmp_path: Path
) -> None:
    await browser.sign_in("alice")
    session = browser.cookies()["maestro"]
    tokens = [token for token in site.sandbox.world.tokens if token.startswith("ghu_")]
    secrets = [session, *tokens, *site.sandbox.world.renewals, site.sandbox.app.client_secret]
    assert len(secrets) == 4
    everything = kept_in(tmp_path)
    assert b"alice" in everything
    assert not [secret for secret in secrets if secret.encode() in everything]


async def test_each_sign_in_has_a_session_of_its_own_and_the_one_before_is_over(site: Site, alice: Guest) -> None:
    planted = alice.cookies()["maestro"]
    await alice.sign_in("bob")
    assert alice.cookies()["maestro"] != planted
    assert await alice.who() == "bob"
    async with site.browser() as other:
        other.session.cookie_jar.update_cookies({"maestro": planted}, other.at("/"))
        assert await other.who() == ""


async def test_a_session_that_somebody_made_up_is_none_and_is_not_taken_over(site: Site, browser: Guest) -> None:
    browser.session.cookie_jar.update_cookies({"maestro": "mss_chosen-by-somebody"}, browser.at("/"))
    assert await browser.who() == ""
    await browser.sign_in("alice")
    assert browser.cookies()["maestro"] != "mss_chosen-by-somebody"


async def test_the_sign_in_ends_after_ten_minutes(site: Site, browser: Guest) -> None:
    shown = await browser.get("/login")
    (cookie,) = shown.headers.getall("Set-Cookie")
    assert {"Max-Age=600", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "state" not in cookie


async def test_github_that_is_away_signs_nobody_in(site: Site, browser: Guest) -> None:
    back = await browser.agree(await browser.begin(), "alice")
    site.sandbox.faults.add(PrimaryExhausted(), path="/user")
    assert (await browser.get(back)).status == 502
    assert "maestro" not in browser.cookies()


async def test_signing_out_here_leaves_the_others_and_the_last_takes_githubs_token_back(
    site: Site, alice: Guest
) -> None:
    async with site.browser() as other:
        await other.sign_in("alice")
        assert (await alice.post("/logout")).status == 204
        assert (await alice.who(), await other.who()) == ("", "alice")
        assert not [one for one in site.sandbox.requests if one.method == "DELETE"]
        assert (await other.post("/logout")).status == 204
    (taken,) = [one for one in site.sandbox.requests if one.method == "DELETE"]
    assert (taken.operation, taken.status) == ("apps/delete-token", 204)
    assert await site.stores.people.get(site.sandbox.world.account("alice").id) is None


async def test_one_can_sign_out_while_github_is_away(site: Site, alice: Guest) -> None:
    site.sandbox.faults.add(Unreachable(), times=None)
    assert (await alice.post("/logout")).status == 204
    assert await alice.who() == ""


async def test_no_log_line_holds_a_code_a_token_or_a_session(site: Site, written: io.StringIO) -> None:
    async with site.browser() as browser:
        back = await browser.agree(await browser.begin(), "alice")
        await browser.get(back)
        session = browser.cookies()["maestro"]
        await site.later(7.95 * 3_600)
        site.sandbox.faults.add(ServerError(), path="/login/oauth/access_token", times=None)
        assert (await browser.post("/api/decision/tests")).status == 503
    structlog.get_logger("here").error("page.database", error=f"cookie maestro={session}", path="/x")
    said = written.getvalue()
    assert "page.database" in said
    assert not [secret for secret in (query(back)["code"], session, *site.sandbox.world.tokens) if secret in said]
