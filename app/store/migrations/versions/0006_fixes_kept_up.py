"""Why a fix could not be had, and what the one that is there edits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns more."""
    op.add_column("fixes", sa.Column("refusal", sa.Text, nullable=False, server_default=""))
    op.add_column("fixes", sa.Column("edits", sa.String(64), nullable=False, server_default=""))
