"""What the databases hold, read beside the running processes and without a lock of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, create_engine, func, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from app.engine import rows
from app.store.address import Address
from app.store.deliveries import Standing
from app.store.tables import deliveries


@dataclass(frozen=True, slots=True)
class Ledger:
    """The deliveries and the workflows at one address."""

    address: Address

    def standings(self) -> dict[str, tuple[str, str]]:
        """Of each delivery by its GUID: where it stands, and its error."""
        query = select(deliveries.c.guid, deliveries.c.state, deliveries.c.error)
        with _reading(self.address.intake) as connection:
            return {row.guid: (row.state, row.error) for row in connection.execute(query)}

    def owed(self) -> int:
        """Deliveries that nobody took, and jobs that have not ended; -1 while the database cannot be asked."""
        query = select(deliveries.c.id).where(deliveries.c.state == Standing.NEW)
        try:
            with _reading(self.address.intake) as connection:
                new = len(connection.execute(query).all())
            with _reading(self.address.main) as connection:
                return new + rows.unfinished(connection)
        except SQLAlchemyError:
            return -1

    def most_begun(self) -> int:
        """How often the most unlucky of the unfinished jobs was begun; 0 while the database cannot be asked."""
        try:
            with _reading(self.address.main) as connection:
                table = rows.workflows(connection)
                open_ones = table.c.status.in_((rows.WAITING, rows.RUNNING))
                return connection.execute(select(func.max(table.c.recovery_attempts)).where(open_ones)).scalar() or 0
        except SQLAlchemyError:
            return 0

    def unsound(self) -> list[str]:
        """What SQLite's own check finds wrong; PostgreSQL has none."""
        return [] if self.address.shared else [*_check(self.address.main), *_check(self.address.intake)]

    def lost(self, acknowledged: Sequence[str]) -> list[str]:
        """GUIDs that were answered with 202 and are not there, and those whose work has not come to an end."""
        kept = self.standings()
        gone = [f"acknowledged and lost: {guid}" for guid in acknowledged if guid not in kept]
        return gone + [f"never taken: {guid}" for guid, (state, _) in kept.items() if state == Standing.NEW]

    def dead(self) -> list[str]:
        """Deliveries whose work has failed for good, with their errors."""
        return [f"dead: {guid}: {error}" for guid, (state, error) in self.standings().items() if state == "failed"]


@contextmanager
def _reading(url: URL) -> Iterator[Connection]:
    shared = url.get_backend_name() == "postgresql"
    engine = create_engine(url.set(drivername="postgresql+psycopg") if shared else url, poolclass=NullPool)
    arguments: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"}
    try:
        with engine.connect().execution_options(**arguments) as connection:
            yield connection
    finally:
        engine.dispose()


def _check(url: URL) -> list[str]:
    with _reading(url) as connection:
        told = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check"))]
    return [] if told == ["ok"] else [f"{url.database}: {line}" for line in told]
