"""A real Prometheus of this machine, under any configuration."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml


class NoPrometheusHere(OSError):
    """Debian: apt install prometheus."""


def write(directory: Path, history: Iterable[str]) -> None:
    """Have `directory` hold this history, lines of OpenMetrics, for one that runs there. Raises NoPrometheusHere."""
    tool = shutil.which("promtool")
    if tool is None:
        raise NoPrometheusHere("there is no promtool here (Debian: apt install prometheus)")
    (directory / "history").write_text("".join(history))
    command = [tool, "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=96h", "history", "data"]
    subprocess.run(command, cwd=directory, check=True, capture_output=True)


@asynccontextmanager
async def running(directory: Path, configuration: Mapping[str, Any]) -> AsyncIterator[str]:
    """The address of one that keeps its data in `directory`. Raises NoPrometheusHere."""
    binary = shutil.which("prometheus")
    if binary is None:
        raise NoPrometheusHere("there is no Prometheus here (Debian: apt install prometheus)")
    settings = directory / "prometheus.yml"
    settings.write_text(yaml.safe_dump(dict(configuration)))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    process = await asyncio.create_subprocess_exec(
        binary,
        f"--config.file={settings}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address={address}",
        "--log.level=error",
    )
    try:
        await _ready(f"http://{address}/-/ready")
        yield f"http://{address}"
    finally:
        process.terminate()
        await process.wait()


async def _ready(url: str) -> None:
    async with asyncio.timeout(30), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url) as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.1)
