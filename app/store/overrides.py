"""Checks that do not count, for a person said so: each of one head of a pull request, onto one base branch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.store.asked_tables import overrides as table
from app.store.database import now_us
from checks.model import Pull
from checks.overridden import Overridden

_STANDS = table.c.withdrawn_by == ""


@dataclass(frozen=True, slots=True)
class Overrides:
    """The table of overrides. What was withdrawn stays in it. `now`: epoch microseconds."""

    engine: AsyncEngine
    now: Callable[[], int] = now_us

    async def of(self, pull: Pull) -> tuple[Overridden, ...]:
        """Those that stand for the head of `pull` onto its base, by check; a merge group has none."""
        if pull.number is None:
            return ()
        async with self.engine.connect() as connection:
            found = await _found(connection, *_of(pull), _STANDS)
        first = {one.check: one for one in reversed(found)}
        return tuple(first[check] for check in sorted(first))

    async def keep(self, pull: Pull, check: str, who: str, reason: str) -> Overridden:
        """`check` does not count for the head of `pull` onto its base. One that stands already comes back as it is."""
        here = (*_of(pull), table.c.check_name == check)
        values = {
            "repository": pull.repository,
            "number": pull.number,
            "head_sha": pull.head_sha,
            "base_ref": pull.base_ref,
            "check_name": check,
            "who": who,
            "reason": reason,
            "at": self.now(),
            "withdrawn_by": "",
        }
        async with self.engine.begin() as connection:
            if not await _found(connection, *here, _STANDS):
                await connection.execute(insert(table).values(**values))
            return (await _found(connection, *here, _STANDS))[0]

    async def withdraw(self, pull: Pull, check: str, who: str) -> None:
        """It counts again."""
        gone = {"withdrawn_by": who, "withdrawn_at": self.now()}
        here = (*_of(pull), table.c.check_name == check, _STANDS)
        async with self.engine.begin() as connection:
            await connection.execute(update(table).where(*here).values(**gone))

    async def withdrawn_by(self, pull: Pull, check: str) -> str:
        """Whoever withdrew the last one, where none stands since; else ""."""
        here = (*_of(pull), table.c.check_name == check)
        newest = select(table.c.withdrawn_by).where(*here).order_by(table.c.id.desc()).limit(1)
        async with self.engine.connect() as connection:
            return await connection.scalar(newest) or ""


def _of(pull: Pull) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.repository == pull.repository,
        table.c.number == pull.number,
        table.c.head_sha == pull.head_sha,
        table.c.base_ref == pull.base_ref,
    )


async def _found(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> Sequence[Overridden]:
    """The oldest first: of two that a race let in, the first counts."""
    rows = await connection.execute(select(table).where(*conditions).order_by(table.c.id))
    return [Overridden(row.check_name, row.who, row.reason, row.at / 1e6) for row in rows]
