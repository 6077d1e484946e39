"""The two halves of a running App, each started and, when told, ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from app.main import System
from app.store.database import sole_worker

GRACE = 5.0  # seconds that each half has to finish what it is at; both together end within most platforms' ten


@asynccontextmanager
async def listening(maestro: System, host: str, port: int, grace: float = GRACE) -> AsyncIterator[str]:
    """The web process at the address it yields: what is being received when the end comes is received to its end."""
    runner = web.AppRunner(maestro.web, access_log=None, shutdown_timeout=grace)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def working(maestro: System, grace: float = GRACE) -> AsyncIterator[None]:
    """The worker, alone on its database. Raises AnotherWorker."""
    with sole_worker(maestro.stores.engine):
        await maestro.engine.start()
        try:
            yield
        finally:
            await maestro.engine.stop(grace)
