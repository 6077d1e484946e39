import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.storage import stores
from tests.pack.made import Shop
from tests.storage import laid


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with stores(str(laid(tmp_path).main)) as kept:
        yield Shop(kept)


@pytest.fixture
async def full(shop: Shop) -> bytes:
    """The pack of `shop`, with an experiment, a remediation and a report of usage."""
    return await _filled(shop)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The same of a shop of its own, made once for all that only read it."""

    async def made() -> bytes:
        async with stores(str(laid(tmp_path_factory.mktemp("pack")).main)) as kept:
            return await _filled(Shop(kept))

    return asyncio.run(made())


async def _filled(shop: Shop) -> bytes:
    await shop.canary()
    await shop.mend()
    await shop.act(7, 7, 8, 7)
    await shop.decide()
    return await shop.pack()
