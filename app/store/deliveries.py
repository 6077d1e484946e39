"""Webhooks as they came, kept until nobody can ask for them again."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import Delivery
from app.store.database import insert_into, now_us
from app.store.tables import deliveries as table


class Standing(StrEnum):
    """Where a delivery stands. TAKEN: the engine has its work. FAILED: dead; it runs again when it is sent again."""

    NEW = "new"
    TAKEN = "taken"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Kept:
    """One delivery as a list shows it: everything but its body. Times are epoch seconds."""

    id: int
    guid: str
    event: str
    standing: Standing
    error: str
    received_at: float


@dataclass(frozen=True, slots=True)
class Queue:
    """How much waits to be taken, and since when (epoch seconds; None: nothing waits)."""

    depth: int
    oldest: float | None


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The deliveries table, for whoever is not in a hurry; webhooks come in through `app.store.inbox`."""

    engine: AsyncEngine

    async def listed(self, standing: Standing | None, limit: int) -> list[Kept]:
        """The newest deliveries, the newest first; only those of `standing` where one is given."""
        query = select(table).order_by(table.c.id.desc()).limit(limit)
        if standing is not None:
            query = query.where(table.c.state == standing)
        async with self.engine.connect() as connection:
            return [_kept(row) for row in await connection.execute(query)]

    async def held(self, guids: Sequence[str]) -> frozenset[str]:
        """Those of `guids` that came in and are not dead: nobody need send them again."""
        query = select(table.c.guid).where(table.c.guid.in_(guids), table.c.state != Standing.FAILED)
        async with self.engine.connect() as connection:
            return frozenset((await connection.execute(query)).scalars())

    async def waiting_among(self, guids: Sequence[str]) -> dict[str, bool]:
        """Those of `guids` that ever came in, each with whether it still waits to be taken."""
        query = select(table.c.guid, table.c.state).where(table.c.guid.in_(guids))
        async with self.engine.connect() as connection:
            return {row.guid: row.state == Standing.NEW for row in await connection.execute(query)}

    async def counts(self) -> dict[str, int]:
        """How many deliveries stand where."""
        query = select(table.c.state, func.count()).group_by(table.c.state)
        async with self.engine.connect() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    async def queue(self) -> Queue:
        """What waits to be taken."""
        query = select(func.count(), func.min(table.c.received_at)).where(table.c.state == Standing.NEW)
        async with self.engine.connect() as connection:
            depth, oldest = (await connection.execute(query)).one()
        return Queue(depth, None if oldest is None else oldest / 1e6)

    async def replay(self, guids: Sequence[str]) -> int:
        """Let dead deliveries run again, all of them where `guids` is empty; how many there were."""
        among: tuple[ColumnElement[bool], ...] = (table.c.guid.in_(guids),) if guids else ()
        async with self.engine.begin() as connection:
            return await connection.run_sync(lambda held: _replay(held, among))

    async def prune(self, before: float) -> int:
        """Forget what was received before `before` (epoch seconds) and no longer waits; how many there were."""
        old = table.c.received_at < int(before * 1e6)
        async with self.engine.begin() as connection:
            return (await connection.execute(delete(table).where(old, table.c.state != Standing.NEW))).rowcount


async def brought_over(main: AsyncEngine, webhooks: AsyncEngine) -> int:
    """Move what 1.5.0 kept in the main file to the file of the webhooks; how many there were.

    Killed in between, it is moved once more, which its GUIDs make harmless.
    """
    columns = [column for column in table.c if column is not table.c.id]
    async with main.connect() as connection:
        rows = [dict(row) for row in (await connection.execute(select(*columns).order_by(table.c.id))).mappings()]
    if rows:
        async with webhooks.begin() as connection:
            await connection.execute(insert_into(table, connection).on_conflict_do_nothing(), rows)
        async with main.begin() as connection:
            await connection.execute(delete(table))
    return len(rows)


def waiting(connection: Connection, limit: int) -> list[Delivery]:
    """New deliveries, oldest first."""
    query = select(table).where(table.c.state == Standing.NEW).order_by(table.c.id).limit(limit)
    return [_delivery(row) for row in connection.execute(query)]


def taken(connection: Connection, ids: Sequence[int]) -> None:
    """The engine has the work of these deliveries: what becomes of it is the engine's to remember."""
    statement = update(table).where(table.c.id.in_(ids), table.c.state == Standing.NEW)
    connection.execute(statement.values(state=Standing.TAKEN, error="", finished_at=now_us()))


def failed(connection: Connection, delivery: int, error: str) -> None:
    """Given up: kept with its error."""
    values = {"state": Standing.FAILED, "error": _told(error), "finished_at": now_us()}
    connection.execute(update(table).where(table.c.id == delivery).values(values))


def _replay(connection: Connection, among: Sequence[ColumnElement[bool]]) -> int:
    """A replayed delivery is a new one with the same GUID: the engine knows work by the id of its delivery."""
    dead = connection.execute(select(table).where(table.c.state == Standing.FAILED, *among)).all()
    for row in dead:
        connection.execute(delete(table).where(table.c.id == row.id))
        again = {"guid": row.guid, "event": row.event, "body": row.body, "received_at": row.received_at}
        connection.execute(table.insert().values(**again, state=Standing.NEW, error=""))
    return len(dead)


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(row.id, row.guid, row.event, zlib.decompress(row.body), row.received_at / 1e6)


def _kept(row: Row[Any]) -> Kept:
    return Kept(row.id, row.guid, row.event, Standing(row.state), row.error, row.received_at / 1e6)


def _told(error: str) -> str:
    """An error as a database can keep it: UTF-8, without NUL, not endless."""
    return error[:2000].encode("utf-8", "replace").decode().replace("\0", "?")
