"""What people are signed in on: browsers, and overlays, which a code of one use lets in. Only hashes are stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.asked_tables import pairings, people
from app.store.asked_tables import sessions as table
from app.store.database import now_us

BROWSER, OVERLAY = "browser", "overlay"
COOKIE_PREFIX, BEARER_PREFIX = "mss_", "mso_"  # by which the log knows them, wherever they turn up
IDLE = 8 * 3_600.0  # seconds without a request after which a session ends
LONGEST = {BROWSER: 7 * 86_400.0, OVERLAY: 8 * 3_600.0}  # seconds after which it ends however it is used
PAIRING = 300.0  # seconds that a code is good for
_NOTED = 60.0  # seconds between two notes that a session is used
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # 30 that no reader takes for another
_LENGTH, _GROUP = 12, 4  # 58 bits


@dataclass(frozen=True, slots=True)
class Session:
    """One browser, or overlay, that somebody signed in on. `id` names it and opens nothing; times: epoch seconds."""

    id: str
    person: int
    login: str
    kind: str
    name: str
    made: float
    used: float
    until: float


@dataclass(frozen=True, slots=True)
class Code:
    """What an overlay is let in with, as a person reads it."""

    text: str
    until: float


@dataclass(frozen=True, slots=True)
class Sessions:
    """The tables of sessions and of pairing codes. `now`: epoch microseconds; `reader`: asks who comes with a request,
    in the place of `engine`.
    """

    engine: AsyncEngine
    now: Callable[[], int] = now_us
    reader: AsyncEngine | None = None

    async def begin(self, person: int, kind: str, name: str) -> tuple[str, float]:
        """A new session; what its holder shows from now on, told this once, and until when."""
        secret = (BEARER_PREFIX if kind == OVERLAY else COOKIE_PREFIX) + secrets.token_urlsafe(32)
        now, until = self.now(), self._in(LONGEST[kind])
        row = {"person": person, "kind": kind, "name": name[:100], "made_at": now, "used_at": now, "until": until}
        async with self.engine.begin() as connection:
            await connection.execute(insert(table).values(hash=digest(secret), **row))
        return secret, until / 1e6

    async def get(self, secret: str) -> Session | None:
        """The session of whoever shows `secret`; None where it has ended. That it is used is noted now and then."""
        async with (self.reader or self.engine).connect() as connection:
            row = (await connection.execute(_LISTED.where(table.c.hash == digest(secret), *self._living))).one_or_none()
        if row is None:
            return None
        now = self.now()
        if now - row.used_at > _NOTED * 1e6:
            async with self.engine.begin() as connection:
                await connection.execute(update(table).where(table.c.hash == row.hash).values(used_at=now))
        return _session(row)

    async def of(self, person: int) -> list[Session]:
        """All that somebody is signed in on, the newest first."""
        query = _LISTED.where(table.c.person == person, *self._living)
        async with self.engine.connect() as connection:
            rows = await connection.execute(query.order_by(table.c.made_at.desc(), table.c.hash))
            return [_session(row) for row in rows]

    async def end(self, person: int, session: str) -> bool:
        """End the session of this id, if it is theirs, and with it their code, which may have been made on it; False
        where they have none such.
        """
        async with self.engine.begin() as connection:
            theirs = (table.c.hash == session, table.c.person == person)
            ended = bool((await connection.execute(delete(table).where(*theirs))).rowcount)
            if ended:
                await connection.execute(delete(pairings).where(pairings.c.person == person))
            return ended

    async def code(self, person: int) -> Code:
        """A code for one overlay of theirs; those before are good for nothing from now on."""
        letters = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        until = self._in(PAIRING)
        async with self.engine.begin() as connection:
            await connection.execute(delete(pairings).where(pairings.c.person == person))
            await connection.execute(insert(pairings).values(hash=digest(letters), person=person, until=until))
        groups = (letters[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))
        return Code("-".join(groups), until / 1e6)

    async def redeem(self, code: str) -> int | None:
        """Whose code it is, as somebody typed it; it is good for nothing afterwards. None: nobody's."""
        typed = "".join(letter for letter in code.upper() if letter in _LETTERS)
        here = (pairings.c.hash == digest(typed), pairings.c.until > self.now())
        async with self.engine.begin() as connection:
            used = await connection.execute(delete(pairings).where(*here).returning(pairings.c.person))
            person: int | None = used.scalar_one_or_none()
            return person

    async def prune(self) -> None:
        """Forget what has ended, and people who are signed in on nothing any more, but not who is just signing in."""
        async with self.engine.begin() as connection:
            await connection.execute(delete(table).where(~and_(*self._living)))
            await connection.execute(delete(pairings).where(pairings.c.until <= self.now()))
            elsewhere = (people.c.id.not_in(select(table.c.person)), people.c.changed_at < self._in(-IDLE))
            await connection.execute(delete(people).where(*elsewhere))

    @property
    def _living(self) -> tuple[ColumnElement[bool], ...]:
        return table.c.until > self.now(), table.c.used_at > self._in(-IDLE)

    def _in(self, seconds: float) -> int:
        return self.now() + int(seconds * 1e6)


_LISTED = select(table, people.c.login).join_from(table, people, people.c.id == table.c.person)


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _session(row: Any) -> Session:
    times = (row.made_at / 1e6, row.used_at / 1e6, row.until / 1e6)
    return Session(row.hash, row.person, row.login, row.kind, row.name, *times)
