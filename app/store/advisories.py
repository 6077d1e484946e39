"""OSV records as they were last read, so that each is fetched once until its database changes it."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.osv.model import Record
from app.store.database import insert_into, now_us
from app.store.tables import advisories as table

_AT_ONCE = 500  # of one statement: databases take so many parameters and no more
_DAY = 86_400_000_000  # microseconds
_LONGEST = 40  # characters of a time that is worth comparing


@dataclass(frozen=True, slots=True)
class Advisories:
    """The advisories table: the shelf of the OSV client. What nobody uses for a while is thrown away."""

    engine: AsyncEngine

    async def get(self, ids: Collection[str]) -> Mapping[str, Record]:
        """Those that are kept, by id; they count as used today."""
        found: dict[str, Record] = {}
        for some in _portions(sorted(ids)):
            async with self.engine.connect() as connection:
                rows = (await connection.execute(select(table).where(table.c.id.in_(some)))).all()
            found |= {row.id: Record(row.id, row.modified, zlib.decompress(row.record).decode()) for row in rows}
            await self._use([row.id for row in rows if row.used_at < now_us() - _DAY])
        return found

    async def put(self, records: Collection[Record]) -> None:
        """Keep these, each in place of the one with its id."""
        packed = [
            {
                "id": one.id,
                "modified": one.modified[:_LONGEST],
                "record": zlib.compress(one.text.encode()),
                "used_at": now_us(),
            }
            for one in sorted(records, key=lambda one: one.id)
        ]
        if not packed:
            return
        async with self.engine.begin() as connection:
            statement = insert_into(table, connection)
            new = {name: statement.excluded[name] for name in ("modified", "record", "used_at")}
            await connection.execute(statement.on_conflict_do_update(index_elements=[table.c.id], set_=new), packed)

    async def prune(self, before: float) -> int:
        """Forget what nobody used since that moment (epoch seconds); how many that were."""
        async with self.engine.begin() as connection:
            unused = delete(table).where(table.c.used_at < int(before * 1e6))
            return (await connection.execute(unused)).rowcount

    async def _use(self, ids: Sequence[str]) -> None:
        if ids:
            async with self.engine.begin() as connection:
                await connection.execute(update(table).where(table.c.id.in_(ids)).values(used_at=now_us()))


def _portions(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
