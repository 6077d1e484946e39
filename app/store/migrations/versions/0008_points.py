"""How the evidence of each experiment went, thinned out, for a picture of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One new table. Experiments that run already have a picture from their next tick on."""
    op.create_table(
        "experiment_points",
        sa.Column("experiment", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("restarts", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("t", sa.Double, primary_key=True, autoincrement=False),
        sa.Column("ticks", sa.Integer, nullable=False),
        sa.Column("unused", sa.BigInteger, nullable=False),
        sa.Column("log_es", sa.Text, nullable=False),
    )
