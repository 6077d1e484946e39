"""The App's processes: the web, a worker, and both with the worker as a child."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import click

from app import logs, tracing
from app.commands.running import GRACE, listening, working
from app.commands.supervisor import LEASH, supervised, unleashed
from app.exit import Exit
from app.github.auth import BadKey
from app.main import web_process, worker_process
from app.settings import Settings, SettingsError, load
from app.store.address import UnsupportedDatabase, address

Part = Callable[[Settings, asyncio.Event], AbstractAsyncContextManager[None]]


_NO_DISK = "on SQLite, web and worker must share one disk; where they do not, DATABASE_URL must name PostgreSQL"


class NoCommonDisk(ValueError):
    """Web and worker would each have a database of their own, and no webhook would ever be handled."""


class LostWork(OSError):
    """The worker's lock was lost for so long that others may have been given its work."""


def apart(part: Part) -> Part:
    """`part` where web and worker run apart: on SQLite both need the very same disk, and are told so."""

    @asynccontextmanager
    async def told_so(settings: Settings, told: asyncio.Event) -> AsyncIterator[None]:
        if not address(settings.database_url).shared and LEASH not in os.environ:
            if "DYNO" in os.environ:  # devcenter.heroku.com "Dynos": each has a file system of its own
                raise NoCommonDisk(f"{_NO_DISK}; here they never do")
            click.echo(_NO_DISK, err=True)
        async with part(settings, told):
            yield

    return told_so


@asynccontextmanager
async def web(settings: Settings, _told: asyncio.Event) -> AsyncIterator[None]:
    async with web_process(settings) as application, listening(application, settings.host, settings.port) as place:
        click.echo(f"listening on {place} (webhooks: POST /webhook)", err=True)
        yield


@asynccontextmanager
async def worker(settings: Settings, told: asyncio.Event) -> AsyncIterator[None]:
    lost = asyncio.Event()

    def on_lost() -> None:
        lost.set()
        told.set()

    async with worker_process(settings, on_lost) as (engine, kept), working(engine, kept.address):
        leash = asyncio.create_task(_ending_when_unleashed())
        yield
        leash.cancel()
    if lost.is_set():
        raise LostWork("the lock on our work was lost; whoever starts us, start us again")


async def _ending_when_unleashed() -> None:
    """Whoever started us was killed, and may be back already: our locks must go at once, and our work can wait."""
    await unleashed()
    os._exit(Exit.INFRASTRUCTURE)


@asynccontextmanager
async def both(settings: Settings, told: asyncio.Event) -> AsyncIterator[None]:
    """The web here, the worker in a child: an evaluation never delays an acknowledgement."""
    async with web(settings, told), supervised({}, GRACE):
        yield


def run(part: Part, host: str | None) -> None:
    """Run `part` until it is told to end. Raises ClickException for settings that will not do."""
    try:
        settings = load()
        logs.configure(secrets=(*settings.secrets, *tracing.secrets()))
        tracing.begin("worker" if part is worker else "web")
        asyncio.run(_until_told(part, settings if host is None else settings.model_copy(update={"host": host})))
    except (SettingsError, BadKey, UnsupportedDatabase, NoCommonDisk) as error:
        raise click.ClickException(str(error)) from None
    finally:
        tracing.end()


async def _until_told(part: Part, settings: Settings) -> None:
    told = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, told.set)
    async with part(settings, told):
        await told.wait()
