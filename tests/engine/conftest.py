from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine.stage import Stage, opened


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage for one test; whatever still runs at its end is cut off."""
    async with opened(tmp_path) as stage:
        yield stage
