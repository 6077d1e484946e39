"""Every decision with all it was made of, so that it can be made again."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.model import Archived, Cause, Seal
from app.store.chain import Kind, told
from app.store.database import now_us
from app.store.provenance import append
from app.store.tables import decisions as table

SILENCE = "silence"  # stands for a verdict where nothing is asked any more


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision as it is listed: without its record. `at`: epoch seconds."""

    id: int
    repository: str
    number: int
    head_sha: str
    verdict: str  # SILENCE where nothing was asked any more
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions table: append-only, each decision in one transaction with its entry in the provenance log."""

    engine: AsyncEngine

    async def keep(
        self, repository: str, number: int | None, head_sha: str, verdict: str, record: bytes, cause: Cause
    ) -> Archived:
        """Store one decision: `record` is its JSON (facts, configuration, answer), `cause` what asked for it.

        The cause comes back with the decision's id: whatever is done because of the decision is logged with it.
        """
        values = {
            "repository": repository,
            "number": number,
            "head_sha": head_sha,
            "verdict": verdict,
            "reason": cause.reason,
            "record": zlib.compress(record),
            "decided_at": now_us(),
        }
        async with self.engine.begin() as connection:
            made = await connection.execute(insert(table).values(**values).returning(table.c.id))
            cause = replace(cause, decision_id=made.scalar_one(), head_sha=head_sha)
            return Archived(cause, await _log(connection, (repository, number, head_sha), verdict, record, cause))

    async def of_pull(self, repository: str, number: int, most: int = 500) -> list[Judged]:
        """The newest `most` of a pull request, the newest first."""
        query = _LISTED.where(table.c.repository == repository, table.c.number == number)
        return await self._listed(query.order_by(table.c.id.desc()).limit(most))

    async def standing(self, repositories: Collection[str]) -> list[Judged]:
        """The newest of each pull request of `repositories`, but of those of which nothing is asked any more."""
        theirs = (table.c.repository.in_(repositories), table.c.number.is_not(None))
        newest = select(func.max(table.c.id)).where(*theirs).group_by(table.c.repository, table.c.number)
        return await self._listed(_LISTED.where(table.c.id.in_(newest), table.c.verdict != SILENCE))

    async def since(self, keys: Collection[int]) -> dict[int, float]:
        """When the verdict of each of the decisions `keys` was first given to its pull request, without another one in
        between; epoch seconds, by id.
        """
        same, other = table.alias(), table.alias()
        here = (other.c.repository == table.c.repository, other.c.number == table.c.number)
        before = (*here, other.c.id < table.c.id, other.c.verdict != table.c.verdict)
        last = func.coalesce(select(func.max(other.c.id)).where(*before).correlate(table).scalar_subquery(), 0)
        run = (same.c.repository == table.c.repository, same.c.number == table.c.number, same.c.id > last)
        first = select(func.min(same.c.decided_at)).where(*run).correlate(table).scalar_subquery()
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(table.c.id, first).where(table.c.id.in_(keys)))
            return {key: at / 1e6 for key, at in rows}

    async def records(self, keys: Collection[int]) -> Mapping[int, bytes]:
        """The record of each of the decisions `keys`."""
        query = select(table.c.id, table.c.record).where(table.c.id.in_(keys))
        async with self.engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        return {key: zlib.decompress(record) for key, record in rows}

    async def _listed(self, query: Select[Any]) -> list[Judged]:
        async with self.engine.connect() as connection:
            return [_judged(row) for row in await connection.execute(query)]

    async def latest(self, repository: str, number: int) -> bytes | None:
        """The newest record of a pull request."""
        return await self._newest(table.c.repository == repository, table.c.number == number)

    async def decided(self, repository: str, number: int, at: float | None = None) -> bytes | None:
        """The newest record of a decision on a pull request, though it was voided since; as it was `at` epoch seconds,
        if given.
        """
        given = [table.c.repository == repository, table.c.number == number, table.c.verdict != SILENCE]
        if at is not None:
            given.append(table.c.decided_at <= round(at * 1e6))
        return await self._newest(*given)

    async def head(self, repository: str, number: int) -> str | None:
        """The head that the newest decision on a pull request is of, though it was voided since."""
        given = (table.c.repository == repository, table.c.number == number, table.c.verdict != SILENCE)
        query = select(table.c.head_sha).where(*given).order_by(table.c.id.desc()).limit(1)
        async with self.engine.connect() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def _newest(self, *conditions: ColumnElement[bool]) -> bytes | None:
        query = select(table.c.record).where(*conditions)
        async with self.engine.connect() as connection:
            record = (await connection.execute(query.order_by(table.c.id.desc()).limit(1))).scalar_one_or_none()
        return None if record is None else zlib.decompress(record)

    async def pulls_at(self, repository: str, head_sha: str) -> list[int]:
        """Pull requests we have judged at this head: check events of forks name no pull request."""
        query = select(table.c.number).where(
            table.c.repository == repository, table.c.head_sha == head_sha, table.c.number.is_not(None)
        )
        async with self.engine.connect() as connection:
            return sorted({int(number) for number in (await connection.execute(query)).scalars()})

    async def heads(self, repository: str, number: int) -> list[str]:
        """Every head that a pull request was judged at."""
        query = select(table.c.head_sha).where(table.c.repository == repository, table.c.number == number).distinct()
        async with self.engine.connect() as connection:
            return list((await connection.execute(query)).scalars())

    async def judged_since(self, repository: str, number: int, since: float) -> list[tuple[str, float]]:
        """The heads of a pull request that were first judged after `since`, each with when that was, the newest first;
        epoch seconds.
        """
        first = func.min(table.c.decided_at)
        here = (table.c.repository == repository, table.c.number == number)
        query = select(table.c.head_sha, first).where(*here).group_by(table.c.head_sha).having(first > since * 1e6)
        async with self.engine.connect() as connection:
            rows = await connection.execute(query.order_by(first.desc()))
            return [(sha, at / 1e6) for sha, at in rows]

    async def first_at(self, repository: str, head_sha: str) -> float | None:
        """When a head was first judged, in epoch seconds; None when it never was."""
        query = select(func.min(table.c.decided_at)).where(
            table.c.repository == repository, table.c.head_sha == head_sha
        )
        async with self.engine.connect() as connection:
            first = (await connection.execute(query)).scalar_one_or_none()
        return None if first is None else first / 1e6

    async def last_at(self) -> float | None:
        """When anything was last judged, in epoch seconds; None when nothing was."""
        async with self.engine.connect() as connection:
            last = (await connection.execute(select(func.max(table.c.decided_at)))).scalar_one_or_none()
        return None if last is None else last / 1e6

    async def at_head(self, repository: str, head_sha: str) -> list[bytes]:
        """The newest record of each pull request that was judged at this head."""
        newest = (
            select(func.max(table.c.id))
            .where(table.c.repository == repository, table.c.head_sha == head_sha, table.c.number.is_not(None))
            .group_by(table.c.number)
        )
        query = select(table.c.record).where(table.c.id.in_(newest)).order_by(table.c.number)
        async with self.engine.connect() as connection:
            return [zlib.decompress(row) for row in (await connection.execute(query)).scalars()]

    async def newest_at(self, repository: str, heads: Sequence[str]) -> dict[tuple[int, str], bytes]:
        """The newest record of each pull request at each of `heads`, by number and head; b"" where it was voided."""
        newest = (
            select(func.max(table.c.id))
            .where(table.c.repository == repository, table.c.head_sha.in_(heads), table.c.number.is_not(None))
            .group_by(table.c.number, table.c.head_sha)
        )
        query = select(table.c.number, table.c.head_sha, table.c.record).where(table.c.id.in_(newest))
        async with self.engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        return {(row.number, row.head_sha): zlib.decompress(row.record) for row in rows}

    async def verdicts_at(self, repository: str, heads: Sequence[str]) -> AsyncIterator[tuple[str, bytes]]:
        """The verdicts at any of `heads`, each with its record, the newest first; what was voided is none."""
        given = (table.c.repository == repository, table.c.head_sha.in_(heads), table.c.verdict != SILENCE)
        query = select(table.c.id).where(*given).order_by(table.c.id.desc())
        async with self.engine.connect() as connection:
            ids = list((await connection.execute(query)).scalars())
        for one in ids:
            async with self.engine.connect() as connection:
                wanted = select(table.c.verdict, table.c.record).where(table.c.id == one)
                row = (await connection.execute(wanted)).one()
            yield row.verdict, zlib.decompress(row.record)

    async def group_at(self, repository: str, head_sha: str) -> bytes | None:
        """The newest record of a merge group at this head."""
        query = select(table.c.record).where(
            table.c.repository == repository, table.c.head_sha == head_sha, table.c.number.is_(None)
        )
        async with self.engine.connect() as connection:
            record = (await connection.execute(query.order_by(table.c.id.desc()).limit(1))).scalar_one_or_none()
        return None if record is None else zlib.decompress(record)

    async def void(self, repository: str, number: int, cause: Cause) -> None:
        """Nothing is asked of a pull request any more, as `cause` showed: at every head that it was judged at, its
        newest word is none.
        """
        for head in await self.heads(repository, number):
            await self.keep(repository, number, head, SILENCE, b"", cause)


def _judged(row: Row[Any]) -> Judged:
    return Judged(row.id, row.repository, row.number, row.head_sha, row.verdict, row.reason, row.decided_at / 1e6)


_LISTED = select(
    *(table.c[name] for name in ("id", "repository", "number", "head_sha", "verdict", "reason", "decided_at"))
)


async def _log(
    connection: AsyncConnection, where: tuple[str, int | None, str], verdict: str, record: bytes, cause: Cause
) -> Seal:
    """The entry binds the record by its digest: who edits the decision gives themselves away."""
    digest = hashlib.sha256(record).hexdigest()
    (seal,) = await append(connection, [told(Kind.DECISION, where, verdict, cause, record_digest=digest)])
    return seal
