"""The points behind what a study told, for the picture on its page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table, beside the studies: it is read by their page alone."""
    op.create_table(
        "study_panels",
        sa.Column("study", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
