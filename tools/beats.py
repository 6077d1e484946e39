"""The plain ceiling of an open page: a web process that tells every stream whenever a file of SQLite changes.

python -m tools.beats PORT FILE
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiohttp import web

PACE = 0.1  # seconds between two looks, as ours


@dataclass
class Beats:
    """What wakes every stream, once."""

    next: asyncio.Event = field(default_factory=asyncio.Event)


async def stream(request: web.Request) -> web.StreamResponse:
    """An event for each change, and nothing else."""
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await answer.prepare(request)
    beats: Beats = request.app["beats"]
    while True:
        await beats.next.wait()
        await answer.write(b"event: news\ndata: x\n\n")


async def beating(app: web.Application) -> AsyncIterator[None]:
    """Looks, for as long as the process lives."""
    app["beats"] = Beats()
    looking = asyncio.create_task(look(app["beats"], app["file"]))
    yield
    looking.cancel()


async def look(beats: Beats, file: str) -> None:
    """Wake every stream once the file changed."""
    connection = sqlite3.connect(file, isolation_level=None)
    before = None
    while True:
        (now,) = connection.execute("PRAGMA data_version").fetchone()
        if before not in {None, now}:
            beats.next.set()
            beats.next = asyncio.Event()
        before = now
        await asyncio.sleep(PACE)


if __name__ == "__main__":
    application = web.Application()
    application["file"] = sys.argv[2]
    application.cleanup_ctx.append(beating)
    application.router.add_get("/stream", stream)
    web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=lambda *_: None, access_log=None)
