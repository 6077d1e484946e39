"""Where webhooks come in: one writer, one transaction for all that waits, and no answer before it is committed.

A transaction a webhook would cost a disk flush each; the group pays for one (figures: docs/benchmarks.md).
"""

from __future__ import annotations

import asyncio
import os
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, bindparam, delete, select, text
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.address import SQLITE
from app.store.database import blocking, now_us
from app.store.deliveries import Standing
from app.store.tables import deliveries as table

MOST_WAITING = 1_000  # webhooks
MOST_BYTES = 256 * 1024 * 1024  # of their bodies
GROUP = 500  # rows of one transaction
_PROBE = os.urandom(32 * 1024)
"""More than most webhooks are, packed: a disk with room for less is full. Random, so that no database packs it."""

_Row = dict[str, object]
_INSERT = insert(table).on_conflict_do_nothing()
_INSERT_COLUMNS = text(
    "INSERT INTO deliveries (guid, event, body, received_at, state, error) "
    "SELECT guid, event, body, received_at, 'new', '' FROM unnest(CAST(:guids AS text[]), CAST(:events AS text[]), "
    "CAST(:bodies AS bytea[]), CAST(:moments AS bigint[])) WITH ORDINALITY "
    "AS row (guid, event, body, received_at, place) ORDER BY place ON CONFLICT DO NOTHING"
)
_KNOWN = select(table.c.guid, table.c.state).where(table.c.guid.in_(bindparam("guids", expanding=True)))
_DEAD = delete(table).where(table.c.guid.in_(bindparam("guids", expanding=True)), table.c.state == Standing.FAILED)


class Full(Exception):
    """More waits than memory should hold; the sender must come again."""


@dataclass(slots=True)
class _Waiting:
    """One webhook on its way into the table, and whoever waits for it to be there."""

    guid: str
    event: str
    body: bytes
    stored: asyncio.Future[bool]


@dataclass(slots=True)
class Inbox:
    """Group commit over the deliveries table of `engine`, in one thread. One a process, closed at its end.

    The thread packs the bodies and speaks to the database, while the loop receives what will be the next group.
    """

    engine: AsyncEngine
    most_waiting: int = MOST_WAITING
    most_bytes: int = MOST_BYTES
    _waiting: list[_Waiting] = field(default_factory=list)
    _bytes: int = 0
    _writer: asyncio.Task[None] | None = None
    _closed: bool = False
    _file: os.stat_result | None = None  # as it was when it was opened
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="inbox"))
    _database: Engine = field(init=False)

    def __post_init__(self) -> None:
        self._database = blocking(self.engine.url)

    async def keep(self, guid: str, event: str, body: bytes) -> bool:
        """Store one webhook; False when its GUID is known and needs no second handling.

        GitHub redelivers under the same GUID, so a GUID whose first handling failed is taken in again. Raises Full,
        or whatever the database raises: then nothing is stored.
        """
        if len(self._waiting) >= self.most_waiting or self._bytes + len(body) > self.most_bytes:
            raise Full
        one = _Waiting(guid, event, body, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        self._bytes += len(body)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write(), name="inbox")
        return await asyncio.shield(one.stored)

    async def probe(self) -> None:
        """Write what a webhook may weigh and take it back: raises what one would meet (a full disk, a lost server)."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._probe)

    async def close(self) -> None:
        """Return once all that waits is stored or refused."""
        if self._closed:
            return
        self._closed = True
        if self._writer is not None:
            await self._writer
        await asyncio.get_running_loop().run_in_executor(self._thread, self._database.dispose)
        self._thread.shutdown()

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
            self._bytes -= sum(len(one.body) for one in group)
            try:
                fresh = await loop.run_in_executor(self._thread, self._commit, group)
            except Exception as error:  # every waiter hears of it, and answers its own sender
                _answer_all(group, error)
            else:
                _answer_each(group, fresh)
        self._writer = None

    def _commit(self, group: Sequence[_Waiting]) -> set[str]:
        """Insert a group; which of its GUIDs are to be handled."""
        rows = {one.guid: _row(one) for one in reversed(group)}
        try:
            return self._insert(rows)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            return self._insert(rows)  # the server was away since the last group, and may be back

    def _insert(self, rows: dict[str, _Row]) -> set[str]:
        """In the common case all of them are new, and one statement says so."""
        self._still_there()
        with self._database.connect() as connection:
            if _inserted(connection, list(reversed(rows.values()))) == len(rows):
                connection.commit()
                return set(rows)
        with self._database.begin() as connection:
            fresh = rows.keys() - _alive(connection, list(rows))
            if fresh:
                _inserted(connection, [row for guid, row in reversed(rows.items()) if guid in fresh])
        return fresh

    def _still_there(self) -> None:
        """A file that was removed, or put in another's place, still takes rows; but nobody will ever read them."""
        if self._database.dialect.name != SQLITE:
            return
        file = os.stat(str(self._database.url.database))
        self._file = self._file or file
        if not os.path.samestat(file, self._file):
            raise FileNotFoundError("the file of the webhooks was replaced while it was open")

    def _probe(self) -> None:
        self._still_there()
        values = {"guid": "probe", "event": "", "body": _PROBE, "state": Standing.FAILED, "error": ""}
        with self._database.begin() as connection:
            connection.execute(table.insert().values(**values, received_at=now_us()))
            connection.execute(delete(table).where(table.c.guid == "probe"))


def _inserted(connection: Connection, rows: Sequence[_Row]) -> int:
    """How many of `rows` were new. PostgreSQL takes them as columns: one statement, where psycopg would send many."""
    if connection.dialect.name == SQLITE:
        return connection.execute(_INSERT, rows).rowcount
    names = {"guids": "guid", "events": "event", "bodies": "body", "moments": "received_at"}
    columns = {column: [row[name] for row in rows] for column, name in names.items()}
    return connection.execute(_INSERT_COLUMNS, columns).rowcount


def _alive(connection: Connection, guids: list[str]) -> set[str]:
    """The GUIDs that are kept already and are not dead; the dead are cleared away, to be taken in anew."""
    known = {row.guid: row.state for row in connection.execute(_KNOWN, {"guids": guids})}
    dead = [guid for guid, state in known.items() if state == Standing.FAILED]
    if dead:
        connection.execute(_DEAD, {"guids": dead})
    return known.keys() - set(dead)


def _row(one: _Waiting) -> _Row:
    return {
        "guid": one.guid,
        "event": one.event,
        "body": zlib.compress(one.body, 1),
        "state": Standing.NEW,
        "error": "",
        "received_at": now_us(),
    }


def _answer_each(group: Sequence[_Waiting], fresh: set[str]) -> None:
    for one in group:
        if not one.stored.done():
            one.stored.set_result(one.guid in fresh)
        fresh.discard(one.guid)  # the second of two in one group is known


def _answer_all(group: Sequence[_Waiting], error: Exception) -> None:
    for one in group:
        if not one.stored.done():
            one.stored.set_exception(error)
            one.stored.exception()  # heard, even if the sender has hung up meanwhile
