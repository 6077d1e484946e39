"""What was reported that each pull request cost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.model import MOST_USD
from app.store.remedial_tables import ci_jobs, usage
from app.store.tables import decisions, measurements

COST = "cost_usd"
_Head = tuple[str, str]
_Pull = tuple[str, int]
Spent = tuple[float | None, float | None]
"""US dollars and minutes of CI; None where nobody reported any."""


class Asked(Protocol):
    """Of what, and since when (epoch microseconds)."""

    @property
    def start(self) -> int: ...

    def of(self, table: Table) -> Sequence[ColumnElement[bool]]: ...


async def spent(connection: AsyncConnection, asked: Asked) -> dict[_Pull, Spent]:
    """What was reported since the period began, by pull request; of a head that no report of usage gives a cost, the
    measurement of that name. Minutes are those of the jobs that GitHub showed, where it showed any. A fork's word does
    not count.
    """
    reports = await _reports(connection, asked)
    stated = await _stated(connection, asked)
    priced = {(row.repository, row.sha) for row in reports if row.usd is not None}
    amounts = [((row.repository, row.sha), row.number, row.usd, row.ci_minutes) for row in reports]
    amounts += [(head, None, usd, None) for head, usd in stated.items() if head not in priced]
    known = await _numbers(connection, asked)
    found: dict[_Pull, Spent] = {}
    for head, number, usd, minutes in amounts:
        for pull in known.get(head, ()) if number is None else (number,):
            before = found.get((head[0], pull), (None, None))
            found[head[0], pull] = _sum(before[0], usd), _sum(before[1], minutes)
    for pull_of, seen in (await _seen(connection, asked)).items():
        found[pull_of] = found.get(pull_of, (None, None))[0], seen
    return found


async def _reports(connection: AsyncConnection, asked: Asked) -> Sequence[Any]:
    here = (usage.c.trusted == 1, usage.c.received_at >= asked.start, *asked.of(usage))
    names = ("repository", "sha", "number", "usd", "ci_minutes")
    return (await connection.execute(select(*(usage.c[name] for name in names)).where(*here))).all()


async def _stated(connection: AsyncConnection, asked: Asked) -> dict[_Head, float]:
    """The measurement by head: the newest that is trusted."""
    here = (measurements.c.name == COST, measurements.c.trusted, measurements.c.received_at >= asked.start)
    query = select(measurements).where(*here, *asked.of(measurements)).order_by(measurements.c.id)
    newest = {(row.repository, row.sha): json.loads(row.value)["value"] for row in await connection.execute(query)}
    return {
        head: float(value)
        for head, value in newest.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST_USD
    }


async def _numbers(connection: AsyncConnection, asked: Asked) -> dict[_Head, set[int]]:
    """The pull requests that each head was judged for of which something was reported."""
    found: dict[_Head, set[int]] = {}
    for table, here in (
        (usage, (usage.c.number.is_(None), usage.c.received_at >= asked.start)),
        (measurements, (measurements.c.name == COST, measurements.c.received_at >= asked.start)),
    ):
        same = (decisions.c.repository == table.c.repository) & (decisions.c.head_sha == table.c.sha)
        query = select(table.c.repository, table.c.sha, decisions.c.number).join(decisions, same).distinct()
        rows = await connection.execute(query.where(decisions.c.number.is_not(None), *here, *asked.of(table)))
        for repository, sha, number in rows.all():
            found.setdefault((repository, sha), set()).add(number)
    return found


async def _seen(connection: AsyncConnection, asked: Asked) -> dict[_Pull, float]:
    """Minutes of the jobs that GitHub showed on the heads that were judged since the period began."""
    jobs = select(ci_jobs.c.repository, ci_jobs.c.sha, func.sum(ci_jobs.c.minutes).label("minutes"))
    heads = jobs.where(*asked.of(ci_jobs)).group_by(ci_jobs.c.repository, ci_jobs.c.sha).subquery()
    same = (decisions.c.repository == heads.c.repository) & (decisions.c.head_sha == heads.c.sha)
    query = select(heads.c.repository, decisions.c.number, heads.c.sha, heads.c.minutes).join(decisions, same)
    late = query.where(decisions.c.decided_at >= asked.start, decisions.c.number.is_not(None)).distinct()
    found: dict[_Pull, float] = {}
    for repository, pull, _, minutes in (await connection.execute(late)).all():
        found[repository, pull] = float(minutes) + found.get((repository, pull), 0.0)
    return found


def _sum(before: float | None, more: float | None) -> float | None:
    return before if more is None else more + (before or 0.0)
