from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.storage import stores
from tests.pack.made import Shop


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with stores(f"sqlite:///{tmp_path / 'maestro.db'}") as kept:
        yield Shop(kept)


@pytest.fixture
async def pack(shop: Shop) -> bytes:
    """The pack of a decision with an experiment, a remediation and a report of usage."""
    await shop.canary()
    await shop.mend()
    await shop.act(7, 7, 8, 7)
    await shop.decide()
    return await shop.pack()
