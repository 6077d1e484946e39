"""A rolling restart under load: two web processes and two workers, each replaced by the next release in its turn."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random

from app.github.sandbox.faults import Slow
from campaign import invariants
from campaign.clocks import HOLDS
from campaign.installation import Installation, database, free_port, installation
from campaign.kills import settle
from campaign.knocking import Knocking, knocking
from campaign.launcher import RELEASE
from campaign.processes import Member
from campaign.report import Report, say
from campaign.stories import Story, tell
from tests.postgres import Postgres

SLOW = 1.5  # seconds
STAYS = "the web process that stays answers every webhook with 202, each other one ends within 10 s of being told"
NEXT = "99.0.0"


async def rolled(server: Postgres, rounds: int, seed: int) -> Report:
    """Replace everything but one web process, so many times."""
    report = Report(f"rolling restarts, {rounds}, two releases, seed {seed}", (STAYS, *HOLDS))
    with database(server) as url:
        async with installation(url) as here:
            for role in ("web", "worker", "worker"):
                await here.start(role)
            await here.up()
            other = replace(here, port=free_port(), members=[])
            await other.start("web")
            await other.up()
            stories: list[Story] = []
            async with knocking(here.url, 0.02) as door:
                for number in range(rounds):
                    await _round(here, other, report, stories, Random(seed + number))
                    say(f"   {number + 1} of {rounds} rounds")
            await settle(here, report)
            report.broken(await _judged(here, door, stories, report))
    return report


async def _round(here: Installation, other: Installation, report: Report, stories: list[Story], dice: Random) -> None:
    """Each worker in turn, and the other web process: first the new one, then the end of the old one."""
    for old in [one for one in here.members if one.role == "worker"]:
        await _tell(here, stories, dice)
        await here.start("worker", **{RELEASE: NEXT})
        here.members.remove(old)
        await _told_to_end(old, report)
    (old,) = other.members
    other.members.clear()
    await _told_to_end(old, report)
    await other.start("web", **{RELEASE: NEXT})
    await other.up()
    await _tell(here, stories, dice)


async def _tell(here: Installation, stories: list[Story], dice: Random) -> None:
    """One more story, whose reading takes a while: somebody is at it when they are told to end."""
    here.sandbox.faults.add(Slow(SLOW), path=f"/repos/org-{len(stories)}/shop/compare/*", times=2)
    stories.append(tell(here.sandbox, f"org-{len(stories)}", dice.randrange(10**6)))
    await asyncio.sleep(dice.uniform(0.3, 1.0))


async def _told_to_end(member: Member, report: Report) -> None:
    seconds = await member.stop()
    report.counts["processes replaced"] += 1
    report.measured("told to end -> ended (s; bar 10)", seconds)
    if status := member.ended.result():
        report.broken([f"{member.role} ended with {status}: {member.said()}"])


async def _judged(here: Installation, door: Knocking, stories: list[Story], report: Report) -> list[str]:
    report.counts["webhooks at the door that stays"] = len(door.knocks)
    found = [f"answered with {knock.status}" for knock in door.knocks if knock.status != 202]
    found += here.ledger.lost(door.acknowledged)
    found += await invariants.of_storage(here)
    return found + [what for story in stories for what in invariants.doubled(here.sandbox, story)]
