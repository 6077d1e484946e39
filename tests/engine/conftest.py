from collections.abc import AsyncIterator

import pytest

from app.store.address import Address
from tests.engine.stage import Stage, opened


@pytest.fixture
async def stage(either: Address) -> AsyncIterator[Stage]:
    """A stage for one test, once on each database; whatever still runs at its end is cut off."""
    async with opened(either) as stage:
        yield stage
