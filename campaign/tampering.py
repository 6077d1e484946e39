"""Two hundred ways to tamper with the provenance log, on each database: the very test of `make test`."""

from __future__ import annotations

import asyncio

from app.store.address import Address, address
from app.store.database import connect, migrate
from campaign.installation import directory
from campaign.report import Report, say
from tests.postgres import Postgres
from tests.store import test_campaign as hands

FOUND = "each row that was edited, removed, moved, repeated or inserted is found, and named"


async def tampered(server: Postgres, rounds: int) -> Report:
    """Run it so many times on SQLite, and once on PostgreSQL."""
    report = Report("tampered provenance", (FOUND,))
    with directory() as where:
        for number in range(rounds):
            await _attempted(address(f"sqlite:///{where / str(number)}.db"), report)
    url = server.database()
    try:
        await _attempted(Address(url, url), report)
    finally:
        await asyncio.to_thread(server.drop, url)
    say(f"   {report.counts['tamperings']} tamperings")
    return report


async def _attempted(where: Address, report: Report) -> None:
    database = connect(where.main)
    try:
        await migrate(database)
        await hands.test_two_hundred_tamperings_with_a_stored_log_are_all_found(database)
    except AssertionError as missed:
        report.broken([f"not found: {missed}"])
    finally:
        await database.dispose()
    report.counts["tamperings"] += hands.TAMPERINGS
