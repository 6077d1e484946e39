"""What the deliveries table holds, and what a worker does to it, for tests that run none."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from app.model import Delivery
from app.store.deliveries import failed, taken, waiting


async def new(database: AsyncEngine, limit: int = 1000) -> list[Delivery]:
    """What waits to be taken, the oldest first."""
    async with database.begin() as connection:
        return await connection.run_sync(lambda held: waiting(held, limit))


async def take(database: AsyncEngine, *ids: int) -> None:
    """Take deliveries, as if their work had been handed over."""
    async with database.begin() as connection:
        await connection.run_sync(lambda held: taken(held, ids))


async def fail(database: AsyncEngine, delivery: int, error: str) -> None:
    """Give a delivery up."""
    async with database.begin() as connection:
        await connection.run_sync(lambda held: failed(held, delivery, error))
