"""Tokens that are bound to a commit, and end; bills that are kept because a branch is held against them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New columns; what was issued before stays as it was: for any commit, and without an end."""
    op.add_column("tokens", sa.Column("sha", sa.String(64), nullable=False, server_default=""))
    op.add_column("tokens", sa.Column("path", sa.String(200), nullable=False, server_default=""))
    op.add_column("tokens", sa.Column("expires_at", sa.BigInteger))
    op.add_column("bills", sa.Column("base_of", sa.String(255), nullable=False, server_default=""))
    op.add_column("bills", sa.Column("based_at", sa.BigInteger))
