import asyncio
import gc
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.address import Address, address, default_url
from app.store.database import AnotherWorker, connect, migrate, reading, sole_worker
from app.store.inbox import Inbox
from tests.storage import laid


@pytest.mark.parametrize(
    ("name", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("busy_timeout", 4_000), ("foreign_keys", 1)]
)
async def test_an_sqlite_file_is_opened_safely(tmp_path: Path, name: str, value: object) -> None:
    engine = connect(address(f"sqlite:///{tmp_path / 'a.db'}").main)
    async with engine.connect() as connection:
        assert (await connection.execute(text(f"PRAGMA {name}"))).scalar_one() == value
    await engine.dispose()


async def test_the_directory_of_the_file_is_made(tmp_path: Path) -> None:
    engine = connect(address(default_url(tmp_path / "data home")).main)
    await migrate(engine)
    await engine.dispose()
    assert (tmp_path / "data home" / "maestro" / "maestro.db").exists()


def test_two_workers_on_one_file_are_refused(tmp_path: Path) -> None:
    with sole_worker(tmp_path / "a.db"), pytest.raises(AnotherWorker), sole_worker(tmp_path / "a.db"):
        pass
    with sole_worker(tmp_path / "a.db"):
        pass


async def test_an_error_of_the_database_does_not_quote_what_was_being_stored(database: AsyncEngine) -> None:
    insert = text("INSERT INTO tokens (repository, digest, created_at) VALUES (:r, :d, 0)")
    async with database.begin() as connection:
        await connection.execute(insert, {"r": "o/r", "d": "hunter2"})
    async with database.connect() as connection:
        with pytest.raises(IntegrityError) as refused:
            await connection.execute(insert, {"r": "o/r", "d": "hunter2"})
    assert "hunter2" not in str(refused.value)


async def test_writers_of_two_processes_take_turns(database: AsyncEngine, either: Address) -> None:
    second = connect(either.main)
    inboxes = [Inbox(database), Inbox(second)]  # each with a connection of its own
    fresh = await asyncio.gather(*(inboxes[n % 2].keep(f"guid-{n}", "ping", b"{}") for n in range(60)))
    assert fresh == [True] * 60
    await asyncio.gather(*(inbox.close() for inbox in inboxes))
    async with second.connect() as connection:
        rows = (await connection.execute(text("SELECT count(*), count(DISTINCT id) FROM deliveries"))).one()
    assert tuple(rows) == (60, 60)
    await second.dispose()


async def test_nor_can_a_row_of_it_be_replaced(tmp_path: Path) -> None:
    engine = connect(laid(tmp_path).main)
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO provenance (seq, entry, hash) VALUES (1, '{}', 'a')"))
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="append-only"):
            await connection.execute(text("INSERT OR REPLACE INTO provenance (seq, entry, hash) VALUES (1, '{}', 'b')"))
    await engine.dispose()


@pytest.mark.parametrize("statement", ["UPDATE provenance SET hash = 'x'", "DELETE FROM provenance"])
async def test_the_provenance_log_cannot_be_rewritten_through_sql(database: AsyncEngine, statement: str) -> None:
    async with database.begin() as connection:
        await connection.execute(text("INSERT INTO provenance (seq, entry, hash) VALUES (1, '{}', 'a')"))
    async with database.connect() as connection:
        with pytest.raises(DBAPIError, match="append-only"):
            await connection.execute(text(statement))


@contextmanager
def uncollected() -> Iterator[None]:
    """Python collects no cycles meanwhile: whoever lets go of something only then holds it for an unknown time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def writer(file: Path, seconds: float = 0.0) -> closing[sqlite3.Connection]:
    """Somebody else who writes the file, and waits so long for it."""
    return closing(sqlite3.connect(file, isolation_level=None, timeout=seconds))


async def cut_off(engine: AsyncEngine) -> None:
    """Read several rows, and be cancelled while SQLite looks for the first."""
    looking, cancelled = threading.Event(), threading.Event()

    def stops() -> int:
        looking.set()
        cancelled.wait(10)
        return 1

    async def read() -> None:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT stops() FROM sqlite_master"))

    event.listen(engine.sync_engine, "connect", lambda made, _record: made.create_function("stops", 0, stops))
    task = asyncio.create_task(read())
    assert await asyncio.to_thread(looking.wait, 10)
    task.cancel()
    await asyncio.sleep(0)
    cancelled.set()
    with suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def test_whoever_is_cancelled_while_reading_leaves_no_lock_behind(tmp_path: Path) -> None:
    where = laid(tmp_path)
    engine = connect(where.main)
    with uncollected():
        await cut_off(engine)
        with writer(tmp_path / "maestro.db", 1.0) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
    await engine.dispose()


async def test_nor_do_they_keep_an_old_state_from_being_let_go_of(tmp_path: Path) -> None:
    """What a forgotten reader sees cannot be overwritten: the file beside the database would grow and grow."""
    engine = reading(laid(tmp_path).main)
    with uncollected(), writer(tmp_path / "maestro.db", 1.0) as other:
        other.execute("INSERT INTO provenance (seq, entry, hash) VALUES (1, '{}', 'a')")
        await cut_off(engine)
        other.execute("INSERT INTO provenance (seq, entry, hash) VALUES (2, '{}', 'b')")
        busy, _, _ = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert not busy
    await engine.dispose()


async def test_whoever_only_reads_waits_for_no_writer_and_no_writer_for_them(tmp_path: Path) -> None:
    engine = reading(laid(tmp_path).main)
    rows = text("SELECT count(*) FROM provenance")
    with writer(tmp_path / "maestro.db") as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO provenance (seq, entry, hash) VALUES (1, '{}', 'a')")
        async with engine.connect() as connection:
            assert (await connection.execute(rows)).scalar_one() == 0
            other.execute("COMMIT")
            assert (await connection.execute(rows)).scalar_one() == 0  # as it was when they began
        async with engine.connect() as connection:
            assert (await connection.execute(rows)).scalar_one() == 1
    await engine.dispose()


async def test_and_can_write_nothing(tmp_path: Path) -> None:
    engine = reading(laid(tmp_path).main)
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="readonly"):
            await connection.execute(text("INSERT INTO provenance (seq, entry, hash) VALUES (1, '{}', 'a')"))
    await engine.dispose()
