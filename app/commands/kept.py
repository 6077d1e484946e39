"""What the commands that only need the database have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from app.settings import StoreSettings
from app.storage import Stores, stores
from app.store.address import UnsupportedDatabase

T = TypeVar("T")


def with_stores(use: Callable[[Stores], Awaitable[T]]) -> T:
    """What `use` makes of the database that `DATABASE_URL` names, its tables made. Raises ClickException."""

    async def used() -> T:
        async with stores(StoreSettings().database_url) as kept:
            return await use(kept)

    try:
        return asyncio.run(used())
    except UnsupportedDatabase as error:
        raise click.ClickException(str(error)) from None
