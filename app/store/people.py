"""Who signed in, and what lets us ask GitHub as them: sealed before it comes here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.asked_tables import pairings, sessions
from app.store.asked_tables import people as table
from app.store.database import insert_into, now_us


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signed in. `id`: GitHub's. `access`, `refresh`: sealed; both times in epoch seconds."""

    id: int
    login: str
    access: bytes
    access_until: float
    refresh: bytes
    refresh_until: float


@dataclass(frozen=True, slots=True)
class People:
    """The table of people. `now`: epoch microseconds; `reader`: asks who somebody is, in the place of `engine`."""

    engine: AsyncEngine
    now: Callable[[], int] = now_us
    reader: AsyncEngine | None = None

    async def keep(self, person: Person) -> None:
        """Keep them, in the place of what was kept of them before."""
        values = _row(person) | {"changed_at": self.now()}
        async with self.engine.begin() as connection:
            fresh = insert_into(table, connection).values(id=person.id, **values)
            await connection.execute(fresh.on_conflict_do_update(index_elements=["id"], set_=values))

    async def renew(self, before: Person, person: Person) -> bool:
        """Keep what took the place of `before`; False where that is no longer what is kept: they signed out meanwhile,
        or in anew.
        """
        here = (table.c.id == before.id, table.c.refresh == before.refresh)
        async with self.engine.begin() as connection:
            values = _row(person) | {"changed_at": self.now()}
            return bool((await connection.execute(update(table).where(*here).values(values))).rowcount)

    async def get(self, person: int) -> Person | None:
        """Who has this id."""
        query = select(*(table.c[name] for name in Person.__slots__)).where(table.c.id == person)
        async with (self.reader or self.engine).connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        return Person(row.id, row.login, row.access, row.access_until / 1e6, row.refresh, row.refresh_until / 1e6)

    async def called_now(self, login: str) -> int | None:
        """The id of whoever has this login, as far as we know: the one who was seen with it last."""
        here = func.lower(table.c.login) == login.lower()
        query = select(table.c.id).where(here).order_by(table.c.changed_at.desc()).limit(1)
        async with (self.reader or self.engine).connect() as connection:
            found: int | None = await connection.scalar(query)
        return found

    async def called(self, person: int, login: str) -> None:
        """They have another login now."""
        async with self.engine.begin() as connection:
            await connection.execute(update(table).where(table.c.id == person).values(login=login))

    async def forget(self, person: int) -> None:
        """All that is kept of them, and of what they signed in on."""
        async with self.engine.begin() as connection:
            for each in (pairings.c.person, sessions.c.person, table.c.id):
                await connection.execute(delete(each.table).where(each == person))


def _row(person: Person) -> dict[str, object]:
    return {
        "login": person.login,
        "access": person.access,
        "access_until": round(person.access_until * 1e6),
        "refresh": person.refresh,
        "refresh_until": round(person.refresh_until * 1e6),
    }
