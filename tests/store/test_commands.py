"""Commands as they are kept: known again by their key, ended once, and logged with what came of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import Cause, KeptCommand, Progress, Surface
from app.store.chain import Kind, entry_of
from app.store.commands import Commands
from app.store.provenance import Provenance

HEAD = "a" * 40
ASKED = KeptCommand("1" * 32, "bob k1", "Octo/shop", 7, HEAD, "retry", "", "Bob", Surface.CENTER, 1_764_000_000.0)
CAUSE = Cause("asked", "bob", "write", Surface.CENTER, HEAD)


async def test_of_two_with_one_key_the_first_counts(database: AsyncEngine) -> None:
    commands = Commands(database)
    first = await commands.ask(ASKED)
    again = await commands.ask(replace(ASKED, id="2" * 32, verb="rollback"))
    assert again == first
    assert (again.id, again.verb) == ("1" * 32, "retry")
    assert await commands.of_pull("octo/SHOP", 7) == [first]


async def test_it_ends_once_and_the_log_tells_who_asked_where_and_what_it_changed(database: AsyncEngine) -> None:
    commands = Commands(database)
    await commands.ask(ASKED)
    await commands.take_up(ASKED.id)
    done = replace(ASKED, state=Progress.DONE, said="`ci` runs again", before="run 4: failure", after="run 4: queued")
    ended = await commands.end(done, CAUSE)
    assert (ended.state, ended.role, ended.said) == (Progress.DONE, "write", "`ci` runs again")
    assert await commands.end(replace(done, state=Progress.FAILED), CAUSE) == ended
    await commands.take_up(ASKED.id)
    assert await commands.get(ASKED.id) == ended
    rows = [row async for batch in Provenance(database).rows() for row in batch]
    (entry,) = (entry_of(row[1]) for row in rows)
    assert (entry.kind, entry.what, entry.result) == (Kind.COMMAND, "retry", "ok")
    assert (entry.who, entry.role, entry.surface) == ("bob", "write", Surface.CENTER)
    assert (entry.before, entry.after) == ("run 4: failure", "run 4: queued")


async def test_a_second_refusal_of_the_same_person_is_known_as_that(database: AsyncEngine) -> None:
    commands = Commands(database)
    await commands.ask(ASKED)
    assert not await commands.refused_before(ASKED)
    await commands.end(replace(ASKED, state=Progress.REFUSED, said="no"), replace(CAUSE, role=""))
    assert not await commands.refused_before(ASKED)
    second = replace(ASKED, id="3" * 32, key="bob k2", who="BOB")
    assert await commands.refused_before(second)
    assert not await commands.refused_before(replace(second, number=8))
    assert not await commands.refused_before(replace(second, who="carol"))


async def test_what_is_asked_for_twice_by_one_person_is_pressed_once(database: AsyncEngine) -> None:
    commands = Commands(database)
    assert (await commands.press(ASKED, 10)).id == ASKED.id
    later = replace(ASKED, id="2" * 32, key="bob k2", who="bob", asked=ASKED.asked + 60)
    assert (await commands.press(later, 10)).id == ASKED.id, "it still goes on"
    others = [
        replace(later, id="3" * 32, key="k3", who="carol"),
        replace(later, id="4" * 32, key="k4", verb="rollback"),
        replace(later, id="5" * 32, key="k5", head_sha="b" * 40),
        replace(later, id="6" * 32, key="k6", surface=Surface.BUTTON),
    ]
    await commands.end(replace(ASKED, state=Progress.DONE, said="done"), CAUSE)
    soon, late = replace(later, asked=ASKED.asked + 10), replace(later, asked=ASKED.asked + 11)
    assert (await commands.press(soon, 10)).id == ASKED.id
    once_more = await commands.press(late, 10)
    assert once_more.id == late.id
    assert await commands.press(late, 10) == once_more, "its key is known"
    assert [(await commands.press(one, 10)).id for one in others] == [one.id for one in others]


async def test_what_came_in_between_makes_a_press_another_one(database: AsyncEngine) -> None:
    commands = Commands(database)
    said = replace(ASKED, verb="override", arguments="risk it was tried by hand")
    presses = [replace(said, id=f"{n:032x}", key=f"k{n}") for n in range(3)]

    async def done(one: KeptCommand, state: Progress = Progress.DONE) -> None:
        await commands.ask(one)
        await commands.end(replace(one, state=state, said="so"), CAUSE)

    await done(presses[0])
    await done(replace(said, id="a" * 32, key="explained", verb="explain", who="mallory"))
    await done(replace(said, id="b" * 32, key="refused", verb="rollback", who="mallory"), Progress.REFUSED)
    await done(replace(said, id="c" * 32, key="elsewhere", number=8))
    assert (await commands.press(presses[1], 10)).id == presses[0].id
    await done(replace(said, id="d" * 32, key="withdrawn", verb="override withdraw", arguments="risk"))
    assert (await commands.press(presses[1], 10)).id == presses[1].id
    assert (await commands.press(presses[2], 10)).id == presses[1].id, "it still goes on"


async def test_what_was_said_in_one_second_stands_in_the_order_it_came(database: AsyncEngine) -> None:
    commands = Commands(database)
    ids = ["c" * 32, "a" * 32, "d" * 32, "b" * 32]
    for n, one in enumerate(ids):
        await commands.ask(replace(ASKED, id=one, key=f"k{n}"))
    assert [one.id for one in await commands.of_pull("octo/shop", 7)] == ids[::-1]


async def test_of_many_presses_at_once_one_counts(database: AsyncEngine) -> None:
    commands = Commands(database)
    presses = [replace(ASKED, id=f"{n:032x}", key=f"bob k{n}") for n in range(8)]
    assert len({(await one).id for one in [asyncio.create_task(commands.press(each, 10)) for each in presses]}) == 1
    assert len(await commands.of_pull("octo/shop", 7)) == 1


async def test_who_was_refused_for_another_reason_than_their_role_has_not_been_told_of_it(
    database: AsyncEngine,
) -> None:
    commands = Commands(database)
    await commands.ask(ASKED)
    await commands.end(replace(ASKED, state=Progress.REFUSED, said="the head moved"), CAUSE)
    assert not await commands.refused_before(replace(ASKED, id="3" * 32, key="bob k2"))


async def test_what_a_card_shows_has_ended_was_asked_by_who_may_and_did_more_than_answer(database: AsyncEngine) -> None:
    commands = Commands(database)
    every = [replace(ASKED, id=f"{n:032x}", key=f"k{n}") for n in range(5)]
    every[3] = replace(every[3], verb="explain")
    for one in every:
        await commands.ask(one)
    for one, role in zip(every[:4], ("write", "write", "", "write"), strict=True):
        state = Progress.REFUSED if role == "" else Progress.DONE
        await commands.end(replace(one, state=state, said="so"), replace(CAUSE, role=role))
    newest = await commands.ended("octo/SHOP", 7)
    assert [one.id for one in newest] == [every[1].id, every[0].id]
    assert [one.id for one in await commands.ended("octo/shop", 7, most=1)] == [every[1].id]
    assert await commands.ended("octo/shop", 8) == []


async def test_what_has_no_answer_is_found_once_nobody_has_touched_it_for_a_while(database: AsyncEngine) -> None:
    clock = [1_000.0]
    commands = Commands(database, now=lambda: round(clock[0] * 1e6))
    first, second, over = (replace(ASKED, id=str(n) * 32, key=f"k{n}") for n in (1, 2, 3))
    for clock[0], one in ((1_000.0, second), (1_010.0, first), (1_020.0, over)):
        await commands.ask(one)
    await commands.end(replace(over, state=Progress.REFUSED, said="no"), CAUSE)
    assert [one.id for one in await commands.left(2_000.0)] == [second.id, first.id]
    assert [one.id for one in await commands.left(1_005.0)] == [second.id]
    clock[0] = 1_500.0
    await commands.take_up(second.id)
    assert [(one.id, one.state) for one in await commands.left(2_000.0)] == [
        (first.id, Progress.PENDING),
        (second.id, Progress.RUNNING),
    ]
    assert [one.id for one in await commands.left(2_000.0, most=1)] == [first.id]


@pytest.mark.parametrize(
    ("verb", "arguments", "state", "what"),
    [
        ("retry", "impl@medium", Progress.DONE, "retry impl@medium"),
        ("retry", "impl@huge @octo", Progress.REFUSED, "retry impl@huge"),
        ("retry", "<img> impl", Progress.REFUSED, "retry"),
        ("override", "risk 1a2b3c4 it was tried\nby hand", Progress.DONE, "override risk 1a2b3c4 it was tried by hand"),
        ("override", "risk 1a2b3c4 it was tried by hand", Progress.REFUSED, "override risk 1a2b3c4"),
        ("override withdraw", "risk 1a2b3c4", Progress.REFUSED, "override withdraw risk 1a2b3c4"),
        ("disagree", "p95 a load test ran", Progress.DONE, "disagree"),
        ("explain", "whatever I say", Progress.REFUSED, "explain"),
        ("rollback", "x" * 65, Progress.REFUSED, "rollback"),
    ],
)
async def test_the_log_names_what_it_was_about_and_why_a_check_was_overridden_and_quotes_nothing_else(
    database: AsyncEngine, verb: str, arguments: str, state: Progress, what: str
) -> None:
    commands = Commands(database)
    asked = await commands.ask(replace(ASKED, verb=verb, arguments=arguments))
    await commands.end(replace(asked, state=state, said="so"), CAUSE)
    rows = [row async for batch in Provenance(database).rows() for row in batch]
    assert [entry_of(row[1]).what for row in rows] == [what]


async def test_answers_are_counted_by_person_and_pull_request(database: AsyncEngine) -> None:
    commands = Commands(database)
    explains = [replace(ASKED, id=f"{n:032x}", key=f"k{n}", verb="explain", asked=ASKED.asked + n) for n in range(3)]
    for one in [
        *explains,
        replace(ASKED, id="a" * 32, key="other"),
        replace(explains[0], id="b" * 32, key="r", who="x"),
    ]:
        await commands.ask(one)
    assert await commands.answered(explains[2], ASKED.asked) == 2
    assert await commands.answered(explains[2], ASKED.asked + 1) == 1
    assert await commands.answered(replace(explains[2], number=8), ASKED.asked) == 0
