"""One installation under test: a local GitHub in this process, web and workers in others, and what joins them."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom

import aiohttp

from app.github.sandbox import Sandbox
from app.store.address import address
from campaign.lanes import Journal
from campaign.launcher import CRASH, JOURNAL
from campaign.ledger import Ledger
from campaign.processes import Member, Nursery, nursery
from tests.postgres import Postgres
from tests.road.town import SECRET, github

SHARED_MEMORY = Path("/dev/shm")
LINES = 10  # of the log of each process that did not come up


@dataclass(slots=True)
class Installation:
    """`members` are the processes that should live; `revive` starts those anew that do not."""

    sandbox: Sandbox
    nursery: Nursery
    database_url: str
    directory: Path
    port: int
    members: list[Member] = field(default_factory=list)
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Of the web process, whichever lives."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def journal(self) -> Journal:
        """Of all runs."""
        return self.nursery.journal

    @property
    def ledger(self) -> Ledger:
        """The databases."""
        return Ledger(address(self.database_url))

    @property
    def acknowledged(self) -> list[str]:
        """GUIDs of the webhooks that were answered with 202."""
        return [one.guid for one in self.sandbox.deliveries if one.status_code == 202]

    async def start(self, role: str, crash: str = "", **more: str) -> Member:
        """Start one more process, perhaps one that will kill itself at a point of `campaign.crash`."""
        environment = self.environment | ({CRASH: crash} if crash else {}) | more
        member = await self.nursery.start(role, environment)
        self.members.append(member)
        return member

    @property
    def environment(self) -> dict[str, str]:
        """What a process is told. Healing is fast: what a dead web process missed is asked for within seconds."""
        return {
            "MAESTRO_APP_ID": str(self.sandbox.app.app_id),
            "MAESTRO_PRIVATE_KEY": self.sandbox.app.private_key,
            "MAESTRO_WEBHOOK_SECRET": SECRET,
            "MAESTRO_GITHUB_API": self.sandbox.url,
            "MAESTRO_OSV_URL": "",
            "MAESTRO_CI_GRACE": "0",
            "MAESTRO_SWEEP_SECONDS": "0",
            "MAESTRO_REDELIVERY_SECONDS": "3",
            "DATABASE_URL": self.database_url,
            "PORT": str(self.port),
            JOURNAL: str(self.journal.file),
        } | self.extra

    async def revive(self) -> list[Member]:
        """Start anew, unharmed, whoever has ended; who that was."""
        ended = [one for one in self.members if not one.alive]
        for one in ended:
            self.members.remove(one)
            await self.start(one.role)
        return ended

    async def up(self, seconds: float = 60.0) -> None:
        """Return once the web process says that it can store. A TimeoutError says what was heard of all instead."""
        said = "never asked"

        async def ready() -> bool:
            nonlocal said
            status, said = await heard(f"{self.url}/readyz")
            return status == 200

        try:
            await until(ready, seconds)
        except TimeoutError:
            told = "".join(f"\n{member.role} {member.state}: {member.said(LINES)}" for member in self.members)
            raise TimeoutError(f"not up after {seconds:.0f} s; /readyz: {said}{told}") from None

    def unheard(self) -> set[str]:
        """GUIDs of which no sending was answered with 202, and that are not stored either: an answer may be lost."""
        return {one.guid for one in self.sandbox.deliveries} - set(self.acknowledged) - set(self.ledger.standings())

    async def settled(self, seconds: float = 120.0) -> None:
        """Wait until every webhook was stored, be it asked for again, and all work is done. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                await self.revive()
                await self.sandbox.settle()
                before = len(self.sandbox.deliveries)
                if await self._owed() == 0 and not self.unheard() and len(self.sandbox.deliveries) == before:
                    return
                await asyncio.sleep(0.1)

    async def _owed(self) -> int:
        """Nothing is owed when nothing is in two looks: a job's end may put the next one on its lane."""
        for _ in range(2):
            if owed := await asyncio.to_thread(self.ledger.owed):
                return owed
            await asyncio.sleep(0.3)
        return 0


@asynccontextmanager
async def installation(database_url: str = "") -> AsyncIterator[Installation]:
    """Open one, without processes yet; on SQLite in its own directory unless `database_url` says otherwise."""
    with directory() as where:
        url = database_url or f"sqlite:///{where / 'maestro.db'}"
        async with github() as sandbox, nursery(where) as forking:
            opened = Installation(sandbox, forking, url, where, free_port())
            sandbox.webhook_url = f"{opened.url}/webhook"
            yield opened


@contextmanager
def directory() -> Iterator[Path]:
    """A place that is gone afterwards; in memory where there is one, for the disk is not what is tested."""
    above = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="maestro-campaign-", dir=above, ignore_cleanup_errors=True) as path:
        yield Path(path)


@contextmanager
def database(server: Postgres) -> Iterator[str]:
    """The address of an empty database of `server`, as DATABASE_URL would say it."""
    url = server.database()
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        server.drop(url)


async def answers(url: str) -> bool:
    """Does a GET of `url` bring a 200?"""
    return (await heard(url))[0] == 200


async def heard(url: str) -> tuple[int, str]:
    """The status and the words that a GET of `url` brings; 0 and why, where it brings none."""
    timeout = aiohttp.ClientTimeout(total=15)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
            return answer.status, f"{answer.status} {await answer.text()}"
    except (aiohttp.ClientError, TimeoutError) as error:
        return 0, repr(error)


async def until(holds: Callable[[], Awaitable[bool]], seconds: float) -> float:
    """Wait until `holds`; the seconds that it took. Raises TimeoutError."""
    began = time.monotonic()
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - processes tell nobody
            await asyncio.sleep(0.02)
    return time.monotonic() - began


def free_port() -> int:
    """One that a dead process leaves to its successor: below those that the system gives away by itself."""
    for port in SystemRandom().sample(range(20_000, 32_000), 200):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")
