"""A scripted GitHub, one repository on it, and a database that remembers what was done there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from app.store.database import connect
from app.store.effects import Effects
from tests.github.conftest import client, github, hub, key, make_github, pem, repository, session, time
from tests.publish.scene import Scene, scene
from tests.storage import laid

__all__ = ["client", "effects", "github", "hub", "key", "make_github", "pem", "repository", "session", "time"]


@pytest_asyncio.fixture
async def effects(tmp_path: Path) -> AsyncIterator[Effects]:
    """The effects table of a fresh database."""
    engine = connect(laid(tmp_path).main)
    yield Effects(engine)
    await engine.dispose()


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Scene]:
    """A pull request on the local GitHub, and workers over a fresh database."""
    async with scene(tmp_path) as opened:
        yield opened
