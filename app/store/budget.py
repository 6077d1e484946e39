"""The write budget of each installation in the database: it outlives a restart, and all workers share it.

One transaction counts and takes, and one at a time does so for an installation: SQLite's transactions begin IMMEDIATE,
on PostgreSQL an advisory lock stands before the count. The windows thus never hold more than their limit, however
many workers ask.

**The clock.** Workers on several machines do not agree on the time, so that of the database counts: on PostgreSQL the
server's, on SQLite that of the one machine there is. Where it is set back, the newest write would lie in the future;
then everything we know of the installation is moved back by so much, as if that write were this very moment. It may be
older: what we then believe of the past is too recent, never too old. So no true window ever holds more than its limit,
and a write waits no longer than a full window would have made it wait in any case, not for the hour that the clock
went back. A clock that leaps forward is believed: it forgets early what it passed over.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    case,
    cast,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.github.pacing import LedgerAway, Standing
from app.github.windows import GITHUBS, HOUR, MINUTE, Limits
from app.store.address import SQLITE
from app.store.database import insert_into, now_us
from app.store.tables import silences, writes

_SECOND = 1_000_000  # microseconds
_LOCK_PATIENCE = text("SET LOCAL lock_timeout = '5s'")  # a worker that hangs must not make the others hang
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_SERVERS_NOW = select(cast(func.extract("epoch", func.clock_timestamp()) * _SECOND, BigInteger))


@dataclass(frozen=True, slots=True)
class SharedLedger:
    """An `app.github.pacing.Ledger` over the tables `writes` and `silences`.

    `now`: epoch microseconds, for tests; None: the database's own clock. `reader`: asked how they stand, in the place
    of `engine`.
    """

    engine: AsyncEngine
    limits: Limits = GITHUBS
    now: Callable[[], int] | None = None
    reader: AsyncEngine | None = None

    async def reserve(self, installation: int) -> float:
        """Take a slot and return 0, or the seconds until there may be one. What has left the hour is forgotten."""
        async with self._alone(installation) as (connection, now):
            delay = await self._delay(connection, installation, now)
            if delay <= 0:
                old = writes.c.at <= now - _us(HOUR)
                await connection.execute(delete(writes).where(writes.c.installation == installation, old))
                await connection.execute(insert(writes).values(installation=installation, at=now))
        return max(delay, 0) / _SECOND

    async def silence(self, installation: int, seconds: float, strikes: int) -> None:
        """Nobody may call for so long; a longer silence stays, and so do more strikes."""
        async with self._alone(installation) as (connection, now):
            values = {"until": now + _us(seconds), "strikes": strikes}
            statement = insert_into(silences, connection).values(installation=installation, **values)
            kept = {name: _larger(silences.c[name], statement.excluded[name]) for name in values}
            await connection.execute(
                statement.on_conflict_do_update(index_elements=[silences.c.installation], set_=kept)
            )

    async def forgive(self, installation: int) -> None:
        """No strikes, unless it must be silent now."""
        async with self._alone(installation) as (connection, now):
            over = silences.c.until <= now
            statement = update(silences).where(silences.c.installation == installation, over)
            await connection.execute(statement.values(strikes=0))

    async def standing(self, installation: int) -> Standing:
        """How one installation stands. Reads, and never waits for another worker."""
        with _or_away():
            async with (self.reader or self.engine).connect() as connection:
                return await self._standing(connection, installation, await self._present(connection))

    async def standings(self) -> dict[int, Standing]:
        """How every installation stands that has written within the hour or must be silent."""
        known = select(writes.c.installation).union(select(silences.c.installation))
        with _or_away():
            async with (self.reader or self.engine).connect() as connection:
                now = await self._present(connection)
                ids = sorted(row[0] for row in await connection.execute(known))
                every = {one: await self._standing(connection, one, now) for one in ids}
        return {one: standing for one, standing in every.items() if standing.hour or standing.silent}

    async def _delay(self, connection: AsyncConnection, installation: int, now: int) -> int:
        """Microseconds until the write that fills a window has left it."""
        filling = [
            _newest(installation, count).scalar_subquery() + _us(window) - now for count, window in self.limits.windows
        ]
        row = (await connection.execute(select(*filling))).one()
        return max(0 if left is None else left for left in row)

    async def _standing(self, connection: AsyncConnection, installation: int, now: int) -> Standing:
        """`now` before the newest write is a clock set back, which the next writer will mend."""
        query = select(writes.c.at).where(writes.c.installation == installation).order_by(writes.c.at)
        times = [row[0] for row in await connection.execute(query)]
        now = max([now, *times[-1:]])
        said = select(silences).where(silences.c.installation == installation)
        row = (await connection.execute(said)).one_or_none()
        minute, hour = (sum(at > now - _us(window) for at in times) for window in (MINUTE, HOUR))
        until, strikes = (row.until, row.strikes) if row else (0, 0)
        return Standing(minute, hour, max(until - now, 0) / _SECOND, strikes, until / _SECOND)

    @asynccontextmanager
    async def _alone(self, installation: int) -> AsyncIterator[tuple[AsyncConnection, int]]:
        """A transaction that no other for this installation overlaps, and the present moment within it."""
        with _or_away():
            async with self.engine.begin() as connection:
                if connection.dialect.name != SQLITE:
                    await connection.execute(_LOCK_PATIENCE)
                    await connection.execute(_LOCK, {"key": _lock_key(installation)})
                now = await self._present(connection)
                await _mend(connection, installation, now)
                yield connection, now

    async def _present(self, connection: AsyncConnection) -> int:
        if self.now is not None:
            return self.now()
        if connection.dialect.name == SQLITE:
            return now_us()
        moment: int = (await connection.execute(_SERVERS_NOW)).scalar_one()
        return moment


@contextmanager
def _or_away() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise LedgerAway(type(error).__name__) from error


async def _mend(connection: AsyncConnection, installation: int, now: int) -> None:
    """The clock was set back if the newest write lies ahead of it: then all that we know goes back with it."""
    newest = (await connection.execute(_newest(installation, 1))).scalar()
    if newest is None or newest <= now:
        return
    for column in (writes.c.at, silences.c.until):
        table = column.table
        statement = update(table).where(table.c.installation == installation)
        await connection.execute(statement.values({column: column - (newest - now)}))


def _newest(installation: int, count: int) -> Select[tuple[Any]]:
    """The moment of the `count`-th newest write."""
    mine = select(writes.c.at).where(writes.c.installation == installation)
    return mine.order_by(writes.c.at.desc()).offset(count - 1).limit(1)


def _larger(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    """The larger of two columns: PostgreSQL and SQLite have no common word for it."""
    return case((one > other, one), else_=other)


def _lock_key(installation: int) -> int:
    """A number that nobody else locks."""
    return int.from_bytes(hashlib.sha256(f"maestro writes {installation}".encode()).digest()[:8], signed=True)


def _us(seconds: float) -> int:
    return round(seconds * _SECOND)
