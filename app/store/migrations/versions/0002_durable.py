"""What a restart, a second worker and an auditor need: handed deliveries, provenance, the write budget."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")

# The log is append-only for whoever comes through SQL, too. It is evidence of tampering, not a wall against the owner.
_SQLITE_GUARDS = (
    "CREATE TRIGGER provenance_kept BEFORE DELETE ON provenance BEGIN SELECT RAISE(ABORT, 'append-only'); END",
    "CREATE TRIGGER provenance_fixed BEFORE UPDATE ON provenance BEGIN SELECT RAISE(ABORT, 'append-only'); END",
    "CREATE TRIGGER provenance_once BEFORE INSERT ON provenance "  # INSERT OR REPLACE deletes without a word
    "WHEN EXISTS (SELECT 1 FROM provenance WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'append-only'); END",
)
_POSTGRESQL_GUARDS = (
    "CREATE FUNCTION provenance_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'append-only'; END $$",
    "CREATE TRIGGER provenance_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON provenance "
    "EXECUTE FUNCTION provenance_append_only()",
)


def upgrade() -> None:
    """Attempts are the engine's to count from now on; the rest is new."""
    op.drop_column("deliveries", "attempts")
    op.execute("UPDATE deliveries SET state = 'taken' WHERE state = 'done'")
    op.create_table(
        "provenance",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    _guard()
    op.create_table(
        "writes",
        sa.Column("id", _Id, primary_key=True, autoincrement=True),
        sa.Column("installation", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("writes_of_installation", "writes", ["installation", "at"])
    op.create_table(
        "silences",
        sa.Column("installation", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("strikes", sa.Integer, nullable=False),
    )


def _guard() -> None:
    for statement in _SQLITE_GUARDS if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL_GUARDS:
        op.execute(statement)
