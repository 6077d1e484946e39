"""What guarded experiments need: where each stands, all that it was told, and when it was looked at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")

_ENDED = "OLD.status IN ('promote', 'rollback', 'inconclusive')"
_CHANGED = "(NEW.status <> OLD.status OR NEW.reason <> OLD.reason OR NEW.state <> OLD.state OR NEW.rules <> OLD.rules)"
_TOLD = ("experiment_ticks", "experiment_looks")

# An answer that was given stays, and what it was made of is only ever added to, for whoever comes through SQL, too.
_SQLITE_GUARDS = (
    f"CREATE TRIGGER experiments_final BEFORE UPDATE ON experiments WHEN {_ENDED} AND {_CHANGED} "
    "BEGIN SELECT RAISE(ABORT, 'this experiment has ended'); END",
    *(
        f"CREATE TRIGGER {table}_fixed BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        for table in _TOLD
    ),
)
_POSTGRESQL_GUARDS = (
    "CREATE FUNCTION experiment_has_ended() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'this experiment has ended'; END $$",
    "CREATE FUNCTION experiment_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'append-only'; END $$",
    f"CREATE TRIGGER experiments_final BEFORE UPDATE ON experiments FOR EACH ROW WHEN ({_ENDED} AND {_CHANGED}) "
    "EXECUTE FUNCTION experiment_has_ended()",
    *(
        f"CREATE TRIGGER {table}_fixed BEFORE UPDATE ON {table} EXECUTE FUNCTION experiment_append_only()"
        for table in _TOLD
    ),
)


def upgrade() -> None:
    """Four new tables."""
    _experiments()
    _ticks()
    _looks()
    _triples()
    _guard()


def _experiments() -> None:
    op.create_table(
        "experiments",
        sa.Column("id", _Id, primary_key=True, autoincrement=True),
        sa.Column("repository", sa.String(200), nullable=False),
        sa.Column("sha", sa.String(64), nullable=False),
        sa.Column("environment", sa.String(255), nullable=False),
        sa.Column("base_ref", sa.String(255), nullable=False),
        sa.Column("number", sa.Integer),
        sa.Column("installation", sa.BigInteger),
        sa.Column("deployment", sa.BigInteger),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("acted", sa.Text, nullable=False),
        sa.Column("taken", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("repository", "sha", "environment"),
    )
    op.create_index("experiments_of_status", "experiments", ["status", "acted"])


def _ticks() -> None:
    op.create_table(
        "experiment_ticks",
        sa.Column("id", _Id, primary_key=True, autoincrement=True),
        sa.Column("experiment", sa.BigInteger, nullable=False),
        sa.Column("t", sa.Double, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("experiment", "t", "digest"),
    )
    op.create_index("ticks_of_experiment", "experiment_ticks", ["experiment", "id"])


def _looks() -> None:
    op.create_table(
        "experiment_looks",
        sa.Column("id", _Id, primary_key=True, autoincrement=True),
        sa.Column("experiment", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("taken", sa.BigInteger, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("stopped", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )
    op.create_index("looks_of_experiment", "experiment_looks", ["experiment", "id"])


def _triples() -> None:
    op.create_table(
        "experiment_triples",
        sa.Column("id", _Id, primary_key=True, autoincrement=True),
        sa.Column("experiment", sa.BigInteger, nullable=False),
        sa.Column("triple", sa.String(400), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("experiment", "triple", "digest"),
    )


def _guard() -> None:
    for statement in _SQLITE_GUARDS if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL_GUARDS:
        op.execute(statement)
