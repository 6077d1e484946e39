from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.address import Address
from app.store.database import connect
from app.store.inbox import Inbox


@pytest.fixture
async def database(either: Address) -> AsyncIterator[AsyncEngine]:
    """A real database with its tables, once on SQLite and once on PostgreSQL."""
    engine = connect(either.main)
    yield engine
    await engine.dispose()


@pytest.fixture
async def inbox(database: AsyncEngine) -> AsyncIterator[Inbox]:
    """Where webhooks come in."""
    inbox = Inbox(database)
    yield inbox
    await inbox.close()
