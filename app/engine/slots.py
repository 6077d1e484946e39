"""Who may be inside a body at a time: many side by side, or one alone.

A job whose process died runs alone from then on. If it is what kills the process, it kills nobody else's work; if it
was only there when it happened, it ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Slots:
    """`count` places. They are given in the order of asking, so whoever wants all of them gets them in the end."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._free = asyncio.Semaphore(count)
        self._alone = asyncio.Lock()  # two that each held half of the places would wait for each other for ever

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Hold one place."""
        async with self._free:
            yield

    @asynccontextmanager
    async def all(self) -> AsyncIterator[None]:
        """Hold every place: nobody else is inside."""
        taken = 0
        async with self._alone:
            try:
                for _ in range(self._count):
                    await self._free.acquire()
                    taken += 1
                yield
            finally:
                for _ in range(taken):
                    self._free.release()
