"""Workflows that commands had run for pull requests: each command one, and each kept once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, RowMapping, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import Dispatched
from app.store.asked_tables import dispatches as table
from app.store.database import insert_into, now_us

MOST = 50  # of a pull request, the newest


@dataclass(frozen=True, slots=True)
class Dispatches:
    """The table of dispatches. `now`: epoch microseconds."""

    engine: AsyncEngine
    now: Callable[[], int] = now_us

    async def keep(self, repository: str, number: int, dispatched: Dispatched, command: str) -> Dispatched:
        """Keep what `command` had run; of one command the first counts, and comes back."""
        row = {
            "repository": repository,
            "number": number,
            "head_sha": dispatched.head_sha,
            "kind": dispatched.kind,
            "name": dispatched.name,
            "workflow": dispatched.workflow,
            "command": command,
            "run": dispatched.run,
            "at": self.now(),
        }
        async with self.engine.begin() as connection:
            await connection.execute(insert_into(table, connection).values(row).on_conflict_do_nothing())
            known = select(table).where(table.c.command == command)
            return _dispatched((await connection.execute(known)).mappings().one())

    async def of_command(self, command: str) -> Dispatched | None:
        """What a command had run."""
        found = await self._newest(table.c.command == command)
        return found[0] if found else None

    async def of_pull(self, repository: str, number: int) -> list[Dispatched]:
        """The newest MOST of a pull request, the oldest of them first."""
        return await self._newest(table.c.repository == repository, table.c.number == number)

    async def of_head(self, repository: str, head_sha: str) -> list[Dispatched]:
        """The newest MOST that were sent to a head, of whichever pull request, the oldest of them first."""
        return await self._newest(table.c.repository == repository, table.c.head_sha == head_sha)

    async def _newest(self, *conditions: ColumnElement[bool]) -> list[Dispatched]:
        query = select(table).where(*conditions).order_by(table.c.id.desc()).limit(MOST)
        async with self.engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [_dispatched(row) for row in reversed(rows)]


def _dispatched(row: RowMapping) -> Dispatched:
    names = ("kind", "name", "workflow", "head_sha", "run", "command")
    return Dispatched(**{name: row[name] for name in names}, at=row["at"] / 1e6)
