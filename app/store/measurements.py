"""Numbers that others measured, bound to one commit of one repository, and the tokens that let them in."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.database import now_us
from app.store.tables import measurements as table
from app.store.tables import tokens
from checks.model import Measurement

TOKEN_PREFIX = "mst_"


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
        query = select(table).where(table.c.repository == repository, table.c.sha == sha)
        async with self.engine.connect() as connection:
            rows = (await connection.execute(query.order_by(table.c.trusted, table.c.id))).all()
        standing = {row.name: _measurement(row) for row in rows}
        return tuple(standing[name] for name in sorted(standing))


@dataclass(frozen=True, slots=True)
class Tokens:
    """Bearer tokens, one or more a repository; only their SHA-256 is stored."""

    engine: AsyncEngine

    async def issue(self, repository: str) -> str:
        """Make a token that may send measurements of `repository`; it is shown this once."""
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        async with self.engine.begin() as connection:
            await connection.execute(
                insert(tokens).values(repository=repository, digest=_digest(token), created_at=now_us())
            )
        return token

    async def repository(self, token: str) -> str | None:
        """The repository that `token` speaks for; None when it is unknown or revoked."""
        query = select(tokens.c.repository).where(tokens.c.digest == _digest(token), tokens.c.revoked_at.is_(None))
        async with self.engine.connect() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def revoke(self, repository: str) -> int:
        """Revoke every token of `repository`; returns how many were live."""
        statement = update(tokens).where(tokens.c.repository == repository, tokens.c.revoked_at.is_(None))
        async with self.engine.begin() as connection:
            return (await connection.execute(statement.values(revoked_at=now_us()))).rowcount


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


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
