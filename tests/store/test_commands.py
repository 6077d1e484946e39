"""Commands as they are kept: known again by their key, ended once, and logged with what came of them."""

from __future__ import annotations

from dataclasses import replace

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
    await commands.end(replace(ASKED, state=Progress.REFUSED, said="no"), CAUSE)
    assert not await commands.refused_before(ASKED)
    second = replace(ASKED, id="3" * 32, key="bob k2", who="BOB")
    assert await commands.refused_before(second)
    assert not await commands.refused_before(replace(second, number=8))
    assert not await commands.refused_before(replace(second, who="carol"))
