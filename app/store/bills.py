"""SBOMs that CI sent, each bound to one commit of one repository and known there by its path."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.database import insert_into, now_us
from app.store.tables import bills as table

MOST_BRANCHES = 20  # of one path, whose newest bills outlive the others
DAY_US = 86_400 * 1_000_000


@dataclass(frozen=True, slots=True)
class Bills:
    """The bills table: one of each path at each commit, the one that came first."""

    engine: AsyncEngine

    async def keep(self, repository: str, sha: str, path: str, content: bytes) -> bool:
        """Keep `content`, unless there is one of this path at this commit; was it kept?"""
        packed = await asyncio.to_thread(zlib.compress, content)  # webhooks must not wait for 32 MiB
        values = {"repository": repository, "sha": sha, "path": path, "content": packed, "received_at": now_us()}
        async with self.engine.begin() as connection:
            statement = insert_into(table, connection).values(**values).on_conflict_do_nothing()
            return (await connection.execute(statement.returning(table.c.id))).scalar_one_or_none() is not None

    async def paths_at(self, repository: str, sha: str) -> tuple[str, ...]:
        """What was sent of commit `sha`, by path, sorted."""
        query = select(table.c.path).where(table.c.repository == repository, table.c.sha == sha)
        async with self.engine.connect() as connection:
            return tuple((await connection.execute(query.order_by(table.c.path))).scalars())

    async def paths_of(self, repository: str, shas: Collection[str]) -> frozenset[str]:
        """What was sent of any of the commits `shas`, by path."""
        return await self._paths(and_(table.c.repository == repository, table.c.sha.in_(shas)))

    async def paths(self, repository: str) -> frozenset[str]:
        """What was sent of any commit, by path, as far as it is kept."""
        return await self._paths(table.c.repository == repository)

    async def _paths(self, wanted: ColumnElement[bool]) -> frozenset[str]:
        async with self.engine.connect() as connection:
            return frozenset((await connection.execute(select(table.c.path).where(wanted).distinct())).scalars())

    async def get(self, repository: str, sha: str, path: str) -> bytes | None:
        """The bill as it was sent, unpacked; None where none was."""
        wanted = and_(table.c.repository == repository, table.c.sha == sha, table.c.path == path)
        async with self.engine.connect() as connection:
            held = (await connection.execute(select(table.c.content).where(wanted))).scalar_one_or_none()
        return None if held is None else await asyncio.to_thread(zlib.decompress, held)

    async def serves(self, repository: str, sha: str, path: str, branch: str) -> None:
        """Remember that `branch`, or a change to it, was held against this bill; nothing where there is none."""
        today = now_us() // DAY_US * DAY_US
        this = and_(table.c.repository == repository, table.c.sha == sha, table.c.path == path)
        stale = or_(table.c.based_at.is_(None), table.c.based_at < today, table.c.base_of != branch)
        async with self.engine.begin() as connection:
            await connection.execute(update(table).where(this, stale).values(base_of=branch, based_at=today))

    async def prune(self, before: float) -> int:
        """Forget what came before that moment (epoch seconds), but of each path the newest that each branch was held
        against, and the newest that none was; how many that were.

        A branch that rests for a year still has its baseline. Of one path the branches that count are the
        `MOST_BRANCHES` that were last held against theirs.
        """
        last = func.max(func.coalesce(table.c.based_at, table.c.received_at))
        newest = select(func.max(table.c.id).label("id"), table.c.repository, table.c.path, last.label("last"))
        each = newest.group_by(table.c.repository, table.c.path, table.c.base_of).subquery()
        place = func.row_number().over(partition_by=(each.c.repository, each.c.path), order_by=each.c.last.desc())
        ranked = select(each.c.id, place.label("place")).subquery()
        kept = select(ranked.c.id).where(ranked.c.place <= MOST_BRANCHES)
        old = and_(table.c.received_at < int(before * 1e6), table.c.id.not_in(kept))
        async with self.engine.begin() as connection:
            return (await connection.execute(delete(table).where(old))).rowcount
