"""Where the data is: what `DATABASE_URL` may say, and what it means.

On SQLite the webhooks have a file of their own, beside the main one. The web process writes there and the worker
elsewhere, so that an acknowledgement never queues behind the worker's transactions (docs/decisions/008).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

SQLITE = "sqlite"
POSTGRESQL = "postgresql"


class UnsupportedDatabase(ValueError):
    """The URL names a database that this version does not speak."""


@dataclass(frozen=True, slots=True)
class Address:
    """One installation's data: `main` holds everything but the webhooks, `intake` the webhooks. No driver is named."""

    main: URL
    intake: URL

    @property
    def shared(self) -> bool:
        """Whether several machines can work on it."""
        return self.main.get_backend_name() == POSTGRESQL


def default_url(data_home: Path) -> str:
    """An SQLite file below the user's data directory."""
    return f"sqlite:///{data_home / 'maestro' / 'maestro.db'}"


def address(url: str) -> Address:
    """Read `url`: `sqlite:///path`, `postgresql://...`, or `postgres://...` as hosts spell it.

    Raises UnsupportedDatabase; the message never quotes the address, which may hold a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # of a port, it says ValueError
        raise UnsupportedDatabase("DATABASE_URL is not a database address such as sqlite:///path") from None
    backend = parsed.drivername.partition("+")[0]
    if backend in {POSTGRESQL, "postgres"}:
        main = parsed.set(drivername=POSTGRESQL)
        return Address(main, main)
    if backend != SQLITE:
        raise UnsupportedDatabase(f"DATABASE_URL names {backend!r}; this version stores in SQLite or PostgreSQL")
    if not parsed.database or parsed.database.startswith((":memory:", "file:")):
        raise UnsupportedDatabase("DATABASE_URL names no file; what is in memory is lost at every restart")
    main = parsed.set(drivername=SQLITE)
    return Address(main, main.set(database=str(_beside(Path(parsed.database)))))


def passwords(url: str) -> tuple[str, ...]:
    """The passwords that an address holds, before its host or behind a question mark; none where it cannot be read."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return ()
    named = (value for name in ("password", "sslpassword") for value in parsed.normalized_query.get(name, ()))
    return tuple(secret for secret in (parsed.password, *named) if secret)


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.stem}.intake{file.suffix}")
