"""What an experiment's figures are read from, and how that source was when it was last asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One new column."""
    op.add_column("experiments", sa.Column("feed", sa.Text))
