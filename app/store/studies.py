"""Studies of what deployments did: when each is looked at next, what it said last, and whose pull requests it is."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.model import Cause, Intervention, KeptStudy
from app.store.chain import Kind, told
from app.store.database import insert_into, now_us
from app.store.provenance import append
from app.store.tables import studies as table
from app.store.tables import study_panels as drawn
from app.store.tables import study_pulls as pulls

SHOWN = 10  # studies of one pull request that a decision knows of, the newest: each holds some 30 KB
_OWED = 86_400 * 1_000_000  # microseconds: what cannot be looked at for a day is given up


@dataclass(frozen=True, slots=True)
class Studies:
    """The tables of studies, but for opinions. `now`: epoch microseconds."""

    engine: AsyncEngine
    now: Callable[[], int] = now_us

    # --- which there are -----------------------------------------------------------------------------------------

    async def get(self, key: int, repository: str = "") -> KeptStudy | None:
        """The study of this id; None where there is none, or it is another repository's than is asked for."""
        same = (table.c.id == key, *((table.c.repository == repository,) if repository else ()))
        found = await self._found(select(table).where(*same))
        return found[0] if found else None

    async def of_pull(self, repository: str, number: int) -> list[KeptStudy]:
        """The newest SHOWN of a pull request, the oldest of them first."""
        theirs = select(pulls.c.study).where(pulls.c.number == number)
        return await self._newest(SHOWN, table.c.repository == repository, table.c.id.in_(theirs))

    async def newest(self, repository: str, most: int) -> list[KeptStudy]:
        """The newest `most` of a repository, the oldest of them first."""
        return await self._newest(most, table.c.repository == repository)

    async def due(self) -> list[KeptStudy]:
        """Those of all repositories that are to be looked at by now, and ended a day ago at most."""
        late = (~table.c.done, table.c.look_at <= self.now(), table.c.until > self.now() - _OWED)
        return await self._found(select(table).where(*late).order_by(table.c.look_at))

    # --- what happens to one -------------------------------------------------------------------------------------

    async def begin(
        self, intervention: Intervention, rules: str, until: float, look_at: float, cause: Cause
    ) -> KeptStudy:
        """Begin it, unless there is one of this deployment in this environment: that one comes back then."""
        values = _values(intervention) | {"rules": rules, "until": _us(until), "look_at": _us(look_at)}
        async with self.engine.begin() as connection:
            made = insert_into(table, connection).values(**values).on_conflict_do_nothing().returning(table.c.id)
            key = (await connection.execute(made)).scalar_one_or_none()
            if key is not None and intervention.pulls:
                rows = [{"study": key, "number": number} for number in intervention.pulls]
                await connection.execute(insert(pulls), rows)
            same = [table.c[name] == values[name] for name in ("repository", "environment", "deployment")]
            kept = await _one(connection, select(table).where(*same))
            if key is not None:
                await _log(connection, kept, "begun", cause)
            return kept

    async def tell(self, key: int, said: str, look_at: float, done: bool, cause: Cause) -> KeptStudy:
        """Keep what a look said, and when the next one is. What was final before stays as it was."""
        async with self.engine.begin() as connection:
            before = await _one(connection, select(table).where(table.c.id == key).with_for_update())
            if before.done:
                return before
            answered = self.now() if before.answered is None else _us(before.answered)
            values = {"told": _packed(said), "look_at": _us(look_at), "answered_at": answered, "done": done}
            await connection.execute(update(table).where(table.c.id == key).values(**values))
            kept = await _one(connection, select(table).where(table.c.id == key))
            if done:
                await _log(connection, kept, "ended", cause)
            return kept

    async def draw(self, key: int, panels: str) -> None:
        """Keep the points behind what a look is about to tell, JSON, in the place of those of the look before."""
        body = {"body": _packed(panels)}
        async with self.engine.begin() as connection:
            fresh = insert_into(drawn, connection).values(study=key, **body)
            await connection.execute(fresh.on_conflict_do_update(index_elements=["study"], set_=body))

    async def panels(self, key: int) -> str:
        """The points behind what was told; "" where none are kept."""
        async with self.engine.connect() as connection:
            body = (await connection.execute(select(drawn.c.body).where(drawn.c.study == key))).scalar_one_or_none()
        return zlib.decompress(body).decode() if body else ""

    async def _newest(self, most: int, *conditions: ColumnElement[bool]) -> list[KeptStudy]:
        query = select(table).where(*conditions).order_by(table.c.id.desc()).limit(most)
        return list(reversed(await self._found(query)))

    async def _found(self, query: Select[Any]) -> list[KeptStudy]:
        async with self.engine.connect() as connection:
            return await _kept(connection, query)


async def _one(connection: AsyncConnection, query: Select[Any]) -> KeptStudy:
    (found,) = await _kept(connection, query)
    return found


async def _kept(connection: AsyncConnection, query: Select[Any]) -> list[KeptStudy]:
    rows = (await connection.execute(query)).all()
    numbers = await _numbers(connection, [row.id for row in rows])
    return [_study(row, numbers.get(row.id, ())) for row in rows]


async def _numbers(connection: AsyncConnection, keys: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """The pull requests of each study, by its id."""
    query = select(pulls).where(pulls.c.study.in_(keys)).order_by(pulls.c.number)
    found: dict[int, tuple[int, ...]] = {}
    for study, number in await connection.execute(query):
        found[study] = (*found.get(study, ()), number)
    return found


async def _log(connection: AsyncConnection, kept: KeptStudy, what: str, cause: Cause) -> None:
    """The entry binds what was told by its digest: who edits it gives themselves away."""
    one = kept.intervention
    number = one.pulls[0] if len(one.pulls) == 1 else None
    digest = hashlib.sha256(kept.told.encode()).hexdigest()
    where = (one.repository, number, one.sha)
    await append(connection, [told(Kind.STUDY, where, f"study {kept.id}: {what}", cause, record_digest=digest)])


def _values(one: Intervention) -> dict[str, Any]:
    return {
        "repository": one.repository,
        "environment": one.environment,
        "deployment": one.deployment,
        "sha": one.sha,
        "at": _us(one.at),
        "side": one.side,
        "installation": one.installation,
        "cut": one.cut,
        "told": b"",
        "done": False,
    }


def _study(row: Row[Any], numbers: tuple[int, ...]) -> KeptStudy:
    intervention = Intervention(
        row.repository,
        row.environment,
        row.deployment,
        row.sha,
        row.at / 1e6,
        numbers,
        row.side,
        row.installation,
        row.cut,
    )
    said = zlib.decompress(row.told).decode() if row.told else ""
    answered = None if row.answered_at is None else row.answered_at / 1e6
    return KeptStudy(row.id, intervention, row.rules, row.until / 1e6, row.look_at / 1e6, said, answered, row.done)


def _packed(said: str) -> bytes:
    return zlib.compress(said.encode()) if said else b""


def _us(seconds: float) -> int:
    return round(seconds * 1e6)
