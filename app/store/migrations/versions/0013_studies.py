"""Studies of what deployments did to metrics, the pull requests that came with each, and what people say to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Three tables."""
    op.create_table(
        "studies",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("repository", sa.String(200), nullable=False),
        sa.Column("environment", sa.String(255), nullable=False),
        sa.Column("deployment", sa.BigInteger, nullable=False),
        sa.Column("sha", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("side", sa.String(16), nullable=False),
        sa.Column("installation", sa.BigInteger),
        sa.Column("cut", sa.Boolean, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("look_at", sa.BigInteger, nullable=False),
        sa.Column("told", sa.LargeBinary, nullable=False),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.UniqueConstraint("repository", "environment", "deployment"),
    )
    op.create_index("studies_to_look_at", "studies", ["done", "look_at"])
    op.create_table(
        "study_pulls",
        sa.Column("study", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    )
    op.create_index("studies_of_number", "study_pulls", ["number"])
    op.create_table(
        "study_opinions",
        sa.Column("study", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("login", sa.String(100), primary_key=True),
        sa.Column("agree", sa.Boolean, nullable=False),
        sa.Column("metric", sa.String(120), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
