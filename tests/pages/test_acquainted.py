"""Two web processes over one database: a refresh token is good once, and whoever was slower signs nobody out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from app.github.client import GitHub
from app.github.exchange import Wire
from app.github.user import Flow, whoami
from app.pages.acquainted import Acquaintances, Gone, Sealers
from app.pages.cookies import Home
from app.pages.visiting import Guests
from app.pages.visitors import Visitor
from tests.pages.signed import Guest, Site

HOUR = 3_600.0


@asynccontextmanager
async def process(site: Site) -> AsyncIterator[Acquaintances]:
    """One more of them."""
    app, secret = site.sandbox.app, "".join(site.settings.private_key.get_secret_value().split())
    async with aiohttp.ClientSession() as session:
        wire = Wire(session, total=5.0, connect=5.0)
        flow = Flow(app.client_id, app.client_secret, site.sandbox.url, site.sandbox.url, wire)
        github = GitHub(None, session, api_url=site.sandbox.url)
        yield Acquaintances(github, flow, site.stores.people, Sealers.of(secret))


@pytest.fixture
async def two(site: Site, alice: Guest) -> AsyncIterator[tuple[Acquaintances, Acquaintances]]:
    async with process(site) as one, process(site) as other:
        yield one, other


async def test_whoever_was_slower_takes_what_the_quicker_one_got(
    site: Site, alice: Guest, two: tuple[Acquaintances, Acquaintances]
) -> None:
    person = await alice.id()
    await site.later(7.95 * HOUR)
    before = await site.stores.people.get(person)
    assert before is not None
    one, other = two
    assert (await one.ask(person, whoami)).login == "alice"
    renewed = await other._renewed(before)  # it had read the row before
    assert renewed == await site.stores.people.get(person)
    assert (await other.ask(person, whoami)).login == "alice"


async def test_whoever_left_while_a_token_was_renewed_stays_away_and_the_new_one_is_taken_back(
    site: Site, alice: Guest, two: tuple[Acquaintances, Acquaintances]
) -> None:
    person = await alice.id()
    await site.later(7.95 * HOUR)
    before = await site.stores.people.get(person)
    assert before is not None
    await site.stores.people.forget(person)
    with pytest.raises(Gone):
        await two[0]._renewed(before)
    assert await site.stores.people.get(person) is None
    assert [token for token in site.sandbox.world.tokens if token.startswith("ghu_")] == []


async def test_a_list_holds_what_both_see_and_is_asked_for_once_a_minute(
    site: Site, alice: Guest, two: tuple[Acquaintances, Acquaintances]
) -> None:
    guests = Guests(Home(site.url), site.stores.sessions, two[0], b"of the tests")
    visitor = Visitor(await alice.id(), "alice", overlay=False, csrf="")
    for _ in range(3):
        assert await guests.repositories(visitor) == {"octo/shop": site.shop.state.id}
    asked = [one.path for one in site.sandbox.requests if one.path.startswith("/user/installations")]
    assert len(asked) == len(set(asked)) == 2
    assert await guests.repositories(Visitor(999, "nobody", overlay=False, csrf="")) == {}
