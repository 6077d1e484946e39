"""What the mirrored answers of experiments add up to, and which course each experiment took."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TRIPLES = "experiment_triples"


def upgrade() -> None:
    """A table, a column and an index, and ids that are never used twice."""
    op.create_table(
        "experiment_shadows",
        sa.Column("experiment", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("noise", sa.Text, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("taken", sa.BigInteger, nullable=False),
    )
    op.add_column("experiments", sa.Column("course", sa.String(16), nullable=False, server_default=""))
    if op.get_bind().dialect.name == "sqlite":
        _never_twice()
    op.create_index("triples_of_experiment", "experiment_triples", ["experiment", "id"])


def _never_twice() -> None:
    """Of mirrored answers that are forgotten, SQLite must not give the ids to new ones: they would not be compared."""
    op.rename_table(_TRIPLES, "triples_before")
    op.create_table(
        _TRIPLES,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("experiment", sa.BigInteger, nullable=False),
        sa.Column("triple", sa.String(400), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("experiment", "triple", "digest"),
        sqlite_autoincrement=True,
    )
    op.execute(
        "INSERT INTO experiment_triples (id, experiment, triple, digest, body, received_at) "
        "SELECT id, experiment, triple, digest, body, received_at FROM triples_before"
    )
    op.drop_table("triples_before")
