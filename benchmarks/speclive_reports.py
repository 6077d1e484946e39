"""What do the reports of a hundred guarded processes cost? Exit 1 when a bar is missed.

    python -m benchmarks.speclive_reports [SECONDS]

`maestro web` over one file of SQLite. A hundred processes of one service tell each ten seconds what their guards saw of
20 targets and 60 clauses, ten reports a second, signed and packed as the library does: how long each waits for its
answer. Then as many as go through one after the other, and how long all of it takes to be read for a page.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import aiohttp

from app.github.sandbox import Sandbox
from app.storage import stores
from benchmarks.intake import process, settings
from tests.pages.guarded import clause, report, sent, target
from tests.road.stories import shop
from tools.load import SECRET

SECONDS = 20.0
INSTANCES, EVERY = 100, 10.0
TARGETS, CLAUSES, MOST = 20, 60, 300
SOON, READ = 1.0, 0.1  # bars, in seconds: the p95 of an answer at that pace; reading a commit


def told(sha: str, number: int) -> dict[str, Any]:
    """One window of one process."""
    targets = [target(name=f"POST /pay/{n}", clauses=[f"pay.{n}#t{m}" for m in range(3)]) for n in range(TARGETS)]
    clauses = [
        clause(id=f"pay.{n % TARGETS}#t{n // TARGETS}", target=f"POST /pay/{n % TARGETS}") for n in range(CLAUSES)
    ]
    return report(sha, time.time(), id=f"benchmark-{number:06}", targets=targets, clauses=clauses)


@dataclass
class Sender:
    """Sends to `url`, and notes how long each answer took."""

    url: str
    token: str
    sha: str
    session: aiohttp.ClientSession
    sent: int = 0
    waits: list[float] = field(default_factory=list)

    async def send(self) -> None:
        """One report."""
        self.sent += 1
        packed, headers = sent(told(self.sha, self.sent), self.token, time.time())
        bearer = {"Authorization": f"Bearer {self.token}"}
        began = time.perf_counter()
        address = f"{self.url}/api/speclive/reports"
        async with self.session.post(address, data=packed, headers=headers | bearer) as answer:
            assert answer.status == 202, await answer.text()
        self.waits.append(time.perf_counter() - began)


@asynccontextmanager
async def opened(directory: Path) -> AsyncIterator[tuple[Sender, str]]:
    """`maestro web`, and whoever sends to it; where it keeps what comes."""
    database = f"sqlite:///{directory / 'maestro.db'}"
    async with Sandbox(Sandbox.generate_app(), webhook_secret=SECRET) as github:
        repo = shop(github, None)
        async with stores(database) as kept:
            token = await kept.tokens.issue("octo/shop")
        web = process("-m", "app.cli", "web", **settings(github, database))
        async with web as port, aiohttp.ClientSession() as session:
            yield Sender(f"http://127.0.0.1:{port}", token, repo.tip(), session), database


async def paced(sender: Sender, seconds: float) -> list[float]:
    """A hundred processes, evenly apart."""
    sending, began = [], time.perf_counter()
    for number in range(int(seconds * INSTANCES / EVERY)):
        await asyncio.sleep(max(began + number * EVERY / INSTANCES - time.perf_counter(), 0))
        sending.append(asyncio.create_task(sender.send()))
    await asyncio.gather(*sending)
    waits, sender.waits = sender.waits, []
    return waits


async def measure(seconds: float) -> bool:
    """Everything in one run; whether the bars hold."""
    with tempfile.TemporaryDirectory(prefix="maestro-speclive-") as directory:
        async with opened(Path(directory)) as (sender, database):
            await sender.send()
            sender.waits.clear()
            waits = await paced(sender, seconds)
            began = time.perf_counter()
            for _ in range(MOST):
                await sender.send()
            rate = MOST / (time.perf_counter() - began)
        async with stores(database) as kept:
            reads = [await _read(kept.reading.speclive, sender.sha) for _ in range(20)]
    last = quantiles(waits, n=20)[18]
    figures = f"p50 {1e3 * median(waits):.1f} ms, p95 {1e3 * last:.1f} ms of {len(waits)} answers"
    print(f"{INSTANCES} processes each {EVERY:.0f} s: {figures} (bar: {1e3 * SOON:.0f} ms)")
    print(f"one after the other {rate:.0f} a second; a commit is read in {1e3 * median(reads):.1f} ms", end=" ")
    print(f"(bar: {1e3 * READ:.0f} ms)")
    return last < SOON and median(reads) < READ


async def _read(kept: Any, sha: str) -> float:
    began = time.perf_counter()
    assert await kept.told("octo/shop", sha, time.time() - 3_600, 50) is not None
    return time.perf_counter() - began


def main() -> int:
    """Measure; 0 where the bars hold."""
    return int(not asyncio.run(measure(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)))


if __name__ == "__main__":
    sys.exit(main())
