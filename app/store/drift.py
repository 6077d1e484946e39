"""The drift watch: what came of each module and day, what days are compared with, and how each module stood.

Batches are added to their day and not kept one by one; of each its name is remembered, so that one sent again changes
nothing. Whoever adds a batch, or takes down a look, holds the module's row: a look that read less than there is now is
not taken down.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, and_, case, delete, exists, func, insert, not_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.model import Cause, KeptDay, KeptModule, KeptReference, KeptStep, KeptTraffic, SentBatch
from app.store.chain import Kind, told
from app.store.database import insert_into, now_us
from app.store.provenance import append
from app.store.tables import drift_batches as batches
from app.store.tables import drift_days as days
from app.store.tables import drift_modules as table
from app.store.tables import drift_references as references
from app.store.tables import drift_steps as steps
from checks.drift import Sketch, joined
from checks.drift.reference import MOST_FEATURES

MOST_ROWS = 10**12  # of a feature and day: a month of them can still be counted
_YEAR = 366  # days
_SKETCHES = msgspec.json.Decoder(dict[str, Sketch])


class Unlike(ValueError):
    """A feature that cannot be added to what came of it that day, or one too many."""


class Came(StrEnum):
    """What became of a batch."""

    ADDED = "added"
    DUPLICATE = "duplicate"  # it was here before, the same
    DIFFERENT = "different"  # one of its name was here before, and said something else; nothing is kept


@dataclass(frozen=True, slots=True)
class Drifts:
    """The tables of the drift watch. `now`: microseconds."""

    engine: AsyncEngine
    now: Callable[[], int] = now_us

    # --- which there are -----------------------------------------------------------------------------------------

    async def of(self, repository: str) -> list[KeptModule]:
        """All of a repository that are watched, by name."""
        return await self._found(table.c.repository == repository, table.c.rules != "")

    async def get(self, repository: str, name: str) -> KeptModule | None:
        """The module of this name, watched or not any more; None where there never was one."""
        found = await self._found(table.c.repository == repository, table.c.name == name)
        return found[0] if found else None

    async def one(self, key: int) -> KeptModule | None:
        """The module of this id; None where there is none."""
        found = await self._found(table.c.id == key)
        return found[0] if found else None

    async def every(self) -> list[KeptModule]:
        """All that are watched, of all repositories; and those that are not any more, as long as something is owed."""
        return await self._found()

    async def note(self, repository: str, name: str, rules: str) -> None:
        """The module goes by `rules` (JSON) from now on; a new one is watched from now on."""
        async with self.engine.begin() as connection:
            await connection.execute(self._ruled(connection, repository, name, rules, None))

    async def rule(self, repository: str, rules: Mapping[str, str], installation: int | None = None) -> None:
        """The modules of a repository go by `rules` (JSON, by name) from now on; the others are watched no more."""
        async with self.engine.begin() as connection:
            gone = and_(table.c.repository == repository, table.c.name.not_in(rules))
            await connection.execute(update(table).where(gone).values(rules=""))
            for name, text in rules.items():
                await connection.execute(self._ruled(connection, repository, name, text, installation))

    # --- what came -----------------------------------------------------------------------------------------------

    async def take(self, module: int, sent: SentBatch) -> Came:
        """Add a batch to its day. A day that was compared is compared again. Raises Unlike, and nothing is kept."""
        async with self.engine.begin() as connection:
            held = (await connection.execute(select(table).where(table.c.id == module).with_for_update())).one()
            if (known := await self._known(connection, module, sent)) is not None:
                return known
            await self._add(connection, module, sent)
            opened = await _reopened(connection, held, sent.day)
            await connection.execute(update(table).where(table.c.id == module).values(heard_at=self.now(), **opened))
        return Came.ADDED

    async def days(self, module: int, first: int = 0) -> dict[int, KeptDay]:
        """What came, by day, from `first` on."""
        query = select(days).where(days.c.module == module, days.c.day >= first).order_by(days.c.day)
        async with self.engine.connect() as connection:
            return {row.day: _day(row) for row in await connection.execute(query)}

    async def traffic(self, module: int, first: int) -> list[KeptTraffic]:
        """How much came of each day from `first` on."""
        query = select(days.c.day, days.c.rows, days.c.batches).where(days.c.module == module, days.c.day >= first)
        async with self.engine.connect() as connection:
            return [KeptTraffic(*row) for row in await connection.execute(query.order_by(days.c.day))]

    # --- what it is compared with, and how it stood ---------------------------------------------------------------

    async def reference(self, module: KeptModule) -> KeptReference | None:
        """The one that counts."""
        query = select(references).where(references.c.module == module.id, references.c.version == module.version)
        async with self.engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _reference(row)

    async def freeze(self, module: KeptModule, made: KeptReference, cause: Cause) -> bool:
        """From now on `made`, of the version after the module's, is what days are compared with. False where another
        one was quicker.
        """
        after = and_(table.c.id == module.id, table.c.version == made.version - 1)
        values = {"version": made.version, "closed": made.last, "revision": table.c.revision + 1}
        async with self.engine.begin() as connection:
            if not (await connection.execute(update(table).where(after).values(**values))).rowcount:
                return False
            await connection.execute(
                insert(references).values(
                    module=module.id,
                    version=made.version,
                    rules=made.rules,
                    first=made.first,
                    last=made.last,
                    body=zlib.compress(made.body.encode()),
                    made_at=self.now(),
                )
            )
            what = f"reference {made.version} of {module.name} is frozen"
            await append(connection, [told(Kind.DRIFT, (module.repository, None, ""), what, cause)])
        return True

    async def steps(self, module: KeptModule, first: int = 0) -> list[KeptStep]:
        """How it stood after each day since `first`, against the reference that counts."""
        mine = and_(steps.c.module == module.id, steps.c.version == module.version, steps.c.day >= first)
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(steps).where(mine).order_by(steps.c.day))
            return [KeptStep(row.day, _text(row.watch), _text(row.told)) for row in rows]

    async def newest(self, module: KeptModule, count: int) -> list[KeptStep]:
        """The last of them, the oldest first."""
        mine = and_(steps.c.module == module.id, steps.c.version == module.version)
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(steps).where(mine).order_by(steps.c.day.desc()).limit(count))
            return [KeptStep(row.day, _text(row.watch), _text(row.told)) for row in reversed(rows.all())]

    async def looked(self, module: KeptModule, made: Sequence[KeptStep], course: str, said: str, cause: Cause) -> bool:
        """Take down what a look at `module` brought; `said` tells the log of another state, "" of none. False where
        something came meanwhile that bears on it, and then nothing is.
        """
        same = and_(table.c.id == module.id, table.c.revision == module.revision)
        closed = made[-1].day if made else module.closed
        async with self.engine.begin() as connection:
            changed = update(table).where(same).values(course=course, closed=closed)
            if not (await connection.execute(changed)).rowcount:
                return False
            if made:
                await connection.execute(insert(steps), [_step(module, step) for step in made])
            if said:
                await append(connection, [told(Kind.DRIFT, (module.repository, None, ""), said, cause)])
        return True

    async def acted(self, module: int, course: str, before: str) -> None:
        """Its course is `course` now, where it still was `before`."""
        same = and_(table.c.id == module, table.c.course == before)
        async with self.engine.begin() as connection:
            await connection.execute(update(table).where(same).values(course=course))

    async def prune(self, before: float) -> None:
        """Forget which batches came before that moment (epoch seconds), and what came of days before it, unless the
        reference that counts is made of them; and how modules stood a year before.
        """
        day = datetime.fromtimestamp(before, UTC).date().toordinal()
        frozen = and_(
            table.c.id == references.c.module,
            table.c.version == references.c.version,
            references.c.module == days.c.module,
            days.c.day.between(references.c.first, references.c.last),
        )
        async with self.engine.begin() as connection:
            await connection.execute(delete(batches).where(batches.c.received_at < int(before * 1e6)))
            await connection.execute(delete(days).where(days.c.day < day, not_(exists().where(frozen))))
            await connection.execute(delete(steps).where(steps.c.day < day - _YEAR))

    # --- within a transaction ------------------------------------------------------------------------------------

    def _ruled(
        self, connection: AsyncConnection, repository: str, name: str, text: str, installation: int | None
    ) -> Any:
        fresh = {"since_at": self.now(), "revision": 0, "closed": 0, "version": 0, "course": ""}
        known = {"rules": text} | ({} if installation is None else {"installation": installation})
        made = insert_into(table, connection).values(repository=repository, name=name, **fresh, **known)
        again = {"since_at": case((table.c.rules == "", fresh["since_at"]), else_=table.c.since_at)}
        return made.on_conflict_do_update(index_elements=[table.c.repository, table.c.name], set_=known | again)

    async def _known(self, connection: AsyncConnection, module: int, sent: SentBatch) -> Came | None:
        """What is known of a batch of this name; None, and it is noted, where nothing is."""
        same = and_(batches.c.module == module, batches.c.batch == sent.name)
        digest = (await connection.execute(select(batches.c.digest).where(same))).scalar_one_or_none()
        if digest is not None:
            return Came.DUPLICATE if digest == sent.digest else Came.DIFFERENT
        row = {"module": module, "batch": sent.name, "digest": sent.digest, "received_at": self.now()}
        await connection.execute(insert(batches).values(row))
        return None

    async def _add(self, connection: AsyncConnection, module: int, sent: SentBatch) -> None:
        here = and_(days.c.module == module, days.c.day == sent.day)
        row = (await connection.execute(select(days).where(here))).one_or_none()
        merged = _merged({} if row is None else _features(row.body), sent.features)
        values = {
            "body": zlib.compress(msgspec.json.encode(merged)),
            "rows": max((sketch.rows for sketch in merged.values()), default=0),
            "batches": 1 if row is None else row.batches + 1,
        }
        if row is None:
            await connection.execute(insert(days).values(module=module, day=sent.day, **values))
        else:
            await connection.execute(update(days).where(here).values(**values))

    async def _found(self, *conditions: ColumnElement[bool]) -> list[KeptModule]:
        query = select(table).where(*conditions).order_by(table.c.repository, table.c.name)
        async with self.engine.connect() as connection:
            return [_module(row) for row in await connection.execute(query)]


async def _reopened(connection: AsyncConnection, held: Row[Any], day: int) -> dict[str, int]:
    """What changes of a module where `day` was compared already: it and those after it are to be compared anew."""
    if day > held.closed or not held.version:
        return {}
    same = and_(references.c.module == held.id, references.c.version == held.version)
    last = (await connection.execute(select(references.c.last).where(same))).scalar_one()
    if day <= last:  # a reference is frozen
        return {}
    mine = and_(steps.c.module == held.id, steps.c.version == held.version)
    await connection.execute(delete(steps).where(mine, steps.c.day >= day))
    closed = (await connection.execute(select(func.max(steps.c.day)).where(mine))).scalar_one()
    return {"closed": last if closed is None else closed, "revision": held.revision + 1}


def _merged(held: Mapping[str, Sketch], came: Mapping[str, Sketch]) -> dict[str, Sketch]:
    """By feature the rows of both. Raises Unlike."""
    merged = dict(held)
    for name, sketch in came.items():
        both = joined(merged[name], sketch) if name in merged else sketch
        if both is None:
            raise Unlike(f"`{name}` came with the other kind that day")
        merged[name] = both
        if both.rows > MOST_ROWS:
            raise Unlike(f"`{name}` has more than {MOST_ROWS:,} rows in a day")
    if len(merged) > MOST_FEATURES:
        raise Unlike(f"more than {MOST_FEATURES} features in a day")
    return merged


def _features(body: bytes) -> dict[str, Sketch]:
    return _SKETCHES.decode(zlib.decompress(body))


def _day(row: Row[Any]) -> KeptDay:
    return KeptDay(row.day, row.rows, row.batches, _features(row.body))


def _reference(row: Row[Any]) -> KeptReference:
    return KeptReference(row.version, row.rules, row.first, row.last, _text(row.body), row.made_at / 1e6)


def _step(module: KeptModule, step: KeptStep) -> dict[str, Any]:
    packed = {"watch": zlib.compress(step.watch.encode()), "told": zlib.compress(step.told.encode())}
    return {"module": module.id, "version": module.version, "day": step.day} | packed


def _text(packed: bytes) -> str:
    return zlib.decompress(packed).decode()


def _module(row: Row[Any]) -> KeptModule:
    return KeptModule(
        id=row.id,
        repository=row.repository,
        name=row.name,
        rules=row.rules,
        installation=row.installation,
        since=row.since_at / 1e6,
        heard=None if row.heard_at is None else row.heard_at / 1e6,
        revision=row.revision,
        closed=row.closed,
        version=row.version,
        course=row.course,
    )
