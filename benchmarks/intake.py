"""How many webhooks does one web process acknowledge, and how soon? Exit 1 when a bar is missed.

    python -m benchmarks.intake [SECONDS]

Signed webhooks of 21 KB, over 32 connections, against `maestro web` on SQLite (write-ahead log, FULL) and on
PostgreSQL; then 50 a second, against the web alone and against `maestro serve` while its worker handles them. The plain
ceiling of the same run: a process that checks the signature, reads the JSON and keeps nothing, asked before and after.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.github.sandbox import Sandbox
from tests.postgres import running
from tools.load import SECRET, Measured, flood, trickle

SQLITE, POSTGRESQL = 0.45, 0.35  # bars: acknowledged a second, as a share of the plain ceiling
RATE, QUIET, BUSY = 50.0, 25.0, 3.0  # webhooks a second; ms of the p99, only told; times the p99 of the web alone


@asynccontextmanager
async def process(*words: str, **environment: str) -> AsyncIterator[int]:
    """A process of ours, once it listens; its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *(word.replace("PORT", str(port)) for word in words),
        env={**os.environ, **environment, "PORT": str(port)},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _listening(port)
        yield port
    finally:
        child.terminate()
        await child.wait()


async def _listening(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def settings(github: Sandbox, database: str) -> dict[str, str]:
    """What an App registered at `github` would read from its environment."""
    return {
        "MAESTRO_APP_ID": str(github.app.app_id),
        "MAESTRO_PRIVATE_KEY": github.app.private_key,
        "MAESTRO_WEBHOOK_SECRET": SECRET,
        "MAESTRO_GITHUB_API": github.url,
        "MAESTRO_OSV_URL": "",
        "DATABASE_URL": database,
    }


async def plain(seconds: float) -> Measured:
    """The ceiling."""
    async with process("-m", "tools.plain", "PORT") as port:
        return await flood(port, seconds)


async def ours(seconds: float, environment: dict[str, str]) -> Measured:
    """`maestro web`, flooded."""
    async with process("-m", "app.cli", "web", **environment) as port:
        return await flood(port, seconds)


async def steady(command: str, seconds: float, environment: dict[str, str]) -> Measured:
    """A command of ours at 50 webhooks a second, once it is warm."""
    async with process("-m", "app.cli", command, **environment) as port:
        await trickle(port, 3.0, RATE)
        return await trickle(port, seconds, RATE)


async def measure(seconds: float) -> int:
    """Everything in one run; how many bars were missed."""
    missed = 0
    with tempfile.TemporaryDirectory() as directory, running() as postgres:
        async with Sandbox(Sandbox.generate_app(), webhook_secret=SECRET) as github:
            before = await plain(seconds)
            on_sqlite = await ours(seconds, settings(github, f"sqlite:///{Path(directory) / 'flood.db'}"))
            between = await plain(seconds)
            url = postgres.database().render_as_string(hide_password=False)
            on_postgres = await ours(seconds, settings(github, url))
            after = await plain(seconds)
            ceilings = {"SQLite": (before.rate + between.rate) / 2, "PostgreSQL": (between.rate + after.rate) / 2}
            print(f"plain ceiling: {before.rate:.0f}, {between.rate:.0f}, {after.rate:.0f} acknowledged a second")
            for name, found, bar in (("SQLite", on_sqlite, SQLITE), ("PostgreSQL", on_postgres, POSTGRESQL)):
                share = found.rate / ceilings[name]
                missed += share < bar or found.refused > 0
                print(f"{name}: {found.rate:.0f} a second, {share:.2f} of the ceiling (bar {bar}),", end=" ")
                print(f"p50 {found.quantile(0.5):.0f} ms, p99 {found.quantile(0.99):.0f} ms, {found.refused} refused")
            missed += await _latency(github, Path(directory), seconds)
    return missed


async def _latency(github: Sandbox, directory: Path, seconds: float) -> int:
    alone = await steady("web", 2 * seconds, settings(github, f"sqlite:///{directory / 'alone.db'}"))
    busy = await steady("serve", 2 * seconds, settings(github, f"sqlite:///{directory / 'busy.db'}"))
    for name, found in (("web alone", alone), ("worker busy", busy)):
        print(f"{RATE:.0f} a second, {name}: p50 {found.quantile(0.5):.1f} ms, p99 {found.quantile(0.99):.1f} ms")
    ratio = busy.quantile(0.99) / alone.quantile(0.99)
    print(
        f"p99 with the worker busy: {ratio:.1f} times the web alone (bar {BUSY}); {QUIET:.0f} ms is for a quiet machine"
    )
    return int(ratio > BUSY)


def main(arguments: list[str]) -> int:
    """Print the report."""
    return int(asyncio.run(measure(float(arguments[0]) if arguments else 5.0)) > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
