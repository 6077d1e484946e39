"""The fixes that we proposed, and how long each took from the publication of what it mends."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import Fix, FixState
from app.store.database import insert_into
from app.store.tables import fixes as table

_MOMENTS = ("opened_at", "published", "refused_at", "green_at")
_OPEN = (FixState.OPEN, FixState.LEFT)
_KEY = ("repository", "target", "purl", "version", "attempt")


@dataclass(frozen=True, slots=True)
class Fixes:
    """The fixes table: one row for each package, version, target and attempt."""

    engine: AsyncEngine

    async def of_target(self, repository: str, target: str) -> list[Fix]:
        """All that were ever proposed for a branch, the oldest first."""
        return await self._found(table.c.repository == repository, table.c.target == target)

    async def of_pull(self, repository: str, number: int) -> list[Fix]:
        """Those that mend what pull request `number` brings, and the one whose pull request it is."""
        either = or_(table.c.source == number, table.c.number == number)
        return await self._found(table.c.repository == repository, either)

    async def about(self, repository: str, branch: str) -> list[Fix]:
        """Those that go to `branch`, and those that come from it, the oldest first."""
        either = or_(table.c.target == branch, table.c.branch == branch)
        return await self._found(table.c.repository == repository, either)

    async def of_repository(self, repository: str) -> list[Fix]:
        """All of a repository, the oldest first."""
        return await self._found(table.c.repository == repository)

    async def listed(self, limit: int = 1000, repository: str = "") -> list[Fix]:
        """The newest, of `repository` where one is given, the newest first."""
        query = select(table).order_by(table.c.id.desc()).limit(limit)
        if repository:
            query = query.where(table.c.repository == repository)
        async with self.engine.connect() as connection:
            return [_fix(row) for row in await connection.execute(query)]

    async def keep(self, fix: Fix) -> Fix:
        """Keep `fix` as it is now; the kept one comes back, with its id. A new one that is known already changes
        nothing, and the known one comes back. So it is with one that has ended meanwhile: no lane that looked before
        makes it open again.
        """
        values = _values(fix)
        async with self.engine.begin() as connection:
            if fix.id:
                change = update(table).where(table.c.id == fix.id).values(**values)
                if fix.open:
                    change = change.where(table.c.state.in_(_OPEN))
                if (await connection.execute(change)).rowcount:
                    return fix
                return _fix((await connection.execute(select(table).where(table.c.id == fix.id))).one())
            made = insert_into(table, connection).values(**values).on_conflict_do_nothing().returning(table.c.id)
            key = (await connection.execute(made)).scalar_one_or_none()
            if key is not None:
                return replace(fix, id=key)
            same = [table.c[name] == values[name] for name in _KEY]
            return _fix((await connection.execute(select(table).where(*same))).one())

    async def reopen(self, fix: Fix) -> Fix:
        """One that had ended is open again, as GitHub says: whatever came of it is taken back."""
        again = replace(fix, state=FixState.OPEN, ending=None, green_at=None)
        async with self.engine.begin() as connection:
            await connection.execute(update(table).where(table.c.id == fix.id).values(**_values(again)))
        return again

    async def counts(self) -> dict[str, int]:
        """How many there are in which state."""
        query = select(table.c.state, func.count()).group_by(table.c.state)
        async with self.engine.connect() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    async def _found(self, *conditions: ColumnElement[bool]) -> list[Fix]:
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(table).where(*conditions).order_by(table.c.id))
            return [_fix(row) for row in rows]


def plain(fix: Fix) -> dict[str, Any]:
    """A fix in JSON's own types; moments in RFC 3339, UTC, to the second; None for what is not known or not yet."""
    return {
        "repository": fix.repository,
        "target": fix.target,
        "purl": fix.purl,
        "version": fix.version,
        "pull_request": fix.number,
        "source": fix.source,
        "branch": fix.branch,
        "state": fix.state.value,
        "refusal": fix.refusal,
        "severity": fix.severity,
        "advisories": list(fix.advisories),
        "published": _written(fix.published),
        "opened": _written(fix.opened_at),
        "green": _written(fix.green_at),
        "seconds_to_open": None if fix.seconds_to_open is None else round(fix.seconds_to_open),
        "seconds_to_green": None if fix.seconds_to_green is None else round(fix.seconds_to_green),
    }


def _written(moment: float | None) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _values(fix: Fix) -> dict[str, Any]:
    values = asdict(fix)
    del values["id"]
    moments = {name: None if values[name] is None else int(values[name] * 1e6) for name in _MOMENTS}
    return values | moments | {"advisories": json.dumps(fix.advisories)}


def _fix(row: Any) -> Fix:
    values = dict(row._mapping)
    moments = {name: None if values[name] is None else values[name] / 1e6 for name in _MOMENTS}
    state = FixState(values["state"])
    ending = FixState(values["ending"]) if values["ending"] else None
    advisories = tuple(json.loads(values["advisories"]))
    return Fix(**values | moments | {"state": state, "ending": ending, "advisories": advisories})
