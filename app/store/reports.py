"""What was reported to have been used for a pull request, row by row, as far as it was known at some moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.remedial_tables import usage as table


@dataclass(frozen=True, slots=True)
class Reports:
    """The table of usage, for whoever keeps evidence of it."""

    engine: AsyncEngine

    async def of_pull(self, repository: str, number: int, sha: str, until: float) -> list[Mapping[str, Any]]:
        """The rows of a pull request and of its commit `sha` that came up to `until`, epoch seconds."""
        theirs = or_(table.c.number == number, table.c.sha == sha)
        known = (table.c.repository == repository, theirs, table.c.received_at <= round(until * 1e6))
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(table).where(*known).order_by(table.c.id))
            return [dict(row) for row in rows.mappings()]
