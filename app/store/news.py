"""Is there news of an experiment? A word that changes with whatever its page shows, for many of them in one query."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.tables import experiment_looks as looks
from app.store.tables import experiments as table
from checks.experiment import Status


@dataclass(frozen=True, slots=True)
class Edition:
    """How an experiment stands, as a `word` that never comes again once it has changed; `last`: it stays so."""

    word: str
    last: bool


@dataclass(frozen=True, slots=True)
class News:
    """Reads what every step of an experiment leaves behind: its look, and what became of its consequences."""

    engine: AsyncEngine

    async def of(self, keys: Collection[int]) -> dict[int, Edition]:
        """The edition of each; what there is not is left out."""
        newest = select(func.max(looks.c.id)).where(looks.c.experiment == table.c.id).scalar_subquery()
        query = select(table.c.id, table.c.status, table.c.acted, newest.label("look")).where(table.c.id.in_(keys))
        async with self.engine.connect() as connection:
            return {row.id: _edition(row.look or 0, row.status, row.acted) for row in await connection.execute(query)}


def _edition(look: int, status: str, acted: str) -> Edition:
    return Edition(f"{look}-{int(bool(acted))}", Status(status).final and bool(acted))
