"""Numbers that others measured, bound to one commit of one repository."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.database import now_us
from app.store.tables import measurements as table
from checks.model import Measurement


@dataclass(frozen=True, slots=True)
class Measurements:
    """The measurements table: append-only; of one name the newest row counts, among the trusted if there are any."""

    engine: AsyncEngine

    async def keep(self, repository: str, sha: str, measured: Sequence[Measurement]) -> None:
        """Append `measured` for commit `sha`."""
        rows = [
            {
                "repository": repository,
                "sha": sha,
                "name": one.name,
                "value": json.dumps(
                    {
                        "value": one.value,
                        "unit": one.unit,
                        "interval": one.interval,
                        "n": one.n,
                        "url": one.url,
                    }
                ),
                "source": one.source,
                "trusted": one.trusted,
                "received_at": now_us(),
            }
            for one in measured
        ]
        if rows:
            async with self.engine.begin() as connection:
                await connection.execute(insert(table), rows)

    async def of(self, repository: str, sha: str) -> tuple[Measurement, ...]:
        """The measurement that stands, of each name, at `sha`; sorted by name."""
        return (await self.of_each(repository, (sha,))).get(sha, ())

    async def of_each(self, repository: str, shas: Collection[str]) -> dict[str, tuple[Measurement, ...]]:
        """The same at each of `shas`, by commit; those of which nothing is kept are left out."""
        query = select(table).where(table.c.repository == repository, table.c.sha.in_(shas))
        async with self.engine.connect() as connection:
            rows = (await connection.execute(query.order_by(table.c.trusted, table.c.id))).all()
        standing: dict[str, dict[str, Measurement]] = {}
        for row in rows:
            standing.setdefault(row.sha, {})[row.name] = _measurement(row)
        return {sha: tuple(named[name] for name in sorted(named)) for sha, named in standing.items()}

    async def named(self, repository: str, heads: Sequence[str], name: str) -> dict[str, Measurement]:
        """The measurement of that name that stands at each of `heads`, where there is one."""
        here = (table.c.repository == repository, table.c.sha.in_(heads), table.c.name == name)
        async with self.engine.connect() as connection:
            rows = (await connection.execute(select(table).where(*here).order_by(table.c.trusted, table.c.id))).all()
        return {row.sha: _measurement(row) for row in rows}


def _measurement(row: Any) -> Measurement:
    held = json.loads(row.value)
    interval = held["interval"]
    return Measurement(
        row.name,
        held["value"],
        held["unit"],
        tuple(interval) if interval else None,
        held["n"],
        row.source,
        held["url"],
        row.trusted,
    )
