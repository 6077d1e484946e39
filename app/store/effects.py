"""What we already did on GitHub, so that doing it again changes nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.chain import ProvenanceEntry
from app.store.database import insert_into, now_us
from app.store.provenance import append
from app.store.tables import effects as table

_IN_DOUBT = and_(table.c.remote_id.is_(None), ~table.c.completed)


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing of ours on GitHub. `remote_id` None and not `completed`: begun, and its outcome never learned.

    Things without an id there (a branch, a head) are `completed`, and their digest is the commit. `completed` check
    runs cannot be opened again: the next one of the same name has the next `generation`.
    """

    remote_id: int | None
    digest: str
    completed: bool = False
    generation: int = 0
    sent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Written:
    """An effect, and when it was last begun or recorded (epoch seconds)."""

    effect: Effect
    at: float


def check_key(repository: str, head_sha: str, name: str) -> str:
    """The key of the check run `name` on a head."""
    return f"{repository}/check/{head_sha}/{name}"


def head_key(repository: str, number: int | str) -> str:
    """The key of the head that pull request `number` is judged at: its digest is the sha."""
    return f"{repository}/head/{number}"


def card_key(repository: str, number: int) -> str:
    """The key of a pull request's card."""
    return f"{repository}#{number}/card"


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects table; a key names the thing, e.g. `o/r/check/<sha>/maestro / decision`."""

    engine: AsyncEngine

    async def get(self, key: str) -> Effect | None:
        """The effect, or None when it was never begun."""
        async with self.engine.connect() as connection:
            row = (await connection.execute(select(table).where(table.c.key == key))).one_or_none()
        return None if row is None else _effect(row)

    async def below(self, prefix: str) -> dict[str, Effect]:
        """The effects whose key begins with `prefix`, by the rest of their key, in small letters."""
        query = select(table).where(table.c.key.startswith(prefix.lower(), autoescape=True))
        async with self.engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        return {row.key.removeprefix(prefix.lower()): _effect(row) for row in rows}

    async def pulls_at(self, repository: str, head_sha: str) -> list[int]:
        """The pull requests that are judged at this head, as far as we know."""
        heads = await self.below(head_key(repository, ""))
        return sorted(int(number) for number, head in heads.items() if head.digest == head_sha)

    async def written(self, keys: Sequence[str]) -> dict[str, Written]:
        """Those of `keys` that were ever begun, by their key in small letters."""
        query = select(table).where(table.c.key.in_(keys))
        async with self.engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        return {row.key: Written(_effect(row), row.written_at / 1e6) for row in rows}

    async def begin(self, key: str, digest: str = "") -> bool:
        """Say, before the call, that we are about to make it: a crash in between is then known and looked up.

        `digest`: by what it will be known. False when somebody has said so before.
        """
        values = {"digest": digest, "completed": False, "generation": 0, "sent": "[]", "written_at": now_us()}
        async with self.engine.begin() as connection:
            statement = insert_into(table, connection).values(key=key, **values).on_conflict_do_nothing()
            fresh = (await connection.execute(statement.returning(table.c.key))).one_or_none() is not None
            if digest and not fresh:
                same = update(table).where(table.c.key == key, _IN_DOUBT).values(digest=digest)
                await connection.execute(same)
            return fresh

    async def abandon(self, key: str) -> None:
        """GitHub surely did not do what was begun: as if it had never been."""
        async with self.engine.begin() as connection:
            await connection.execute(delete(table).where(table.c.key == key, _IN_DOUBT))

    async def in_doubt(self) -> list[str]:
        """The keys of all that was begun and whose outcome was never learned, the oldest first."""
        query = select(table.c.key).where(_IN_DOUBT).order_by(table.c.written_at, table.c.key)
        async with self.engine.connect() as connection:
            return list(await connection.scalars(query))

    async def record(self, key: str, effect: Effect, entry: ProvenanceEntry | None = None) -> None:
        """Say, after the call, what GitHub has now; `entry` tells the log, and no crash can part the two."""
        values = {
            "remote_id": effect.remote_id,
            "digest": effect.digest,
            "completed": effect.completed,
            "generation": effect.generation,
            "sent": json.dumps(sorted(effect.sent)),
            "written_at": now_us(),
        }
        async with self.engine.begin() as connection:
            statement = insert_into(table, connection).values(key=key, **values)
            await connection.execute(statement.on_conflict_do_update(index_elements=[table.c.key], set_=values))
            if entry is not None:
                await append(connection, [entry])

    async def forget_words(self, prefix: str) -> None:
        """GitHub reset these check runs: what they said no longer stands, though their ids do."""
        async with self.engine.begin() as connection:
            await connection.execute(
                update(table).where(table.c.key.startswith(prefix.lower(), autoescape=True)).values(digest="")
            )


def _effect(row: Any) -> Effect:
    return Effect(row.remote_id, row.digest, row.completed, row.generation, frozenset(json.loads(row.sent)))
