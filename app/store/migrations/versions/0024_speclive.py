"""What is told of Spec Cards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """The tables of app.store.spec_tables."""
    op.create_table(
        "spec_commits",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("repository", sa.String(200), nullable=False),
        sa.Column("sha", sa.String(64), nullable=False),
        sa.Column("heard_at", sa.BigInteger, nullable=False),
        sa.Column("edition", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("repository", "sha"),
    )
    op.create_index("spec_commits_by_age", "spec_commits", ["heard_at"])
    op.create_table(
        "spec_reports",
        sa.Column("repository", sa.String(200), primary_key=True),
        sa.Column("report", sa.String(100), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
    )
    op.create_index("spec_reports_by_age", "spec_reports", ["received_at"])
    op.create_table(
        "spec_named",
        sa.Column("commit_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("name", sa.String(300), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "spec_targets",
        sa.Column("commit_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("environment", sa.String(100), primary_key=True),
        sa.Column("side", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(300), primary_key=True),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("guarded", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "spec_clauses",
        sa.Column("commit_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("environment", sa.String(100), primary_key=True),
        sa.Column("side", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(300), primary_key=True),
        sa.Column("evaluated", sa.BigInteger, nullable=False),
        sa.Column("violated", sa.BigInteger, nullable=False),
        sa.Column("errors", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "spec_hours",
        sa.Column("commit_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("environment", sa.String(100), primary_key=True),
        sa.Column("side", sa.String(16), primary_key=True),
        sa.Column("told_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "spec_slots",
        sa.Column("commit_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("environment", sa.String(100), primary_key=True),
        sa.Column("side", sa.String(16), primary_key=True),
        sa.Column("slot", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("evaluated", sa.BigInteger, nullable=False),
        sa.Column("violated", sa.BigInteger, nullable=False),
    )
    op.create_index("spec_slots_by_age", "spec_slots", ["slot"])
    op.create_table(
        "spec_exemplars",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("commit_id", sa.BigInteger, nullable=False),
        sa.Column("clause", sa.String(300), nullable=False),
        sa.Column("environment", sa.String(100), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("spec_exemplars_of_clause", "spec_exemplars", ["commit_id", "clause", "id"])
    op.create_table(
        "spec_statics",
        sa.Column("commit_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("trusted", sa.Boolean, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "spec_switches",
        sa.Column("repository", sa.String(200), primary_key=True),
        sa.Column("off", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("who", sa.String(100), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
