"""What people say to studies: one opinion of each person, the latest. Every change of mind is in the log."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.model import Cause, KeptStudy, Opinion, Tally
from app.store.chain import Kind, told
from app.store.database import insert_into, now_us
from app.store.provenance import append
from app.store.tables import studies
from app.store.tables import study_opinions as table


@dataclass(frozen=True, slots=True)
class Opinions:
    """The table of opinions. `now`: epoch microseconds."""

    engine: AsyncEngine
    now: Callable[[], int] = now_us

    async def hold(self, study: KeptStudy, opinion: Opinion, cause: Cause) -> bool:
        """Keep it, in the place of what its holder said before; False where that was the same."""
        said = {"agree": opinion.agree, "metric": opinion.metric, "reason": opinion.reason}
        async with self.engine.begin() as connection:
            mine = select(table).where(table.c.study == study.id, table.c.login == opinion.login)
            before = (await connection.execute(mine)).one_or_none()
            if before is not None and all(getattr(before, name) == value for name, value in said.items()):
                return False
            fresh = insert_into(table, connection).values(study=study.id, login=opinion.login, at=self.now(), **said)
            changed = said | {"at": self.now()}
            await connection.execute(fresh.on_conflict_do_update(index_elements=["study", "login"], set_=changed))
            await _log(connection, study, opinion, cause)
        return True

    async def held(self, study: KeptStudy, login: str) -> Opinion | None:
        """What `login` says of it; None where that is nothing yet."""
        mine = select(table).where(table.c.study == study.id, table.c.login == login)
        async with self.engine.connect() as connection:
            row = (await connection.execute(mine)).one_or_none()
        return None if row is None else Opinion(row.login, bool(row.agree), row.metric, row.reason)

    async def of(self, keys: Collection[int]) -> dict[int, Tally]:
        """How many agree with each of these studies, by its id; those that nobody said anything to are left out."""
        query = select(table.c.study, table.c.agree, func.count()).where(table.c.study.in_(keys))
        async with self.engine.connect() as connection:
            rows = (await connection.execute(query.group_by(table.c.study, table.c.agree))).all()
        found: dict[int, list[Any]] = {}
        for study, agree, many in rows:
            found.setdefault(study, []).append((agree, many))
        return {study: _tally(counts) for study, counts in found.items()}

    async def rate(self, repository: str) -> Tally:
        """How many agree, over all studies of a repository."""
        return await self._counted(studies.c.repository == repository)

    async def counts(self) -> Tally:
        """How many agree, over everything."""
        return await self._counted()

    async def _counted(self, *conditions: ColumnElement[bool]) -> Tally:
        joined = table.join(studies, studies.c.id == table.c.study)
        query = select(table.c.agree, func.count()).select_from(joined).where(*conditions).group_by(table.c.agree)
        async with self.engine.connect() as connection:
            return _tally((await connection.execute(query)).all())


async def _log(connection: AsyncConnection, study: KeptStudy, opinion: Opinion, cause: Cause) -> None:
    """The reason is a person's own words, and no matter of the log."""
    word = "agreed" if opinion.agree else "disagreed"
    what = f"study {study.id}: {word}" + (f" on {opinion.metric}" if opinion.metric else "")
    one = study.intervention
    number = one.pulls[0] if len(one.pulls) == 1 else None
    await append(connection, [told(Kind.STUDY, (one.repository, number, one.sha), what, cause)])


def _tally(counts: Any) -> Tally:
    many = {bool(agree): count for agree, count in counts}
    return Tally(many.get(True, 0), many.get(False, 0))
