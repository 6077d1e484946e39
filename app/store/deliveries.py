"""Webhooks as they came, kept until they are handled."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import Delivery
from app.store.database import now_us
from app.store.tables import deliveries as table


class Outcome(StrEnum):
    """Where a delivery stands. FAILED keeps its error and runs again when GitHub, or a person, sends it again."""

    NEW = "new"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The deliveries table."""

    engine: AsyncEngine

    async def keep(self, guid: str, event: str, body: bytes) -> bool:
        """Store one delivery; False when its GUID is known and needs no second handling.

        GitHub redelivers under the same GUID, so a GUID whose first handling failed is taken in again.
        """
        values = {
            "guid": guid,
            "event": event,
            "body": zlib.compress(body, 1),
            "state": Outcome.NEW,
            "attempts": 0,
        }
        async with self.engine.begin() as connection:
            await connection.execute(table.delete().where(table.c.guid == guid, table.c.state == Outcome.FAILED))
            result = await connection.execute(
                insert(table).values(**values, received_at=now_us()).on_conflict_do_nothing()
            )
        return result.rowcount > 0

    async def waiting(self, after: int, limit: int) -> list[Delivery]:
        """New deliveries with an id above `after`, oldest first."""
        query = select(table).where(table.c.state == Outcome.NEW, table.c.id > after).order_by(table.c.id).limit(limit)
        async with self.engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        return [Delivery(r.id, r.guid, r.event, zlib.decompress(r.body), r.received_at / 1e6, r.attempts) for r in rows]

    async def tried(self, ids: frozenset[int], error: str) -> None:
        """One more attempt has failed; the deliveries stay new."""
        await self._set(ids, attempts=table.c.attempts + 1, error=_told(error))

    async def done(self, ids: frozenset[int]) -> None:
        """Handled."""
        await self._set(ids, state=Outcome.DONE, error="", finished_at=now_us())

    async def failed(self, ids: frozenset[int], error: str) -> None:
        """Given up: kept with its error."""
        await self._set(ids, state=Outcome.FAILED, error=_told(error), finished_at=now_us())

    async def counts(self) -> dict[str, int]:
        """How many deliveries stand where."""
        query = select(table.c.state, func.count()).group_by(table.c.state)
        async with self.engine.connect() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    async def _set(self, ids: frozenset[int], **values: object) -> None:
        if ids:
            async with self.engine.begin() as connection:
                await connection.execute(update(table).where(table.c.id.in_(ids)).values(**values))


def _told(error: str) -> str:
    """An error as a database can keep it: UTF-8, without NUL, not endless."""
    return error[:2000].encode("utf-8", "replace").decode().replace("\0", "?")
