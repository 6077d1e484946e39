"""The tables of what is told of Spec Cards: counts by the hour, examples, and what can be told without a call."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from app.store.remedial_tables import metadata
from app.store.tables import Folded, Id

__all__ = [
    "clauses",
    "commits",
    "exemplars",
    "hours",
    "metadata",
    "named",
    "reports",
    "slots",
    "statics",
    "switches",
    "targets",
]

commits = Table(  # of which anything was told
    "spec_commits",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("repository", Folded(200), nullable=False),
    Column("sha", String(64), nullable=False),
    Column("heard_at", BigInteger, nullable=False),
    Column("edition", BigInteger, nullable=False),  # another one whenever a page should show something else
    UniqueConstraint("repository", "sha"),
)
Index("spec_commits_by_age", commits.c.heard_at)

reports = Table(  # which came: what was told is added to its hour
    "spec_reports",
    metadata,
    Column("repository", Folded(200), primary_key=True),
    Column("report", String(100), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("received_at", BigInteger, nullable=False),
)
Index("spec_reports_by_age", reports.c.received_at)

named = Table(  # what a target or a clause of a commit is
    "spec_named",
    metadata,
    Column("commit_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(8), primary_key=True),  # target, clause
    Column("name", String(300), primary_key=True),
    Column("body", Text, nullable=False),  # JSON
)

targets = Table(
    "spec_targets",
    metadata,
    Column("commit_id", BigInteger, primary_key=True, autoincrement=False),
    Column("hour", Integer, primary_key=True, autoincrement=False),  # since the epoch
    Column("environment", Folded(100), primary_key=True),
    Column("side", String(16), primary_key=True),
    Column("name", String(300), primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("guarded", BigInteger, nullable=False),
)

clauses = Table(
    "spec_clauses",
    metadata,
    Column("commit_id", BigInteger, primary_key=True, autoincrement=False),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("environment", Folded(100), primary_key=True),
    Column("side", String(16), primary_key=True),
    Column("name", String(300), primary_key=True),
    Column("evaluated", BigInteger, nullable=False),
    Column("violated", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),
)

hours = Table(  # in which anything was told at all
    "spec_hours",
    metadata,
    Column("commit_id", BigInteger, primary_key=True, autoincrement=False),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("environment", Folded(100), primary_key=True),
    Column("side", String(16), primary_key=True),
    Column("told_at", BigInteger, nullable=False),  # when the newest window ended
)

slots = Table(  # all clauses together, by five seconds: what a gate compares
    "spec_slots",
    metadata,
    Column("commit_id", BigInteger, primary_key=True, autoincrement=False),
    Column("environment", Folded(100), primary_key=True),
    Column("side", String(16), primary_key=True),
    Column("slot", BigInteger, primary_key=True, autoincrement=False),  # since the epoch
    Column("evaluated", BigInteger, nullable=False),
    Column("violated", BigInteger, nullable=False),
)
Index("spec_slots_by_age", slots.c.slot)

exemplars = Table(
    "spec_exemplars",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("commit_id", BigInteger, nullable=False),
    Column("clause", String(300), nullable=False),
    Column("environment", Folded(100), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),  # JSON
)
Index("spec_exemplars_of_clause", exemplars.c.commit_id, exemplars.c.clause, exemplars.c.id)

statics = Table(  # the newest of each commit
    "spec_statics",
    metadata,
    Column("commit_id", BigInteger, primary_key=True, autoincrement=False),
    Column("trusted", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),  # JSON
)

switches = Table(
    "spec_switches",
    metadata,
    Column("repository", Folded(200), primary_key=True),
    Column("off", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("who", String(100), nullable=False),
    Column("at", BigInteger, nullable=False),
)
