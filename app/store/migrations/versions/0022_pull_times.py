"""How long pull requests were open, and what the figures of docs/kpi.md are counted by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables, and two ways through others."""
    op.create_table(
        "pull_times",
        sa.Column("repository", sa.String(200), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.BigInteger, nullable=False),
        sa.Column("merged", sa.Boolean, nullable=False),
        sa.Column("bot", sa.Boolean, nullable=False),
        sa.Column("draft", sa.Boolean, nullable=False),
    )
    op.create_table(
        "pull_lists",
        sa.Column("repository", sa.String(200), primary_key=True),
        sa.Column("looked_at", sa.BigInteger, nullable=False),
        sa.Column("known_to", sa.BigInteger, nullable=False),
    )
    op.create_index("decisions_in_time", "decisions", ["repository", "number", "id", "verdict", "decided_at"])
    op.create_index("measurements_by_name", "measurements", ["name", "received_at"])
