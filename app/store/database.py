"""One database, opened safely: SQLite with a write-ahead log and full synchronisation, or PostgreSQL."""

from __future__ import annotations

import fcntl
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.store.address import SQLITE
from app.store.migrations import upgrade

Insert = sqlite.Insert | postgresql.Insert

SAFELY = ("busy_timeout=4000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
"""What each SQLite connection is told. FULL: a commit that was acknowledged outlives a power cut. Milliseconds: two
groups of webhooks may wait in a row for whoever holds the file, and GitHub gives up after ten seconds.
"""
_ONLY_READING = ("busy_timeout=4000", "query_only=ON")
_READERS = 4  # connections of a process that read one file beside each other

POSTGRES_ARGUMENTS: dict[str, Any] = {
    "connect_timeout": 2,  # seconds, the least that libpq takes
    "application_name": "maestro",
    "keepalives_idle": 5,  # a server that vanished without a word is noticed after about ten seconds
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
}
_MIGRATION_PATIENCE = 60.0  # seconds that a process waits for the others that migrate the same file
_POOL_PATIENCE = 5.0  # seconds to wait for a free connection: webhooks must be answered within ten


class AnotherWorker(OSError):
    """A worker already works on this database; two would do things twice."""


def connect(url: URL) -> AsyncEngine:
    """Open the database at `url`, an `app.store.address`; an SQLite file's directory is made when it is missing.

    Every SQLite transaction begins IMMEDIATE: a deferred one that later writes fails at once under contention,
    whatever the busy timeout says (sqlite.org/lang_transaction.html). Errors are logged, so they never quote what was
    being stored.
    """
    if url.get_backend_name() != SQLITE:
        engine = create_async_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=5,
            max_overflow=0,
            pool_timeout=_POOL_PATIENCE,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args=POSTGRES_ARGUMENTS,
        )
        event.listen(engine.sync_engine, "handle_error", _quote_no_row)
        return engine
    make_private(url)
    return _file(url, 1, "BEGIN IMMEDIATE", SAFELY)


def reading(url: URL) -> AsyncEngine:
    """Open an SQLite file that `connect` writes, for whoever only reads: they neither hold the lock to write nor wait
    for whoever does. Each transaction sees what was committed before its first statement.
    """
    return _file(url, _READERS, "BEGIN", _ONLY_READING)


def blocking(url: URL) -> Engine:
    """Open the database at `url` for one thread of ours: what takes several statements then takes one hop, not six.

    A connection is not tried before it is used: whoever asks must be ready to ask once more.
    """
    if url.get_backend_name() != SQLITE:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=1,
            max_overflow=0,
            hide_parameters=True,
            connect_args=POSTGRES_ARGUMENTS,
        )
        event.listen(engine, "handle_error", _quote_no_row)
        return engine
    engine = one_connection(url)
    _begin(engine, "BEGIN IMMEDIATE", SAFELY)
    return engine


def one_connection(url: URL) -> Engine:
    """Open an SQLite file for threads that take turns at one connection, in a queue of SQLAlchemy: nobody sleeps.

    How it is told to be safe (`tell`), and when its transactions begin, is the caller's to say.
    """
    make_private(url)
    return create_engine(
        url.set(drivername="sqlite"),
        pool_size=1,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"check_same_thread": False},
    )


def tell(connection: Any, begin: str | None, pragmas: Sequence[str] = SAFELY) -> None:
    """Prepare a new SQLite connection. `begin`: how Python opens a transaction before what writes; None: not at all."""
    connection.isolation_level = begin
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def make_private(url: URL) -> None:
    """Make an SQLite file, and its directory, for our own eyes: it holds what private repositories say."""
    file = Path(str(url.database))
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)


@contextmanager
def sole_worker(file: Path) -> Iterator[None]:
    """Hold the worker lock of an SQLite file, which the system lets go when the process ends. Raises AnotherWorker."""
    with Path(f"{file}.worker").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherWorker(f"another worker works on {file}") from None
        yield


async def migrate(engine: AsyncEngine) -> None:
    """Bring the tables to this version; one process at a time, the others wait, longer than a webhook could."""
    until = time.monotonic() + _MIGRATION_PATIENCE
    while True:
        try:
            async with engine.begin() as connection:
                await connection.run_sync(upgrade)
        except OperationalError as error:
            if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        else:
            return


def insert_into(table: Table, connection: AsyncConnection) -> Insert:
    """An INSERT in the dialect of `connection`, with `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return sqlite.insert(table) if connection.dialect.name == SQLITE else postgresql.insert(table)


def now_us() -> int:
    """This moment in epoch microseconds, UTC."""
    return time.time_ns() // 1000


def _quote_no_row(context: ExceptionContext) -> None:
    """PostgreSQL names the offending row in the detail of an error; what it is about stands in the first line."""
    ours, theirs = context.sqlalchemy_exception, context.original_exception
    if ours is not None and getattr(theirs, "diag", None):
        ours.args = (f"({type(theirs).__name__}) {str(theirs).partition(chr(10))[0]}",)


def _file(url: URL, connections: int, begin: str, pragmas: Sequence[str]) -> AsyncEngine:
    """Of SQLite."""
    there = url.set(drivername="sqlite+aiosqlite")
    engine = create_async_engine(there, pool_size=connections, max_overflow=0, hide_parameters=True)
    _begin(engine.sync_engine, begin, pragmas)
    event.listen(engine.sync_engine, "handle_error", _end_statement)
    return engine


def _begin(engine: Engine, begin: str, pragmas: Sequence[str]) -> None:
    """Python opens no transaction; `begin` does. IMMEDIATE: what reads first and writes then holds the file from the
    start.
    """
    event.listen(engine, "connect", lambda connection, _record: tell(connection, None, pragmas))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))


def _end_statement(context: ExceptionContext) -> None:
    """Where whoever asked was cancelled: SQLite closes a connection, and lets go of its locks, only when none of its
    statements is left, and one that was cut off half-way lives on in a cycle of Python's until that is collected.
    """
    begun = context.execution_context
    if begun is not None and begun.cursor is not None and not isinstance(context.original_exception, Exception):
        begun.cursor.close()
