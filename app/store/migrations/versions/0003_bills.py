"""What the SBOM gate remembers: bills that CI sent, and advisories that were read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Two tables more."""
    op.create_table(
        "bills",
        sa.Column("id", _Id, primary_key=True, autoincrement=True),
        sa.Column("repository", sa.String(200), nullable=False),
        sa.Column("sha", sa.String(64), nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("repository", "sha", "path"),
    )
    op.create_index("bills_of_path", "bills", ["repository", "path", "received_at"])
    op.create_table(
        "advisories",
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("modified", sa.String(40), nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=False),
    )
    op.create_index("advisories_by_use", "advisories", ["used_at"])
