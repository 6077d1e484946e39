"""The engine's own connections: synchronous, because DBOS is, and patient where only it depends on them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import psycopg
from dbos import DBOS
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL

from app.store.address import SQLITE, Address
from app.store.database import POSTGRES_ARGUMENTS, SAFELY, one_connection, tell

RETRY_SECONDS = 0.25
PATIENTLY = "busy_timeout=30000"  # nobody waits for the worker as GitHub waits for the web
_TRY_LOCK, _UNLOCK = (text(f"SELECT pg_{word}(1835100533)") for word in ("try_advisory_lock", "advisory_unlock"))
_POOL = 10  # connections to PostgreSQL: the engine's threads, and our own loop


def main_database(url: URL, stop: threading.Event) -> Engine:
    """Open the database that DBOS keeps its workflows in.

    On PostgreSQL each connection attempt is repeated until the server answers or `stop` is set: DBOS's own back-off
    doubles up to a minute, and work would lie idle long after the database is back. On SQLite one connection serves
    all threads: the pool's queue takes the place of SQLite's busy wait, which sleeps up to 100 ms at a time.
    """
    if url.get_backend_name() == SQLITE:
        return _sqlite(url)
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=_POOL,
        max_overflow=_POOL,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args=POSTGRES_ARGUMENTS,
    )

    @event.listens_for(engine, "do_connect")
    def patiently(_dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
        while True:
            try:
                return psycopg.connect(*arguments, **options)
            except psycopg.OperationalError:
                if stop.wait(RETRY_SECONDS):
                    raise

    @event.listens_for(engine, "checkin")
    def to_nobody(_connection: Any, record: Any) -> None:
        if stop.is_set():  # DBOS does not wait for its threads: what they still hold comes back after the pool is gone
            record.invalidate()

    return engine


def intake_database(url: URL) -> Engine:
    """Open the file of the webhooks, for SQLite alone: elsewhere they lie in the main database."""
    return _sqlite(url)


def prepare(address: Address, main: Engine) -> None:
    """Make DBOS's own tables, one process at a time."""
    with main.connect() as connection, _turn(connection) if address.shared else nullcontext():
        DBOS.migrate(address.main.render_as_string(hide_password=False))


def migrate(address: Address) -> None:
    """The same, for whoever does nothing else."""
    main = main_database(address.main, threading.Event())
    try:
        prepare(address, main)
    finally:
        main.dispose()


@contextmanager
def _turn(connection: Connection) -> Iterator[None]:
    """Hold the lock of whoever makes tables.

    Nobody waits for it inside a statement or a transaction: DBOS makes indexes concurrently, which waits for every
    statement that began before, so the holder and those that wait for it would wait for each other for ever.
    """
    connection.execution_options(isolation_level="AUTOCOMMIT")
    while not connection.execute(_TRY_LOCK).scalar_one():
        time.sleep(RETRY_SECONDS)
    try:
        yield
    finally:
        connection.execute(_UNLOCK)


def _sqlite(url: URL) -> Engine:
    """What only reads, as DBOS does several times a second, takes no lock here; what writes takes it at once."""
    engine = one_connection(url)
    event.listen(engine, "connect", lambda connection, _record: tell(connection, "IMMEDIATE", (*SAFELY, PATIENTLY)))
    return engine
