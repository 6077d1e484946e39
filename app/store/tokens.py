"""The tokens that let CI send what it found: each speaks for a repository, and perhaps for one commit of it alone."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.database import now_us
from app.store.tables import tokens as table

TOKEN_PREFIX = "mst_"


@dataclass(frozen=True, slots=True)
class Grant:
    """What its bearer may speak for: `repository`, and where they are not "" that commit and that path alone."""

    repository: str
    sha: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Bearer tokens, any number a repository; only their SHA-256 is stored."""

    engine: AsyncEngine

    async def issue(self, grant: Grant | str, seconds: float | None = None) -> str:
        """Make a token for `grant`, or for a whole repository by its name, that lives `seconds`, or until it is
        revoked. It is shown this once.
        """
        granted = Grant(grant) if isinstance(grant, str) else grant
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        issued = now_us()
        values = {
            "repository": granted.repository,
            "sha": granted.sha,
            "path": granted.path,
            "digest": _digest(token),
            "created_at": issued,
            "expires_at": None if seconds is None else issued + int(seconds * 1e6),
        }
        async with self.engine.begin() as connection:
            await connection.execute(insert(table).values(**values))
        return token

    async def grant(self, token: str) -> Grant | None:
        """What `token` speaks for; None when it is unknown, revoked or expired."""
        living = or_(table.c.expires_at.is_(None), table.c.expires_at > now_us())
        query = select(table.c.repository, table.c.sha, table.c.path).where(
            table.c.digest == _digest(token), table.c.revoked_at.is_(None), living
        )
        async with self.engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else Grant(*row)

    async def revoke(self, repository: str) -> int:
        """Revoke every token of `repository`; returns how many were live."""
        statement = update(table).where(table.c.repository == repository, table.c.revoked_at.is_(None))
        async with self.engine.begin() as connection:
            return (await connection.execute(statement.values(revoked_at=now_us()))).rowcount


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
