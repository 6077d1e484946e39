"""Was anything stored since? One word that changes with whatever any process commits, for less than a query costs."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.address import Address

_SQLITE = "PRAGMA data_version"  # counts the commits of others, as this connection sees them; takes no lock to write
_POSTGRESQL = "SELECT CAST(pg_current_snapshot() AS text)"  # which transactions that write have begun and ended


class Pulse(Protocol):
    """Of the main database."""

    async def __call__(self) -> object:
        """A word that is another one once anything was committed since it was last asked for."""

    def close(self) -> None:
        """It is asked no more."""


@dataclass(slots=True)
class FilePulse:
    """Of an SQLite file, by a connection of its own, with which nothing else is asked; each time in one go."""

    file: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _connection: sqlite3.Connection | None = None

    async def __call__(self) -> object:
        """A word that is another one once anything was committed since it was last asked for."""
        try:
            return await asyncio.to_thread(self._ask)
        except sqlite3.Error as error:
            raise OSError(f"the database cannot be read: {error}") from None

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _ask(self) -> object:
        with self._lock:
            if self._connection is None:
                self._connection = sqlite3.connect(self.file, isolation_level=None, check_same_thread=False)
            return self._connection.execute(_SQLITE).fetchall()


@dataclass(frozen=True, slots=True)
class ServerPulse:
    """Of a PostgreSQL, by the connections that there are."""

    engine: AsyncEngine

    async def __call__(self) -> object:
        """A word that is another one once any transaction that writes began or ended since it was last asked for."""
        async with self.engine.connect() as connection:
            answer: object = await connection.scalar(text(_POSTGRESQL))
            return answer

    def close(self) -> None:
        """The connections are others' to close."""


def pulse(where: Address, main: AsyncEngine) -> Pulse:
    """The pulse of the main database, whose engine is `main`."""
    return ServerPulse(main) if where.shared else FilePulse(Path(str(where.main.database)))
