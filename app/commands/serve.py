"""`maestro serve`, `web`, `worker`, `migrate`: the App as it runs."""

from __future__ import annotations

import asyncio
import os
import tempfile

import click

_HELP = {"help_option_names": ["-h", "--help"]}
_METRICS = "PROMETHEUS_MULTIPROC_DIR"
_host = click.option("--host", help="Address to listen on [default: MAESTRO_HOST, else 127.0.0.1].")


@click.command(context_settings=_HELP)
@_host
def serve(host: str | None) -> None:
    """Run the App: the web process, and one worker that is started anew should it end."""
    with tempfile.TemporaryDirectory(prefix="maestro-metrics-") as directory:
        os.environ[_METRICS] = directory  # where both count, so that /metrics tells of both
        try:
            from app.commands import processes  # only now: prometheus_client looks for its directory when imported

            processes.run(processes.both, host)
        finally:
            del os.environ[_METRICS]


@click.command(context_settings=_HELP)
@_host
def web(host: str | None) -> None:
    """Run the web process alone: it verifies webhooks and stores them."""
    from app.commands import processes

    processes.run(processes.apart(processes.web), host)


@click.command(context_settings=_HELP)
def worker() -> None:
    """Run a worker alone: it takes stored webhooks, one lane a pull request. On PostgreSQL there may be several."""
    from app.commands import processes

    processes.run(processes.apart(processes.worker), None)


@click.command(context_settings=_HELP)
def migrate() -> None:
    """Make the database ready for this version."""
    from app.commands.kept import with_stores
    from app.engine.database import migrate as migrate_engine
    from app.storage import Stores

    async def both(kept: Stores) -> None:
        await asyncio.to_thread(migrate_engine, kept.address)

    with_stores(both)
    click.echo("the database is ready")
