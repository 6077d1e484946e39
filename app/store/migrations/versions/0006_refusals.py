"""What is told of a fix that could not be had: why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column more."""
    op.add_column("fixes", sa.Column("refusal", sa.Text, nullable=False, server_default=""))
