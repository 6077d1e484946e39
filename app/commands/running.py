"""The two halves of a running App, each started and, when told, ended."""

from __future__ import annotations

import socket
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
    async with _set_up(application, grace) as runner:
        await web.TCPSite(runner, host, port).start()
        yield f"http://{host}:{runner.addresses[0][1]}"


@asynccontextmanager
async def attending(application: web.Application, place: socket.socket, grace: float = GRACE) -> AsyncIterator[None]:
    """The web process where somebody has already reserved a `place`."""
    async with _set_up(application, grace) as runner:
        await web.SockSite(runner, place).start()
        yield


@asynccontextmanager
async def _set_up(application: web.Application, grace: float) -> AsyncIterator[web.AppRunner]:
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=grace)
    await runner.setup()
    try:
        yield runner
    finally:
        await runner.cleanup()


def reserved(host: str) -> tuple[socket.socket, str]:
    """A free port that nobody else gets any more, and the address that will be there: known before anybody listens."""
    place = socket.create_server((host, 0))
    return place, f"http://{host}:{place.getsockname()[1]}"


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
