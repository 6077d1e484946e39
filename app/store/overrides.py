"""Checks that do not count, for a person said so: each of one head of a pull request, onto one base branch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.store.asked_tables import overrides as table
from app.store.database import now_us
from app.store.decisions import SILENCE
from app.store.tables import decisions
from checks.model import Pull
from checks.overridden import Overridden

_MOVED_SINCE = exists().where(
    decisions.c.repository == table.c.repository,
    decisions.c.number == table.c.number,
    decisions.c.head_sha != table.c.head_sha,
    decisions.c.verdict != SILENCE,
    decisions.c.decided_at > table.c.at,
)
"""A decision of another head ends it for good: who pushes that head once more is not let through by it."""

_STANDS = (table.c.withdrawn_by == "") & ~_MOVED_SINCE


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

    async def keep(self, pull: Pull, check: str, who: str, reason: str, command: str) -> Overridden:
        """`check` does not count for the head of `pull` onto its base, for `command` said so. One that stands already
        comes back as it is.
        """
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
            "command": command,
            "withdrawn_by": "",
        }
        async with self.engine.begin() as connection:
            if not await _found(connection, *here, _STANDS):
                await connection.execute(insert(table).values(**values))
            return (await _found(connection, *here, _STANDS))[0]

    async def withdraw(self, pull: Pull, check: str, who: str, command: str) -> None:
        """It counts again, for `command` said so."""
        gone = {"withdrawn_by": who, "withdrawn_at": self.now(), "withdrawn_for": command}
        here = (*_of(pull), table.c.check_name == check, _STANDS)
        async with self.engine.begin() as connection:
            await connection.execute(update(table).where(*here).values(**gone))

    async def had(self, pull: Pull, check: str, command: str) -> bool:
        """Did `command` say it, or withdraw it, before: in a run that was killed?"""
        its = (table.c.command == command) | (table.c.withdrawn_for == command)
        known = select(exists().where(*_of(pull), table.c.check_name == check, its))
        async with self.engine.connect() as connection:
            return bool(await connection.scalar(known))


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
