"""Who signed in, and on what: on both databases."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.asked_tables import pairings
from app.store.asked_tables import sessions as table
from app.store.people import People, Person
from app.store.sessions import BROWSER, OVERLAY, Sessions, digest

HOUR, DAY = 3_600.0, 86_400.0
ALICE = Person(7, "alice", b"access", 100.0, b"refresh", 200.0)
BOB = Person(8, "bob", b"other", 100.0, b"other refresh", 200.0)


@dataclass
class Kept:
    """Both tables, and the time in epoch seconds."""

    people: People
    sessions: Sessions
    at: float = 1_700_000_000.0


@pytest.fixture
async def kept(database: AsyncEngine) -> Kept:
    def now() -> int:
        return round(made.at * 1e6)

    made = Kept(People(database, now), Sessions(database, now))
    await made.people.keep(ALICE)
    await made.people.keep(BOB)
    return made


async def test_a_person_is_kept_once_and_as_they_are_now(kept: Kept) -> None:
    again = Person(7, "alicia", b"newer", 300.5, b"newer refresh", 400.0)
    await kept.people.keep(again)
    assert await kept.people.get(7) == again
    assert await kept.people.get(9) is None


async def test_new_keys_take_the_place_of_those_that_they_renew_and_of_no_others(kept: Kept) -> None:
    first = Person(7, "alice", b"a2", 300.0, b"r2", 400.0)
    assert await kept.people.renew(ALICE, first)
    assert not await kept.people.renew(ALICE, Person(7, "alice", b"a3", 300.0, b"r3", 400.0))
    assert await kept.people.get(7) == first
    await kept.people.forget(7)
    assert not await kept.people.renew(first, first), "who signed out does not come back by it"
    assert await kept.people.get(7) is None


async def test_a_session_is_found_by_what_its_holder_shows_and_that_is_not_kept(
    kept: Kept, database: AsyncEngine
) -> None:
    secret, until = await kept.sessions.begin(7, BROWSER, "Firefox")
    found = await kept.sessions.get(secret)
    assert found is not None
    assert (found.person, found.login, found.kind, found.name) == (7, "alice", BROWSER, "Firefox")
    assert (found.made, found.until) == (kept.at, until)
    assert await kept.sessions.get(secret[:-1]) is None
    assert await kept.sessions.get(found.id) is None, "its id opens nothing"
    async with database.connect() as connection:
        row = (await connection.execute(select(table))).one()
    assert secret not in row
    assert row.hash == digest(secret)


async def test_a_browser_is_signed_out_after_eight_idle_hours_or_seven_days(kept: Kept) -> None:
    idle, _ = await kept.sessions.begin(7, BROWSER, "idle")
    busy, _ = await kept.sessions.begin(7, BROWSER, "busy")
    for _ in range(7 * 4):
        kept.at += 6 * HOUR - 1
        assert await kept.sessions.get(busy) is not None
    assert await kept.sessions.get(idle) is None
    kept.at += 6 * HOUR
    assert await kept.sessions.get(busy) is None
    assert await kept.sessions.of(7) == []


async def test_an_overlay_is_signed_out_after_eight_hours_however_busy(kept: Kept) -> None:
    secret, until = await kept.sessions.begin(7, OVERLAY, "extension")
    assert until == kept.at + 8 * HOUR
    kept.at += 7.9 * HOUR
    assert await kept.sessions.get(secret) is not None
    kept.at += 0.1 * HOUR
    assert await kept.sessions.get(secret) is None


async def test_only_its_owner_ends_a_session_and_others_stay(kept: Kept) -> None:
    mine, _ = await kept.sessions.begin(7, BROWSER, "mine")
    theirs, _ = await kept.sessions.begin(8, BROWSER, "theirs")
    assert not await kept.sessions.end(7, digest(theirs))
    assert await kept.sessions.end(7, digest(mine))
    assert not await kept.sessions.end(7, digest(mine))
    assert await kept.sessions.get(mine) is None
    assert await kept.sessions.get(theirs) is not None


async def test_a_session_that_ends_takes_the_code_of_its_owner_along_and_nobody_elses(kept: Kept) -> None:
    mine, _ = await kept.sessions.begin(7, BROWSER, "mine")
    theirs, _ = await kept.sessions.begin(8, BROWSER, "theirs")
    made, bobs = await kept.sessions.code(7), await kept.sessions.code(8)
    assert not await kept.sessions.end(7, digest(theirs)), "which ends no code either"
    assert await kept.sessions.end(7, digest(mine))
    assert await kept.sessions.redeem(made.text) is None
    assert await kept.sessions.redeem(bobs.text) == 8


async def test_whoever_is_forgotten_leaves_nothing(kept: Kept, database: AsyncEngine) -> None:
    secret, _ = await kept.sessions.begin(7, BROWSER, "mine")
    await kept.sessions.code(7)
    other, _ = await kept.sessions.begin(8, BROWSER, "theirs")
    await kept.people.forget(7)
    assert await kept.people.get(7) is None
    assert await kept.sessions.get(secret) is None
    assert await kept.sessions.get(other) is not None
    async with database.connect() as connection:
        assert (await connection.execute(select(pairings))).all() == []
        assert [row.person for row in await connection.execute(select(table))] == [8]


async def test_what_has_ended_is_forgotten_and_so_is_whoever_is_signed_in_on_nothing(
    kept: Kept, database: AsyncEngine
) -> None:
    await kept.sessions.begin(7, BROWSER, "idle")
    await kept.sessions.code(7)
    kept.at += 7 * HOUR
    busy, _ = await kept.sessions.begin(8, BROWSER, "busy")
    kept.at += 2 * HOUR
    await kept.sessions.prune()
    async with database.connect() as connection:
        assert [row.person for row in await connection.execute(select(table))] == [8]
        assert (await connection.execute(select(pairings))).all() == []
    assert await kept.people.get(7) is None
    assert await kept.people.get(8) is not None
    assert await kept.sessions.get(busy) is not None


async def test_whoever_is_just_signing_in_is_not_forgotten(kept: Kept) -> None:
    await kept.sessions.prune()
    assert await kept.people.get(7) is not None


async def test_a_code_is_good_once_for_five_minutes_however_it_is_typed(kept: Kept, database: AsyncEngine) -> None:
    code = await kept.sessions.code(7)
    assert (len(code.text), code.until) == (14, kept.at + 300)
    async with database.connect() as connection:
        assert code.text.replace("-", "") not in (await connection.execute(select(pairings))).one()
    typed = code.text.replace("-", " ").lower() + "\n"
    assert await kept.sessions.redeem(typed) == 7
    assert await kept.sessions.redeem(code.text) is None
    late = await kept.sessions.code(7)
    kept.at += 300
    assert await kept.sessions.redeem(late.text) is None


async def test_a_newer_code_of_the_same_person_takes_the_older_back(kept: Kept) -> None:
    older, bobs, newer = await kept.sessions.code(7), await kept.sessions.code(8), await kept.sessions.code(7)
    assert await kept.sessions.redeem(older.text) is None
    assert await kept.sessions.redeem(newer.text) == 7
    assert await kept.sessions.redeem(bobs.text) == 8
