"""The disk is full, on SQLite: a file may not grow (the system's limit), or no page may be added (SQLite's own).

Neither needs a file system of its own: the first is RLIMIT_FSIZE of a living process, and meets SQLite as an error of
writing; the second is what SQLite answers on a full disk.
"""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from random import Random

from app.store.address import address
from campaign import invariants
from campaign.installation import Installation, answers, installation, until
from campaign.kills import settle
from campaign.knocking import Knocking, knocking
from campaign.launcher import ENDLESS, PAGES
from campaign.report import Report, say
from campaign.stories import Story, tell

RED = "a full disk is a 503 and a red readiness, never a 202; with space again both come back by themselves"
SOUND = "all that was acknowledged can be read, and SQLite's own check finds both files whole"
PATIENCE = 60.0  # seconds until the disk must show as full, or as free again
ROOM = 48 * 1024  # bytes that a file may still grow: the disk fills while we knock
PAGE = 4_096  # bytes


async def filled(times: int, seed: int) -> Report:
    """Fill the disk so often, in one installation that lives on."""
    report = Report(f"disk full, {times} times, seed {seed}", (RED, SOUND, invariants.NOTHING_TWICE))
    dice = Random(seed)
    async with installation() as here:
        limit = here.directory / "pages"
        here.extra[PAGES] = str(limit)
        for role in ("web", "worker"):
            await here.start(role)
        await here.up()
        stories = []
        for number in range(times):
            stories.append(tell(here.sandbox, f"org-{number}", dice.randrange(10**6)))
            name, full = _way(here, number, limit)
            async with knocking(here.url) as door:
                with full:
                    await _red(here, door, report, name)
                await _green(here, door, report)
            report.counts["webhooks refused"] += sum(knock.status != 202 for knock in door.knocks)
            report.counts["webhooks acknowledged"] += len(door.acknowledged)
            report.broken(f"acknowledged and lost: {one}" for one in set(door.acknowledged) - _readable(here))
            say(f"   {number + 1} of {times} times full")
        await settle(here, report)
        report.broken(await _judged(here, stories))
    return report


def _readable(here: Installation) -> set[str]:
    return set(here.ledger.standings())


async def _judged(here: Installation, stories: list[Story]) -> list[str]:
    found = await invariants.of_storage(here)
    return found + [what for story in stories for what in invariants.doubled(here.sandbox, story)]


def _way(here: Installation, number: int, limit: Path) -> tuple[str, AbstractContextManager[None]]:
    """Every other time no page is left; else no file may grow, for the web process alone or for both."""
    if number % 2:
        return "no page left", _no_pages(here, limit)
    roles = ("web", "worker")[: 1 + number % 4 // 2]
    return f"no file grows for {' and '.join(roles)}", _no_growth(here, roles)


async def _red(here: Installation, door: Knocking, report: Report, name: str) -> None:
    """Knock until the door says 503, and look whether readiness says so too."""
    began = time.monotonic()

    async def refused() -> bool:
        return any(knock.status == 503 for knock in door.knocks if knock.sent > began)

    await until(refused, PATIENCE)
    since = time.monotonic()
    ready = await answers(f"{here.url}/readyz")
    report.counts[name] += 1
    if ready:
        report.broken([f"{name}: ready, though nothing can be stored"])
    await asyncio.sleep(0.5)
    late = door.between(since, time.monotonic())
    report.broken(f"{name}: 202" for knock in late if knock.status == 202)


async def _green(here: Installation, door: Knocking, report: Report) -> None:
    free = time.monotonic()

    async def stored() -> bool:
        await here.revive()
        return door.first_ack(free) is not None and await answers(f"{here.url}/readyz")

    report.measured("space again -> acknowledged and ready (s)", await until(stored, PATIENCE))


@contextmanager
def _no_growth(here: Installation, roles: tuple[str, ...]) -> Iterator[None]:
    """No file may become longer than the longest write-ahead log is, and a little."""
    logs = [Path(f"{url.database}-wal") for url in (address(here.database_url).intake, address(here.database_url).main)]
    most = max(log.stat().st_size for log in logs if log.exists()) + ROOM
    pids = [one.pid for one in here.members if one.role in roles and one.alive]
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def _no_pages(here: Installation, limit: Path) -> Iterator[None]:
    """No database may have more pages than the webhooks' file has now, and a few."""
    size = Path(str(address(here.database_url).intake.database)).stat().st_size
    limit.write_text(str((size + ROOM) // PAGE))
    try:
        yield
    finally:
        limit.write_text(str(ENDLESS))
