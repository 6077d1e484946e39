"""How soon does an open page hear of a decision? Exit 1 when its bar is missed.

    python -m benchmarks.live [CLIENTS] [ROUNDS]

`maestro web` and `maestro worker`, two processes over one file of SQLite; 300 streams of one pull request's page are
open. A label sends a webhook, the worker evaluates, and its decision is stored: from that moment, as the row has it, to
when each client has read an event. Beside it the plain ceiling, in the same run: a process that tells 300 streams of
every change of the file, and asks nothing.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

import aiohttp

from app.github.sandbox import Repo, Sandbox
from app.render.capability import Pages, derived, of_pull
from benchmarks.intake import process, settings
from tests.road.stories import CONTRACT, change, shop
from tools.load import SECRET

CLIENTS, ROUNDS = 300, 20
SOON = 1.0  # bar: seconds, of the p95
PATIENCE = 30.0  # seconds until a round is given up


@dataclass
class Listener:
    """One stream that is open, and when each of its events was read (epoch seconds)."""

    heard: list[float] = field(default_factory=list)

    async def listen(self, session: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> None:
        async with session.get(url, headers=headers) as answer:
            answer.raise_for_status()
            async for line in answer.content:
                if line.startswith(b"data:"):
                    self.heard.append(time.time())

    def since(self, moment: float) -> float | None:
        """Seconds from `moment` to the first event after it; None: there was none yet."""
        return next((at - moment for at in self.heard if at >= moment), None)


@dataclass(frozen=True, slots=True)
class Town:
    """A repository on a local GitHub, our two processes, and the file that they share."""

    repo: Repo
    number: int
    root: str
    cookie: dict[str, str]
    path: str
    file: Path

    def decided(self) -> tuple[int, float]:
        """How many decisions there are, and when the newest was stored (epoch seconds)."""
        with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True) as connection:
            count, at = connection.execute("SELECT count(*), max(decided_at) FROM decisions").fetchone()
        return count, (at or 0) / 1e6

    async def decide(self, name: str) -> float:
        """One more decision; when it was stored."""
        before, _ = self.decided()
        self.repo.label(self.number, name)
        async with asyncio.timeout(PATIENCE):
            while self.decided()[0] == before:  # noqa: ASYNC110 - another process stores it
                await asyncio.sleep(0.02)
        return self.decided()[1]


@asynccontextmanager
async def town(directory: Path) -> AsyncIterator[Town]:
    """Both processes, and one pull request with a decision."""
    file = directory / "maestro.db"
    async with AsyncExitStack() as stack:
        github = await stack.enter_async_context(Sandbox(Sandbox.generate_app(), webhook_secret=SECRET))
        told = settings(github, f"sqlite:///{file}") | {"MAESTRO_SWEEP_SECONDS": "0", "MAESTRO_CI_GRACE": "0"}
        port = await stack.enter_async_context(process("-m", "app.cli", "web", **told))
        github.webhook_url = f"http://127.0.0.1:{port}/webhook"
        await stack.enter_async_context(worker(told))
        repo = shop(github, CONTRACT)
        number, sha = change(repo)
        repo.report_check(sha, "unit", conclusion="success")
        pages, subject = Pages("", derived("".join(github.app.private_key.split()))), of_pull("octo/shop", number)
        cookie = {"Cookie": f"maestro-page={pages.key_of(subject)}"}
        here = Town(repo, number, f"http://127.0.0.1:{port}", cookie, subject.path, file)
        async with asyncio.timeout(PATIENCE):
            while not here.decided()[0]:  # noqa: ASYNC110 - another process stores it
                await asyncio.sleep(0.1)
        yield here


@asynccontextmanager
async def worker(told: dict[str, str]) -> AsyncIterator[None]:
    """`maestro worker`, as long as it is needed."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.cli", "worker", env={**os.environ, **told}, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        child.terminate()
        await child.wait()


async def heard(here: Town, url: str, headers: dict[str, str], clients: int, rounds: int, name: str) -> list[float]:
    """Seconds from each decision to each of the clients that listen at `url`."""
    listeners, waits = [Listener() for _ in range(clients)], list[float]()
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
    ) as session:
        streams = [asyncio.create_task(one.listen(session, url, headers)) for one in listeners]
        await asyncio.sleep(3.0)
        for number in range(rounds):
            at = await here.decide(f"{name}-{number}")
            async with asyncio.timeout(PATIENCE):
                while any(one.since(at) is None for one in listeners):
                    assert not any(stream.done() for stream in streams), "a stream ended"
                    await asyncio.sleep(0.02)
            waits += [wait for one in listeners if (wait := one.since(at)) is not None]
            await asyncio.sleep(0.5)  # the card of this decision is news as well, and is let go by
        for stream in streams:
            stream.cancel()
        await asyncio.gather(*streams, return_exceptions=True)
    return waits


def told(name: str, waits: Sequence[float]) -> float:
    """Print, and the p95."""
    cuts = quantiles(waits, n=100)
    print(f"{name}: p50 {1e3 * cuts[49]:.0f} ms, p95 {1e3 * cuts[94]:.0f} ms, most {1e3 * max(waits):.0f} ms", end=" ")
    print(f"({len(waits):,} events)", flush=True)
    return cuts[94]


async def measure(clients: int, rounds: int) -> bool:
    """Everything in one run; whether the bar holds."""
    with tempfile.TemporaryDirectory(prefix="maestro-live-") as directory:
        async with town(Path(directory)) as here:
            stream = f"{here.root}{here.path}/stream"
            ours = await heard(here, stream, here.cookie, clients, rounds, "ours")
            async with process("-m", "tools.beats", "PORT", str(here.file)) as port:
                plain = await heard(here, f"http://127.0.0.1:{port}/stream", {}, clients, rounds, "plain")
    last = told(f"ours, {clients} clients", ours)
    ceiling = told("plain ceiling", plain)
    print(f"p95 {last / ceiling:.1f} x the plain ceiling (bar: {SOON:.0f} s)")
    return last < SOON


def main() -> int:
    """Measure; 0 where the bars hold."""
    clients, rounds = (int(one) for one in (*sys.argv[1:], *map(str, (CLIENTS, ROUNDS)[len(sys.argv) - 1 :])))
    return int(not asyncio.run(measure(clients, rounds)))


if __name__ == "__main__":
    sys.exit(main())
