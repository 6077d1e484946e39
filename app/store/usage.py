"""What work on heads was reported to have used, and how long their jobs ran."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.model import Used
from app.store.database import insert_into, now_us
from app.store.remedial_tables import attempts, ci_jobs
from app.store.remedial_tables import usage as table

MOST = 200  # reports of one head
_SAID = ("trace", "trusted", "usd", "ci_minutes", "tokens", "cached_tokens", "model", "number", "received_at")


class Outranked(Exception):
    """A claim on a fork's change under the name of a report that is trusted."""


class TooMany(Exception):
    """A head has as many reports as are kept of one."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The table of reports, and that of the jobs that GitHub showed. `now`: epoch microseconds."""

    engine: AsyncEngine
    now: Callable[[], int] = now_us

    async def keep(self, repository: str, used: Sequence[Used]) -> None:
        """Keep all of `used`, or raise TooMany or Outranked and keep none. Of one head and name the newest counts; a
        report that is not trusted never takes the place of one that is.
        """
        async with self.engine.begin() as connection:
            for one in sorted(used, key=lambda one: (one.sha, one.report)):  # one order for all: no two wait crosswise
                kept = insert_into(table, connection).values(self._row(repository, one))
                placed = kept.on_conflict_do_update(
                    index_elements=["repository", "sha", "report"],
                    set_={name: kept.excluded[name] for name in _SAID},
                    where=table.c.trusted <= kept.excluded.trusted,
                )
                if (await connection.execute(placed.returning(table.c.id))).first() is None:
                    raise Outranked(f"a trusted report of {one.sha} is called {one.report!r}, and no claim replaces it")
            for sha in {one.sha for one in used}:
                await _bounded(connection, repository, sha)

    async def claimed(self, repository: str, number: int, head_sha: str) -> None:
        """A pull request turned out to come from a fork: what was reported on it, or on this head of it, is a claim."""
        theirs = or_(table.c.number == number, table.c.sha == head_sha)
        async with self.engine.begin() as connection:
            found = update(table).where(table.c.repository == repository, theirs, table.c.trusted == 1)
            await connection.execute(found.values(trusted=0))

    async def of(self, repository: str, number: int, heads: Sequence[str]) -> Sequence[Used]:
        """The reports on a pull request: those that name it, and those on its `heads` that name none."""
        async with self.engine.connect() as connection:
            rows = (await connection.execute(select(table).where(_here(repository, number, heads)))).mappings().all()
        names = ("sha", "report", "number", "trace", "usd", "ci_minutes", "tokens", "cached_tokens", "model")
        return [Used(**{name: row[name] for name in names}, trusted=bool(row["trusted"])) for row in rows]

    async def of_trace(self, trace: str) -> float | None:
        """What an attempt is reported to have cost, in US dollars, by senders that are trusted; None: nobody said."""
        query = select(func.sum(table.c.usd)).where(table.c.trace == trace, table.c.trusted == 1)
        async with self.engine.connect() as connection:
            found = (await connection.execute(query)).scalar_one_or_none() if trace else None
        return None if found is None else float(found)

    async def by_arm(self, repository: str, number: int, heads: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """What each arm cost of it, by name, where a trusted report says whose work it was. US dollars."""
        query = (
            select(attempts.c.arm, func.sum(table.c.usd))
            .join_from(table, attempts, and_(attempts.c.trace == table.c.trace, attempts.c.arm != ""))
            .where(_here(repository, number, heads), table.c.trusted == 1, table.c.usd.is_not(None))
            .group_by(attempts.c.arm)
            .order_by(attempts.c.arm)
        )
        async with self.engine.connect() as connection:
            return tuple((row[0], float(row[1])) for row in (await connection.execute(query)).all())

    async def keep_jobs(self, repository: str, sha: str, jobs: Sequence[tuple[int, int]]) -> None:
        """Remember jobs that ended on a head: GitHub's id of each, and its whole minutes. A job counts once."""
        rows = [{"repository": repository, "sha": sha, "job": job, "minutes": minutes} for job, minutes in jobs]
        if rows:
            async with self.engine.begin() as connection:
                await connection.execute(insert_into(ci_jobs, connection).values(rows).on_conflict_do_nothing())

    async def minutes(self, repository: str, heads: Sequence[str]) -> int | None:
        """How long the jobs on these `heads` ran, in whole minutes a job; None where no job was seen to end."""
        query = select(func.sum(ci_jobs.c.minutes)).where(ci_jobs.c.repository == repository, ci_jobs.c.sha.in_(heads))
        async with self.engine.connect() as connection:
            found = (await connection.execute(query)).scalar_one_or_none()
        return None if found is None else int(found)

    def _row(self, repository: str, one: Used) -> dict[str, Any]:
        return {
            "repository": repository,
            "sha": one.sha,
            "number": one.number,
            "trace": one.trace,
            "report": one.report,
            "trusted": int(one.trusted),
            "usd": one.usd,
            "ci_minutes": one.ci_minutes,
            "tokens": one.tokens,
            "cached_tokens": one.cached_tokens,
            "model": one.model,
            "received_at": self.now(),
        }


def _here(repository: str, number: int, heads: Sequence[str]) -> ColumnElement[bool]:
    unnamed = and_(table.c.number.is_(None), table.c.sha.in_(heads))
    return and_(table.c.repository == repository, or_(table.c.number == number, unnamed))


async def _bounded(connection: AsyncConnection, repository: str, sha: str) -> None:
    of_head = select(func.count()).where(table.c.repository == repository, table.c.sha == sha)
    if (await connection.execute(of_head)).scalar_one() > MOST:
        raise TooMany(f"{sha} has {MOST} reports, which is as many as are kept of one commit")
