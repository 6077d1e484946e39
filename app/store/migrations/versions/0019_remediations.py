"""What is done about failing changes, and what that costs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Three tables."""
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "remediations",
        sa.Column("id", key, primary_key=True, autoincrement=True),
        sa.Column("repository", sa.String(200), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("head_sha", sa.String(64), nullable=False),
        sa.Column("failure", sa.String(16), nullable=False),
        sa.Column("who", sa.String(100), nullable=False),
        sa.Column("course", sa.String(16), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("word", sa.String(100), nullable=False),
        sa.Column("began_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.create_index("remediations_of_pull", "remediations", ["repository", "number"])
    op.create_index(
        "remediations_open",
        "remediations",
        ["repository", "number"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "attempts",
        sa.Column("id", key, primary_key=True, autoincrement=True),
        sa.Column("remediation", sa.BigInteger, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("repository", sa.String(200), nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("failure", sa.String(16), nullable=False),
        sa.Column("arm", sa.String(100), nullable=False),
        sa.Column("task_class", sa.String(64), nullable=False),
        sa.Column("expected", sa.Text, nullable=False),
        sa.Column("head_sha", sa.String(64), nullable=False),
        sa.Column("trace", sa.String(64), nullable=False, unique=True),
        sa.Column("run", sa.BigInteger),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("usd", sa.Double),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("began_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.UniqueConstraint("remediation", "n"),
    )
    op.create_index("attempts_of_repository", "attempts", ["repository", "ended_at"])
    op.create_table(
        "usage",
        sa.Column("id", key, primary_key=True, autoincrement=True),
        sa.Column("repository", sa.String(200), nullable=False),
        sa.Column("sha", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer),
        sa.Column("trace", sa.String(64), nullable=False),
        sa.Column("report", sa.String(100), nullable=False),
        sa.Column("trusted", sa.Integer, nullable=False),
        sa.Column("usd", sa.Double),
        sa.Column("ci_minutes", sa.Double),
        sa.Column("tokens", sa.BigInteger),
        sa.Column("cached_tokens", sa.BigInteger),
        sa.Column("model", sa.String(100), nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("repository", "sha", "report"),
    )
    op.create_index("usage_of_trace", "usage", ["trace"])
