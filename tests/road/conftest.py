from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.road.town import Town, town


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    """A town for one test."""
    async with town(tmp_path) as opened:
        yield opened
