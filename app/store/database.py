"""One database, opened safely: SQLite with a write-ahead log, full synchronisation and a single patient connection."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.store.tables import metadata


class UnsupportedDatabase(ValueError):
    """The URL names a database that this version does not speak."""


class AnotherWorker(OSError):
    """A worker already works on this database; two would do things twice."""


def default_url(data_home: Path) -> str:
    """An SQLite file below the user's data directory."""
    return f"sqlite:///{data_home / 'maestro' / 'maestro.db'}"


def connect(url: str) -> AsyncEngine:
    """Open `url` (`sqlite:///path`); the file's directory is made when it is missing. Raises UnsupportedDatabase.

    Every transaction begins IMMEDIATE: a deferred one that later writes fails at once under contention, whatever the
    busy timeout says (sqlite.org/lang_transaction.html).
    """
    parsed = _file_url(url)
    Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        parsed, pool_size=1, max_overflow=0, hide_parameters=True
    )  # errors are logged: they must not quote what was being stored
    event.listen(engine.sync_engine, "connect", _on_connect)
    event.listen(engine.sync_engine, "begin", _on_begin)
    return engine


def _file_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UnsupportedDatabase("DATABASE_URL is not a database address such as sqlite:///path") from None
    if parsed.get_backend_name() != "sqlite":
        raise UnsupportedDatabase(
            f"DATABASE_URL names {parsed.get_backend_name()!r}; this version stores in SQLite only"
        )
    if not parsed.database or parsed.database.startswith((":memory:", "file:")):
        raise UnsupportedDatabase("DATABASE_URL names no file; what is in memory is lost at every restart")
    return parsed.set(drivername="sqlite+aiosqlite")


@contextmanager
def sole_worker(engine: AsyncEngine) -> Iterator[None]:
    """Hold the database's worker lock, which the system lets go when the process ends. Raises AnotherWorker."""
    with Path(f"{engine.url.database}.worker").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherWorker(f"another worker works on {engine.url.database}") from None
        yield


async def migrate(engine: AsyncEngine) -> None:
    """Make whatever table is missing."""
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)


def now_us() -> int:
    """This moment in epoch microseconds, UTC."""
    return time.time_ns() // 1000


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
