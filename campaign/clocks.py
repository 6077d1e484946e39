"""Clocks that step by an hour, each worker's by itself: lanes are kept by locks, not by clocks."""

from __future__ import annotations

import asyncio
from random import Random

from campaign import invariants
from campaign.installation import Installation, database, installation
from campaign.kills import settle
from campaign.launcher import CLOCK
from campaign.report import Report, say
from campaign.stories import Story, tell
from tests.postgres import Postgres

HOUR = 3_600
HOLDS = (invariants.NO_OVERLAP, invariants.NOTHING_LOST, invariants.NOTHING_TWICE, invariants.SEALED)


async def stepped(server: Postgres, steps: int, seed: int) -> Report:
    """Two workers on PostgreSQL, a story at each step of the clock of one of them."""
    report = Report(f"clock steps of an hour, {steps}, two workers on PostgreSQL, seed {seed}", HOLDS)
    dice = Random(seed)
    with database(server) as url:
        async with installation(url) as here:
            clocks = [here.directory / f"clock-{number}" for number in (1, 2)]
            await here.start("web")
            for clock in clocks:
                await here.start("worker", **{CLOCK: str(clock)})
            await here.up()
            stories = []
            for number in range(steps):
                stories.append(tell(here.sandbox, f"org-{number}", dice.randrange(10**6)))
                await asyncio.sleep(dice.uniform(0.2, 0.8))
                dice.choice(clocks).write_text(str(dice.choice((-HOUR, 0, HOUR))))
                report.counts["steps"] += 1
            say(f"   {steps} steps")
            await settle(here, report)
            report.counts["runs"] = len(here.journal.runs())
            report.broken(await _judged(here, stories))
    return report


async def _judged(here: Installation, stories: list[Story]) -> list[str]:
    found = await invariants.of_storage(here)
    return found + [what for story in stories for what in invariants.doubled(here.sandbox, story)]
