"""The log on both databases."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import Cause, Seal
from app.store import provenance
from app.store.address import Address
from app.store.chain import GENESIS, ProvenanceEntry, entry_of
from app.store.database import connect
from app.store.decisions import Decisions
from app.store.effects import Effect, Effects
from app.store.provenance import Provenance
from app.store.tampering import Row
from tests.storage import laid
from tests.store.logs import HEAD, entry, replaced, seal, unguarded


@pytest.fixture
def log(database: AsyncEngine) -> Provenance:
    return Provenance(database)


@pytest.fixture
async def elsewhere(either: Address) -> AsyncIterator[AsyncEngine]:
    """The same database, as another process has it open."""
    engine = connect(either.main)
    yield engine
    await engine.dispose()


async def rows(log: Provenance, since: int = 1) -> list[Row]:
    return [row async for batch in log.rows(since) for row in batch]


async def entries(log: Provenance) -> list[ProvenanceEntry]:
    return [entry_of(row[1]) for row in await rows(log)]


async def test_an_empty_log_is_intact_and_its_head_is_the_beginning(log: Provenance) -> None:
    report = await log.verify()
    assert (report.rows, report.head, report.flaws) == (0, Seal(0, GENESIS), ())
    assert await log.head() == Seal(0, GENESIS)
    assert await log.append([]) == []


async def test_entries_come_back_in_their_order_with_their_seals(log: Provenance) -> None:
    first = await log.append([entry(1), entry(2)])
    second = await log.append([entry(3)])
    assert [one.seq for one in (*first, *second)] == [1, 2, 3]
    assert [one.number for one in await entries(log)] == [1, 2, 3]
    assert [seal(row) for row in await rows(log)] == [*first, *second]
    assert await log.head() == second[0]
    report = await log.verify([*first, *second])
    assert (report.rows, report.head, report.flaws) == (3, second[0], ())


async def test_what_no_database_could_store_is_stored_all_the_same(log: Provenance) -> None:
    await log.append([entry(what="a\0b\ud800c\N{PILE OF POO}'\"\\")])
    assert [one.what for one in await entries(log)] == ["a\0b?c\N{PILE OF POO}'\"\\"]
    assert (await log.verify()).flaws == ()


async def test_a_log_of_many_batches_is_read_to_its_end(log: Provenance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "BATCH", 3)
    await log.append([entry(number) for number in range(1, 9)])
    seen: list[int] = []
    assert (await log.verify(progress=seen.append)).flaws == ()
    assert seen == [3, 6, 8]
    assert [row[0] for row in await rows(log, 5)] == [5, 6, 7, 8]


async def test_an_entry_shares_the_fate_of_its_transaction(database: AsyncEngine, log: Provenance) -> None:
    async with database.connect() as connection:
        await provenance.append(connection, [entry()])
        await connection.rollback()
    assert await log.head() == Seal(0, GENESIS)


async def test_who_append_at_once_keep_one_chain(log: Provenance, elsewhere: AsyncEngine) -> None:
    logs = [log, Provenance(elsewhere)]
    seals = await asyncio.gather(*(logs[n % 2].append([entry(n), entry(n)]) for n in range(60)))
    assert sorted(one.seq for pair in seals for one in pair) == list(range(1, 121))
    assert all(pair[1].seq == pair[0].seq + 1 for pair in seals)
    report = await log.verify([one for pair in seals for one in pair])
    assert (report.rows, report.flaws) == (120, ())


async def test_a_reader_does_not_mind_that_the_log_grows(log: Provenance, elsewhere: AsyncEngine) -> None:
    await log.append([entry(number) for number in range(200)])
    growing = asyncio.gather(*(Provenance(elsewhere).append([entry()]) for _ in range(20)))
    assert (await log.verify()).flaws == ()
    await growing


@pytest.mark.parametrize("seq", [1, 3, 5])
async def test_rows_changed_past_the_triggers_are_named(database: AsyncEngine, log: Provenance, seq: int) -> None:
    seals = await log.append([entry(number) for number in range(1, 6)])
    sound = await rows(log)
    await unguarded(database)
    async with database.begin() as connection:
        edit = text("UPDATE provenance SET entry = replace(entry, 'ship', 'hold') WHERE seq = :seq")
        await connection.execute(edit, {"seq": seq})
    assert [flaw.row for flaw in (await log.verify()).flaws] == [seq]
    await replaced(database, [row for row in sound if row[0] != seq])
    assert [flaw.row for flaw in (await log.verify(seals)).flaws] == [seq]
    await replaced(database, sound)
    assert (await log.verify(seals)).flaws == ()


async def test_what_sqlite_keeps_though_it_is_no_text_is_named_and_stops_nobody(tmp_path: Path) -> None:
    database = connect(laid(tmp_path).main)
    log = Provenance(database)
    await log.append([entry(number) for number in range(1, 6)])
    await unguarded(database)
    async with database.begin() as connection:
        await connection.execute(text("UPDATE provenance SET entry = CAST(x'ff00' AS TEXT) WHERE seq = 2"))
        await connection.execute(text("UPDATE provenance SET hash = 5 WHERE seq = 4"))
    assert [flaw.row for flaw in (await log.verify()).flaws] == [2, 4]
    await database.dispose()


async def test_a_decision_and_its_entry_are_kept_together(database: AsyncEngine, log: Provenance) -> None:
    cause = Cause("pull_request.opened", "alice", config_digest="5e" * 32)
    kept = await Decisions(database).keep("Octo/Shop", 7, HEAD, "hold", b"record", cause)
    (logged,) = await entries(log)
    assert (logged.kind, logged.what, logged.repository, logged.number) == ("decision", "hold", "Octo/Shop", 7)
    assert (logged.who, logged.reason, logged.config_digest) == ("alice", "pull_request.opened", "5e" * 32)
    assert logged.record_digest == hashlib.sha256(b"record").hexdigest()
    assert (kept.cause.decision_id, kept.cause.head_sha) == (logged.decision_id, HEAD)
    assert kept.seal == await log.head()


async def test_a_decision_that_cannot_be_logged_is_not_kept(database: AsyncEngine, log: Provenance) -> None:
    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE provenance RENAME TO gone"))
    with pytest.raises(Exception, match="provenance"):
        await Decisions(database).keep("o/r", 7, HEAD, "ship", b"record", Cause())
    assert await Decisions(database).latest("o/r", 7) is None


async def test_what_no_longer_counts_is_logged_for_each_head(database: AsyncEngine, log: Provenance) -> None:
    await Decisions(database).keep("o/r", 7, HEAD, "ship", b"record", Cause())
    await Decisions(database).void("o/r", 7, Cause("no rules"))
    assert [(one.what, one.reason, one.head_sha) for one in await entries(log)][1:] == [("silence", "no rules", HEAD)]


async def test_an_effect_and_its_entry_are_kept_together(database: AsyncEngine, log: Provenance) -> None:
    effects = Effects(database)
    await effects.record("o/r#7/card", Effect(1, "digest"), entry())
    await effects.record("o/r#7/card", Effect(1, "other"))
    assert len(await entries(log)) == 1
    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE provenance RENAME TO gone"))
    with pytest.raises(Exception, match="provenance"):
        await effects.record("o/r#7/card", Effect(2, "newest"), entry())
    assert await effects.get("o/r#7/card") == Effect(1, "other")
