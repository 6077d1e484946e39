"""Signing in with GitHub, whole, over real HTTP: what a browser is given, and what nobody gets by it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.pages.signed import Browser, Site, query, site


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as opened:
        yield opened


@pytest.fixture
async def browser(here: Site) -> AsyncIterator[Browser]:
    async with here.browser() as opened:
        yield opened


async def test_a_person_signs_in_and_goes_where_they_wanted(here: Site, browser: Browser) -> None:
    address = await browser.begin("/pair")
    asked = query(address)
    assert address.startswith(f"{here.sandbox.url}/login/oauth/authorize?")
    assert asked["redirect_uri"] == f"{here.url}/login/callback"
    assert (asked["code_challenge_method"], len(asked["code_challenge"])) == ("S256", 43)
    answer = await browser.get(await browser.agree(address, "alice"))
    assert (answer.status, answer.headers["Location"]) == (303, "/pair")
    assert set(browser.cookies()) == {"maestro"}, "the cookie of the sign-in is gone"
    assert await browser.who() == "alice"
    assert here.sandbox.sign_in.log == ["authorization_code"]


async def test_the_cookie_is_opaque_http_only_and_lax(browser: Browser) -> None:
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
async def test_nobody_is_sent_to_another_site(browser: Browser, wanted: str) -> None:
    answer = await browser.sign_in("alice", quote(wanted, safe=""))
    assert (answer.status, answer.headers["Location"]) == (303, "/")


async def test_a_sign_in_that_was_not_begun_here_is_none(here: Site, browser: Browser) -> None:
    back = await browser.agree(await browser.begin(), "alice")
    async with here.browser() as other:
        assert (await other.get(back)).status == 400, "no cookie"
        await other.begin()
        assert (await other.get(back)).status == 400, "the state of another sign-in"
        assert await other.who() == ""
    assert here.sandbox.sign_in.log == [], "GitHub was not asked"


async def test_a_sign_in_ends_once(here: Site, browser: Browser) -> None:
    back = await browser.agree(await browser.begin(), "alice")
    underway = browser.cookies()["maestro-login"]
    assert (await browser.get(back)).status == 303
    async with here.browser() as thief:
        answer = await thief.get(back, Cookie=f"maestro-login={underway}")
        assert answer.status == 400
    assert here.sandbox.sign_in.log == ["authorization_code"]


async def test_whoever_says_no_on_github_is_not_signed_in(browser: Browser) -> None:
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
    here: Site, browser: Browser, tmp_path: Path
) -> None:
    await browser.sign_in("alice")
    session = browser.cookies()["maestro"]
    tokens = [token for token in here.sandbox.world.tokens if token.startswith("ghu_")]
    secrets = [session, *tokens, *here.sandbox.world.renewals, here.sandbox.app.client_secret]
    assert len(secrets) == 4
    everything = kept_in(tmp_path)
    assert b"alice" in everything
    assert not [secret for secret in secrets if secret.encode() in everything]
