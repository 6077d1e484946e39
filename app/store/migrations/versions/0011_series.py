"""Points of named series: what is measured of an environment again and again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Their names, and their points."""
    op.create_table(
        "series",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("repository", sa.String(200), nullable=False),
        sa.Column("environment", sa.String(255), nullable=False),
        sa.Column("side", sa.String(16), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("points", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("repository", "environment", "side", "name"),
    )
    op.create_table(
        "series_points",
        sa.Column("series", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("value", sa.Double),
        sqlite_with_rowid=False,
    )
