"""`maestro serve`, `web`, `worker`, `migrate`: the App as it runs."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import click

from app import logs
from app.commands.kept import with_stores
from app.commands.running import listening, working
from app.github.auth import BadKey
from app.main import Stores, System, system
from app.settings import Settings, SettingsError, load
from app.store.database import UnsupportedDatabase

Part = Callable[[System, Settings], AbstractAsyncContextManager[None]]

_HELP = {"help_option_names": ["-h", "--help"]}
_host = click.option("--host", help="Address to listen on [default: MAESTRO_HOST, else 127.0.0.1].")


@asynccontextmanager
async def _web(maestro: System, settings: Settings) -> AsyncIterator[None]:
    async with listening(maestro, settings.host, settings.port) as address:
        click.echo(f"listening on {address} (webhooks: POST /webhook)", err=True)
        yield


@asynccontextmanager
async def _both(maestro: System, settings: Settings) -> AsyncIterator[None]:
    async with working(maestro), _web(maestro, settings):
        yield


@click.command(context_settings=_HELP)
@_host
def serve(host: str | None) -> None:
    """Run the App: the web process and the worker in one."""
    _run(_both, host)


@click.command(context_settings=_HELP)
@_host
def web(host: str | None) -> None:
    """Run the web process alone: it verifies webhooks and stores them."""
    _run(_web, host)


@click.command(context_settings=_HELP)
def worker() -> None:
    """Run the worker alone: it takes stored webhooks, one lane a pull request."""
    _run(lambda maestro, _settings: working(maestro), None)


@click.command(context_settings=_HELP)
def migrate() -> None:
    """Make the database ready for this version."""

    async def nothing_more(_kept: Stores) -> None:
        return

    with_stores(nothing_more)
    click.echo("the database is ready")


def _run(part: Part, host: str | None) -> None:
    try:
        settings = load()
        logs.configure()
        asyncio.run(_until_told(part, settings if host is None else settings.model_copy(update={"host": host})))
    except (SettingsError, BadKey, UnsupportedDatabase) as error:
        raise click.ClickException(str(error)) from None


async def _until_told(part: Part, settings: Settings) -> None:
    told = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, told.set)
    async with system(settings) as maestro, part(maestro, settings):
        await told.wait()
