"""The tables of 1.5.0."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite autoincrements only INTEGER


def upgrade() -> None:
    """Webhooks, effects, decisions, measurements, tokens."""
    _deliveries()
    op.create_table(
        "effects",
        sa.Column("key", sa.String(400), primary_key=True),
        sa.Column("remote_id", sa.BigInteger),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("completed", sa.Boolean, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("sent", sa.Text, nullable=False),
        sa.Column("written_at", sa.BigInteger, nullable=False),
    )
    _decisions()
    _measurements()


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", _Id, primary_key=True, autoincrement=True),
        sa.Column("guid", sa.String(200), nullable=False, unique=True),
        sa.Column("event", sa.String(100), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("finished_at", sa.BigInteger),
        sqlite_autoincrement=True,
    )
    waiting = sa.text("state = 'new'")
    op.create_index("deliveries_waiting", "deliveries", ["id"], sqlite_where=waiting, postgresql_where=waiting)


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", _Id, primary_key=True, autoincrement=True),
        sa.Column("repository", sa.String(200), nullable=False),
        sa.Column("number", sa.Integer),
        sa.Column("head_sha", sa.String(64), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
    )
    op.create_index("decisions_of_head", "decisions", ["repository", "head_sha"])
    op.create_index("decisions_of_pull", "decisions", ["repository", "number", "id"])


def _measurements() -> None:
    op.create_table(
        "measurements",
        sa.Column("id", _Id, primary_key=True, autoincrement=True),
        sa.Column("repository", sa.String(200), nullable=False),
        sa.Column("sha", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("trusted", sa.Boolean, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
    )
    op.create_index("measurements_of_sha", "measurements", ["repository", "sha", "id"])
    op.create_table(
        "tokens",
        sa.Column("id", _Id, primary_key=True, autoincrement=True),
        sa.Column("repository", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
    )
