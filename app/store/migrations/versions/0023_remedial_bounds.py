"""The bounds in force when a remediation began, and GitHub's id of its repository, which a new name does not change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Three columns of one table, and a way to its rows."""
    op.add_column("remediations", sa.Column("repository_id", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("remediations", sa.Column("most", sa.Integer, nullable=False, server_default="3"))
    op.add_column("remediations", sa.Column("seconds", sa.BigInteger, nullable=False, server_default="86400"))
    op.create_index("remediations_of_id", "remediations", ["repository_id", "number"])
