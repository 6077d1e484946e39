"""One worker as a child process: started, started anew when it ends, and told to end when we do.

The child holds the other end of a pipe. However we end, a kill -9 included, the pipe closes, and the child ends too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import structlog

log = structlog.get_logger(__name__)

LEASH = "MAESTRO_LEASH"  # set for the child: its standard input is the pipe
_SOON, _LATE = 0.1, 5.0  # seconds between an end and the next start; doubled while children end at once
_SETTLED = 10.0  # seconds after which a child counts as one that works
_KILLED = 3.0  # seconds beyond the grace that a child gets before it is killed

COMMAND = (sys.executable, "-P", "-m", "app.cli", "worker")
"""`-P`: a directory `app` where we happen to be started must not stand in for ours."""


@asynccontextmanager
async def supervised(environment: Mapping[str, str], grace: float) -> AsyncIterator[None]:
    """Keep one worker running as long as the block lasts."""
    watch = asyncio.create_task(_watch(environment, grace), name="supervisor")
    try:
        yield
    finally:
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch


async def unleashed() -> None:
    """Return when whoever started us is gone; never, where nobody holds us on a leash."""
    if LEASH not in os.environ:
        await asyncio.Event().wait()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


async def _watch(environment: Mapping[str, str], grace: float) -> None:
    pause = _SOON
    while True:
        began = time.monotonic()
        child = await asyncio.create_subprocess_exec(
            *COMMAND, stdin=asyncio.subprocess.PIPE, env={**os.environ, **environment, LEASH: "1"}
        )
        try:
            status = await child.wait()
        except asyncio.CancelledError:
            await _ended(child, grace)
            raise
        pause = _SOON if time.monotonic() - began > _SETTLED else min(2 * pause, _LATE)
        log.error("supervisor.worker_ended", status=status, again_in=pause)
        await asyncio.sleep(pause)


async def _ended(child: asyncio.subprocess.Process, grace: float) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
    try:
        await asyncio.wait_for(child.wait(), grace + _KILLED)
    except TimeoutError:
        child.kill()
        await child.wait()
