"""The two halves of a running App, each started and, when told, ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from app.store.address import Address
from app.store.database import sole_worker

if TYPE_CHECKING:
    from app.engine.engine import Engine

GRACE = 5.0  # seconds that each half has to finish what it is at; both together end within most platforms' ten


@asynccontextmanager
async def listening(application: web.Application, host: str, port: int, grace: float = GRACE) -> AsyncIterator[str]:
    """The web process at the address it yields: what is being received when the end comes is received to its end."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=grace)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def working(engine: Engine, where: Address, grace: float = GRACE) -> AsyncIterator[None]:
    """The worker; on SQLite alone on its file. Raises AnotherWorker."""
    with ExitStack() as held:
        if not where.shared:
            held.enter_context(sole_worker(Path(str(where.main.database))))
        try:
            await engine.start()
            yield
        finally:
            await engine.stop(grace)
