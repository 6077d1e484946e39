from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.database import connect, migrate


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'kept' / 'maestro.db'}"


@pytest.fixture
async def database(url: str) -> AsyncIterator[AsyncEngine]:
    """A real SQLite file with its tables."""
    engine = connect(url)
    await migrate(engine)
    yield engine
    await engine.dispose()
