"""The tables of what people ask for, and of who they are: beside all others in `app.store.tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from app.store.tables import Folded, Id, metadata

__all__ = ["commands", "dispatches", "metadata", "overrides", "pairings", "people", "sessions"]

commands = Table(  # what people asked for, wherever, and what came of it
    "commands",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("key", String(300), nullable=False, unique=True),  # by which it is known again
    Column("repository", Folded(200), nullable=False),
    Column("number", Integer),
    Column("head_sha", String(64), nullable=False),
    Column("verb", String(40), nullable=False),
    Column("arguments", Text, nullable=False),
    Column("who", Folded(100), nullable=False),
    Column("surface", String(16), nullable=False),
    Column("role", String(40), nullable=False),
    Column("state", String(16), nullable=False),
    Column("said", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("kept_at", BigInteger, nullable=False),  # by our clock: GitHub tells whole seconds
    Column("changed_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)
Index("commands_of_pull", commands.c.repository, commands.c.number, commands.c.asked_at)
Index("commands_by_state", commands.c.state, commands.c.changed_at)

overrides = Table(  # a check that does not count at one head, for a person said so
    "overrides",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("repository", Folded(200), nullable=False),
    Column("number", Integer, nullable=False),
    Column("head_sha", String(64), nullable=False),
    Column("base_ref", String(255), nullable=False),
    Column("check_name", String(64), nullable=False),
    Column("who", String(100), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("command", String(40), nullable=False, default=""),  # that said it
    Column("withdrawn_by", String(100), nullable=False),  # "": it stands
    Column("withdrawn_at", BigInteger),
    Column("withdrawn_for", String(40), nullable=False, default=""),  # the command that did
)
Index("overrides_of_head", overrides.c.repository, overrides.c.number, overrides.c.head_sha)

people = Table(  # who signed in, and what lets us ask GitHub as them; sealed
    "people",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # GitHub's
    Column("login", Folded(100), nullable=False),
    Column("access", LargeBinary, nullable=False),
    Column("access_until", BigInteger, nullable=False),
    Column("refresh", LargeBinary, nullable=False),
    Column("refresh_until", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

sessions = Table(  # browsers and overlays that somebody signed in on
    "sessions",
    metadata,
    Column("hash", String(64), primary_key=True),  # SHA-256 of what the browser holds
    Column("person", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", String(100), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)
Index("sessions_of_person", sessions.c.person)

pairings = Table(  # codes by which an overlay is signed in, each once
    "pairings",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("person", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)

dispatches = Table(  # workflows that commands had run for a pull request
    "dispatches",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("repository", Folded(200), nullable=False),
    Column("number", Integer, nullable=False),
    Column("head_sha", String(64), nullable=False),
    Column("kind", String(16), nullable=False),  # app.model.ARM, TESTS
    Column("name", String(100), nullable=False),
    Column("workflow", String(200), nullable=False),
    Column("command", String(40), nullable=False, unique=True),  # that asked for it
    Column("run", BigInteger),
    Column("at", BigInteger, nullable=False),
)
Index("dispatches_of_pull", dispatches.c.repository, dispatches.c.number)
