"""What proposed fixes need: which there are, and how long each took."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One new table."""
    op.create_table(
        "fixes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("repository", sa.String(200), nullable=False),
        sa.Column("target", sa.String(255), nullable=False),
        sa.Column("purl", sa.String(400), nullable=False),
        sa.Column("version", sa.String(100), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("branch", sa.String(255), nullable=False),
        sa.Column("source", sa.Integer),
        sa.Column("parent", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("ending", sa.String(16)),
        sa.Column("advisories", sa.Text, nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("published", sa.BigInteger),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("refused_at", sa.BigInteger),
        sa.Column("green_at", sa.BigInteger),
        sa.UniqueConstraint("repository", "target", "purl", "version", "attempt"),
    )
    op.create_index("fixes_of_source", "fixes", ["repository", "source"])
    op.create_index("fixes_of_number", "fixes", ["repository", "number"])
