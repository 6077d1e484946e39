"""The database goes away under load: PostgreSQL stops at once, connections are cut, somebody else locks SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from random import Random

import psycopg

from app.store.address import address
from campaign import invariants
from campaign.installation import Installation, database, installation
from campaign.kills import settle
from campaign.knocking import Knocking, knocking
from campaign.report import Report, say
from campaign.stories import Story, tell
from tests.postgres import Postgres

NO_FALSE_ACK = "nothing is answered with 202 while the database is away; all that was, is stored and handled"
BACK = 60.0  # seconds in which acknowledgements and work must flow again; what it took is printed
ACK, WORK = "database back -> first acknowledgement (s; bar 5)", "database back -> first run (s; bar 5)"
BUSY = 11.0  # seconds: longer than SQLite's patience (app/store/database.py)


@dataclass(frozen=True, slots=True)
class Outage:
    """Between `since` and `until` (steady seconds) nothing could be stored; at `back` all was well again."""

    since: float
    until: float
    back: float


@dataclass(slots=True)
class Load:
    """An installation under load, and what happened to it."""

    here: Installation
    dice: Random
    report: Report
    door: Knocking
    stories: list[Story] = field(default_factory=list)

    def tell(self) -> None:
        """One more story, so that there is work."""
        story = tell(self.here.sandbox, f"org-{len(self.stories)}", self.dice.randrange(10**6))
        self.stories.append(story)

    async def away(self, name: str, strike: Callable[[], Awaitable[Outage]]) -> None:
        """One outage, with work before it and behind it."""
        self.tell()
        await asyncio.sleep(self.dice.uniform(0.1, 0.6))
        outage = await strike()
        self.tell()
        self.report.counts[name] += 1
        self.report.counts["outages"] += 1
        self.report.measured(ACK, await self._first(self.door.first_ack, outage.back))
        self.report.measured(WORK, await self._first(self.here.journal.first_after, outage.back))
        told = self.door.between(outage.since, outage.until)
        self.report.counts["webhooks refused meanwhile"] += sum(knock.status != 202 for knock in told)
        self.report.broken(f"{name}: 202 while nothing could be stored" for knock in told if knock.status == 202)

    async def _first(self, after: Callable[[float], float | None], back: float) -> float:
        """Seconds from `back` to the first such event; our own supervision goes on meanwhile."""
        async with asyncio.timeout(BACK):
            while (found := after(back)) is None:
                self.report.counts["processes started anew"] += len(await self.here.revive())
                await asyncio.sleep(0.05)
        return found - back


async def outlived(server: Postgres, outages: int, seed: int) -> Report:
    """Seven of ten on PostgreSQL, most of them restarts; the rest on SQLite, a third of it longer than its patience."""
    report = Report(f"outages of the database, {outages}, seed {seed}", (NO_FALSE_ACK, *_HOLD))
    locks = outages * 3 // 10
    with database(server) as url:
        await _under_load(url, report, seed, lambda load: _on_postgres(load, server, outages - locks))
    await _under_load("", report, seed, lambda load: _on_sqlite(load, locks))
    return report


_HOLD = (invariants.NOTHING_LOST, invariants.NOTHING_TWICE, invariants.NO_OVERLAP, invariants.SEALED)


async def _under_load(url: str, report: Report, seed: int, go: Callable[[Load], Awaitable[None]]) -> None:
    async with installation(url) as here:
        for role in ("web", "worker"):
            await here.start(role)
        await here.up()
        async with knocking(here.url) as door:
            load = Load(here, Random(seed), report, door)
            await go(load)
        await settle(here, report)
        report.counts["webhooks acknowledged"] += len(door.acknowledged) + len(here.acknowledged)
        report.broken(await invariants.of_storage(here))
        report.broken(here.ledger.lost(door.acknowledged))
        report.broken(what for story in load.stories for what in invariants.doubled(here.sandbox, story))


async def _on_postgres(load: Load, server: Postgres, outages: int) -> None:
    for number in range(outages):
        if number % 5 < 3:
            await load.away(
                "immediate restarts", lambda: _restarted(server, load.here.database_url, load.dice.uniform(0.2, 1.0))
            )
        else:
            await load.away("connections cut", lambda: _cut(load.here))
        say(f"   {number + 1} of {outages} outages on PostgreSQL")


async def _on_sqlite(load: Load, outages: int) -> None:
    for number in range(outages):
        where = address(load.here.database_url)
        file = str((where.main if number % 3 == 1 else where.intake).database)
        seconds = BUSY if number % 3 == 2 else load.dice.uniform(0.5, 2.0)
        await load.away("locks by somebody else", lambda f=file, s=seconds: _locked(f, s))  # type: ignore[misc]
        say(f"   {number + 1} of {outages} outages on SQLite")


async def _restarted(server: Postgres, url: str, down: float) -> Outage:
    """Stop at once, stay away, come back."""
    await asyncio.to_thread(server.crash)
    gone = time.monotonic()
    await asyncio.sleep(down)
    still_gone = time.monotonic()
    starting = asyncio.create_task(asyncio.to_thread(server.start))
    back = await asyncio.to_thread(_back, url)
    await starting
    return Outage(gone, still_gone, back)


def _back(url: str) -> float:
    """When the server took its first session: its own start-up is not ours to heal."""
    while True:
        try:
            psycopg.connect(url.replace("+psycopg", ""), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return time.monotonic()


async def _cut(here: Installation) -> Outage:
    """Cut every connection; the server itself is never away."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"

    def cut() -> None:
        with psycopg.connect(here.database_url, autocommit=True) as session:
            session.execute(query, [session.info.backend_pid])

    await asyncio.to_thread(cut)
    now = time.monotonic()
    return Outage(now, now, now)


async def _locked(file: str, seconds: float) -> Outage:
    """Hold the write lock of a file."""

    def hold() -> tuple[float, float]:
        with closing(sqlite3.connect(file, timeout=60, isolation_level=None)) as session:
            session.execute("BEGIN IMMEDIATE")
            since = time.monotonic()
            time.sleep(seconds)
            session.execute("ROLLBACK")
            return since, time.monotonic()

    since, back = await asyncio.to_thread(hold)
    return Outage(since if "intake" in file else back, back, back)
