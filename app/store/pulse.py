"""Was anything stored since? One word that changes with whatever any process commits, for less than a query costs."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.store.address import Address

_SQLITE = "PRAGMA data_version"  # counts the commits of others, as this connection sees them; takes no lock
_POSTGRESQL = "SELECT CAST(pg_current_snapshot() AS text)"  # which transactions that write have begun and ended


@dataclass(frozen=True, slots=True)
class Pulse:
    """Asks through an engine that nothing is written with: on SQLite, one of a single connection."""

    engine: AsyncEngine
    question: str

    async def __call__(self) -> object:
        """A word that is another one once anything was committed since it was last asked for."""
        async with self.engine.connect() as connection:
            answer: object = await connection.scalar(text(self.question))
            return answer


def pulse(where: Address, main: AsyncEngine) -> Pulse:
    """The pulse of the main database. Dispose of its engine where that is not `main`."""
    if where.shared:
        return Pulse(main, _POSTGRESQL)
    url = where.main.set(drivername="sqlite+aiosqlite")
    return Pulse(create_async_engine(url, pool_size=1, max_overflow=0, isolation_level="AUTOCOMMIT"), _SQLITE)
