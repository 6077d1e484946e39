"""The tables through time: one chain of revisions for SQLite and PostgreSQL, run by Alembic from the package itself."""

from __future__ import annotations

from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, inspect, text

BASELINE = "0001"  # what 1.5.0 made without a chain
_LOCK = 0x6D617374  # any number that nobody else locks: "mast"


class NewerDatabase(OSError):
    """This version is older than the one that made the database."""


def upgrade(connection: Connection) -> None:
    """Bring the tables to this version, inside the caller's transaction.

    On PostgreSQL a lock lets one process through at a time; on SQLite the caller's transaction is that lock.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = _config(connection)
    tables = set(inspect(connection).get_table_names())
    if "deliveries" in tables and "alembic_version" not in tables:
        command.stamp(config, BASELINE)
    try:
        command.upgrade(config, "head")
    except CommandError:  # a revision that we do not know
        raise NewerDatabase("the database was made by a newer version of Maestro Conductor; run that one") from None


def ours(_object: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
    """Alembic's `include_object`: leave the engine's own tables alone."""
    from app.store.tables import metadata

    return kind != "table" or name in metadata.tables


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", "app.store:migrations")
    config.set_main_option("path_separator", "os")
    attributes: dict[str, Any] = config.attributes
    attributes["connection"] = connection
    return config
