"""Series that were sent: by name, what was measured of an environment when. Of one moment the last word counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, Row, and_, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.store.database import insert_into
from app.store.fed import Full
from app.store.tables import series as names
from app.store.tables import series_points as table

MOST_SERIES = 1_000  # of one repository, all its environments and sides together
MOST_POINTS = 2_000_000  # of one repository: a hundred series, each minute, for two weeks
LONGEST_NAME = 120  # characters
_US = 1e6  # microseconds in a second

Moments = Mapping[float, float | None]
"""By epoch seconds, what was measured then; None where there was nothing to measure."""

_Point = tuple[int, int, float | None]
"""The id of its series, epoch microseconds, and what was measured."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Whose series: a repository's in an environment, the case of neither counts; `side`: "", "canary" or "control"."""

    repository: str
    environment: str
    side: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What the values within one step come to."""

    total: float
    mean: float


@dataclass(frozen=True, slots=True)
class SentSeries:
    """The tables of series and their points, at most `most_series` and `most_points` of one repository."""

    engine: AsyncEngine
    most_series: int = MOST_SERIES
    most_points: int = MOST_POINTS

    async def keep(self, stream: Stream, sent: Mapping[str, Moments]) -> int:
        """Keep `sent`, by name; how many points are new. Raises Full, and then nothing is kept."""
        held = sorted(name for name, moments in sent.items() if moments)
        if not held:
            return 0
        if len(held) > self.most_series:
            raise Full
        async with self.engine.begin() as connection:
            keys = await _named(connection, stream, held)
            points = [(keys[name], _us(at), value) for name in held for at, value in sent[name].items()]
            fresh = await _put(connection, points)
            for key, count in fresh.items():
                more = update(names).where(names.c.id == key).values(points=names.c.points + count)
                await connection.execute(more)
            await self._bound(connection, stream.repository)
        return sum(fresh.values())

    async def of(
        self, stream: Stream, start: float, end: float, wanted: Iterable[str] | None = None, most: int = MOST_POINTS
    ) -> dict[str, dict[float, float | None]]:
        """The points from `start` to before `end` (epoch seconds), in the order of time, by name, sorted.

        `wanted`: those names alone. What has no point there is left out, and what would be more than `most` points.
        """
        query = (
            select(names.c.name, table.c.at, table.c.value)
            .join(table, table.c.series == names.c.id)
            .where(_is(stream), table.c.at >= _us(start), table.c.at < _us(end))
            .order_by(names.c.name, table.c.at)
            .limit(most)
        )
        if wanted is not None:
            query = query.where(names.c.name.in_(list(wanted)))
        async with self.engine.connect() as connection:
            return _by_name((await connection.execute(query)).all())

    async def steps(
        self, stream: Stream, wanted: Iterable[str], start: int, seconds: int, count: int
    ) -> dict[str, dict[int, Step]]:
        """By name and place from 0, what the values of each of `count` steps come to; a step without any is left out.

        The first begins at `start`, epoch seconds. A step holds its start, not its end.
        """
        place = ((table.c.at - _us(start)) // _us(seconds)).label("place")
        query = (
            select(names.c.name, place, func.sum(table.c.value), func.avg(table.c.value))
            .join(table, table.c.series == names.c.id)
            .where(_is(stream), names.c.name.in_(list(wanted)), table.c.value.is_not(None))
            .where(table.c.at >= _us(start), table.c.at < _us(start + seconds * count))
            .group_by(names.c.name, place)
        )
        found: dict[str, dict[int, Step]] = {}
        async with self.engine.connect() as connection:
            for name, at, total, mean in await connection.execute(query):
                found.setdefault(name, {})[at] = Step(total, mean)
        return found

    async def prune(self, before: float) -> int:
        """Forget what was measured before that moment (epoch seconds), and names of which nothing is left. How many."""
        old = and_(table.c.series == names.c.id, table.c.at < _us(before))
        async with self.engine.connect() as connection:
            keys = (await connection.execute(select(names.c.id).where(exists().where(old)))).scalars().all()
        return sum([await self._forget(key, before) for key in keys])  # each by itself: others write in between

    async def _forget(self, key: int, before: float) -> int:
        this = names.c.id == key
        async with self.engine.begin() as connection:
            await connection.execute(select(names.c.id).where(this).with_for_update())
            old = and_(table.c.series == key, table.c.at < _us(before))
            gone = (await connection.execute(delete(table).where(old))).rowcount
            await connection.execute(update(names).where(this).values(points=names.c.points - gone))
            await connection.execute(delete(names).where(this, names.c.points <= 0))
        return gone

    async def _bound(self, connection: AsyncConnection, repository: str) -> None:
        total = select(func.count(), func.sum(names.c.points)).where(names.c.repository == repository)
        series, points = (await connection.execute(total)).one()
        if series > self.most_series or points > self.most_points:
            raise Full


async def _named(connection: AsyncConnection, stream: Stream, sent: Sequence[str]) -> dict[str, int]:
    """The ids of the names `sent`, which are sorted, and each of which is nobody else's until the transaction ends."""
    values = [asdict(stream) | {"name": name, "points": 0} for name in sent]
    statement = insert_into(names, connection).values(values)
    key = (names.c.repository, names.c.environment, names.c.side, names.c.name)
    held = statement.on_conflict_do_update(index_elements=key, set_={"points": names.c.points})
    rows = await connection.execute(held.returning(names.c.name, names.c.id))
    return dict(rows.all())


async def _put(connection: AsyncConnection, points: Sequence[_Point]) -> dict[int, int]:
    """Write `points`; by series, how many of them are new."""
    before = await _counts(connection, points)
    statement = insert_into(table, connection)
    written = statement.on_conflict_do_update(
        index_elements=(table.c.series, table.c.at), set_={"value": statement.excluded.value}
    )
    await connection.execute(written, [{"series": key, "at": at, "value": value} for key, at, value in points])
    after = await _counts(connection, points)
    return {key: count - before.get(key, 0) for key, count in after.items()}


async def _counts(connection: AsyncConnection, points: Sequence[_Point]) -> dict[int, int]:
    """How many there are of each series of `points`, between the first and the last of these."""
    moments = [at for _, at, _ in points]
    within = table.c.series.in_({key for key, _, _ in points}), table.c.at.between(min(moments), max(moments))
    counted = await connection.execute(select(table.c.series, func.count()).where(*within).group_by(table.c.series))
    return dict(counted.all())


def _is(stream: Stream) -> ColumnElement[bool]:
    return and_(
        names.c.repository == stream.repository,
        names.c.environment == stream.environment,
        names.c.side == stream.side,
    )


def _by_name(rows: Sequence[Row[str, int, float | None]]) -> dict[str, dict[float, float | None]]:
    found: dict[str, dict[float, float | None]] = {}
    for name, at, value in rows:
        found.setdefault(name, {})[at / _US] = value
    return found


def _us(moment: float) -> int:
    return round(moment * _US)
