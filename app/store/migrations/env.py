"""Alembic's entry: our revisions run on the connection, and in the transaction, that the caller brings."""

from __future__ import annotations

from alembic import context

from app.store.migrations import ours
from app.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=ours,
)
context.run_migrations()
