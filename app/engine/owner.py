"""Whose work is it? A worker owns what it runs as long as it holds its lock; what a dead one left, the others free.

On PostgreSQL the lock is a session advisory lock on a connection of its own: it goes when the process goes, without
heartbeats and without clocks. On SQLite there is one worker, and a lock on the file says so.
"""

from __future__ import annotations

import threading
import uuid
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from app.store.database import POSTGRES_ARGUMENTS

GRACE = 3.0  # seconds that a lock must have been missing before what it covered is given to others
_CLASS = 0x6D617374  # of our advisory locks
_HELD = text("SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid = :class AND granted")
_TRY = text("SELECT pg_try_advisory_lock(:class, :key)")
_LET_GO = text("SELECT pg_advisory_unlock(:class, :key)")


class Lost(Exception):
    """Somebody else may be running what we run: this process must end."""


class Owner(Protocol):
    """Says who we are, and whether what we run is still ours."""

    executor: str

    def take(self) -> None:
        """Begin to own."""

    def held(self) -> bool:
        """Is what we run ours at this moment? Asked before each effect on GitHub."""

    def keep(self, still_ours: Callable[[], bool]) -> None:
        """Look after the lock, once a second; Lost when it was lost and `still_ours` denies that nothing happened."""

    def release(self) -> None:
        """Own no more."""


@dataclass(slots=True)
class SoleOwner:
    """The one worker of an SQLite file. The lock on the file is the caller's, and lasts as long as the process."""

    executor: str = "sole"

    def take(self) -> None:
        """Nothing to take."""

    def held(self) -> bool:
        """Always: nobody else can run."""
        return True

    def keep(self, still_ours: Callable[[], bool]) -> None:
        """Nothing to look after."""

    def release(self) -> None:
        """Nothing to let go."""


@dataclass(slots=True)
class SharedOwner:
    """One of several workers on PostgreSQL. Each start of the process is a new one."""

    url: URL
    executor: str = field(default_factory=lambda: f"worker-{uuid.uuid4()}")
    _session: psycopg.Connection | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _lost: bool = False

    def take(self) -> None:
        """Open the session and lock our name in it. Raises psycopg.OperationalError."""
        with self._turn:
            self._open()

    def held(self) -> bool:
        """A round trip in the session that holds the lock: where the session lives, so does the lock."""
        with self._turn:
            return not self._lost and self._alive()

    def keep(self, still_ours: Callable[[], bool]) -> None:
        """Where the session has died, lock anew. While the server is away nobody owns anything, and nothing is lost.

        Back again, the lock may be taken by whoever is giving our work away, or the work be given away already.
        """
        with self._turn:
            if self._alive():
                return
            with suppress(psycopg.OperationalError):
                if not self._open() or not still_ours():
                    self._lost = True
        if self._lost:
            raise Lost

    def release(self) -> None:
        """Close the session, and with it the lock."""
        with self._turn, suppress(psycopg.Error):
            if self._session is not None:
                self._session.close()

    def _alive(self) -> bool:
        if self._session is None:
            return False
        try:
            self._session.execute("SELECT 1")
        except psycopg.Error:
            self._session.close()
            self._session = None
            return False
        return True

    def _open(self) -> bool:
        address = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        address = address.replace(" ", "%20")  # SQLAlchemy lets it stand in a password; libpq refuses, and quotes it
        session = psycopg.connect(address, autocommit=True, **POSTGRES_ARGUMENTS)
        taken = session.execute("SELECT pg_try_advisory_lock(%s, %s)", (_CLASS, key_of(self.executor))).fetchone()
        if taken is None or not taken[0]:
            session.close()
            return False
        self._session = session
        return True


def key_of(executor: str) -> int:
    """The number under which `executor` is locked: 31 bits, as an advisory lock takes them."""
    return zlib.crc32(executor.encode()) & 0x7FFFFFFF


@dataclass(slots=True)
class Reaper:
    """Frees what dead workers left. Whoever seems dead in two looks, `GRACE` apart, is."""

    executor: str  # who we are: never dead
    missing: dict[str, float] = field(default_factory=dict)  # since when, on our own steady clock

    def forget(self) -> None:
        """Our own lock was gone for a moment: the server may have restarted, and nobody had the time to lock anew."""
        self.missing.clear()

    def dead(self, connection: Connection, executors: Iterable[str], now: float) -> list[str]:
        """Those of `executors` whose lock has been missing long enough."""
        held = set(connection.execute(_HELD, {"class": _CLASS}).scalars())
        gone = {one for one in executors if one != self.executor and key_of(one) not in held}
        self.missing = {one: self.missing.get(one, now) for one in gone}
        return [one for one, since in self.missing.items() if now - since >= GRACE]

    def bury(self, connection: Connection, executor: str, free: Callable[[], None]) -> None:
        """`free` the work of a dead worker under its own lock: so one reaper does it, and the dead cannot rise."""
        lock = {"class": _CLASS, "key": key_of(executor)}
        if connection.execute(_TRY, lock).scalar_one():
            try:
                free()
            finally:
                connection.execute(_LET_GO, lock)
        self.missing.pop(executor, None)
