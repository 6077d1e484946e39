"""kill -9, again and again, in one installation that lives on: web and worker, at named points and at any moment."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from random import Random

from campaign import crash, invariants
from campaign.installation import Installation, installation, until
from campaign.processes import Member
from campaign.report import Report, say
from campaign.state import State
from campaign.stories import Story, begin, go_on
from campaign.town import fair, plots

MOST_OPEN = 4  # stories that may wait for their end before the processes get a rest
MOST_BEGUN = 3  # times that a job may have been begun before it gets a rest
REST = 60.0  # seconds that such a rest may take
LIFE = 3.0  # seconds in which a process should have come to its point; else it is killed wherever it is
CATCH_UP = 180.0  # seconds for the end of everything

POINTS = tuple(f"{name}:{side}" for name in crash.IN_WORKER for side in (crash.BEFORE, crash.AFTER))
DOOR = tuple(f"{name}:{side}" for name in crash.IN_WEB for side in (crash.BEFORE, crash.AFTER))


@dataclass(slots=True)
class Hunt:
    """One run of the campaign. What is drawn comes from `dice`; how far a process gets is the machine's."""

    here: Installation
    dice: Random
    report: Report
    seeds: list[int]
    stories: defaultdict[int, list[Story]] = field(default_factory=lambda: defaultdict(list))

    async def kills(self, count: int) -> None:
        """Kill `count` times, each while a story is being told."""
        for number in range(count):
            point, victims = await self._victims()
            story, seed = self._new_story(number)
            await asyncio.sleep(self.dice.uniform(0, 0.3))
            go_on(story, seed)
            self.report.counts[f"at {await self._end(point, victims)}"] += 1
            self.report.counts["kills"] += 1
            await self.here.revive()
            await self._rest()
            if (number + 1) % 10 == 0:
                say(f"   {number + 1} of {count} kills, {len(self.here.acknowledged)} webhooks acknowledged")

    async def _victims(self) -> tuple[str, list[Member]]:
        """Who is to die, and at which point: that one is replaced by a process which carries it."""
        draw = self.dice.random()
        if draw < 0.1:
            return "", list(self.here.members)
        role, points = ("web", DOOR) if draw < 0.2 else ("worker", POINTS)
        one = self.dice.choice([member for member in self.here.members if member.role == role])
        if self.dice.random() < 0.2:
            return "", [one]
        point = self.dice.choice(points)
        await one.kill()
        self.here.members.remove(one)
        nth = self.dice.randint(1, 2 if len(self.here.members) > 1 else 4)  # who shares the work passes by less often
        return point, [await self.here.start(role, f"{point}:{nth}")]

    def _new_story(self, number: int) -> tuple[Story, int]:
        seed = self.dice.choice(self.seeds)
        story = begin(self.here.sandbox, f"org-{number}", seed)
        self.stories[seed].append(story)
        return story, seed

    async def _end(self, point: str, victims: list[Member]) -> str:
        """Where they died."""
        if point:
            await asyncio.wait([one.ended for one in victims], timeout=LIFE)
        else:
            await asyncio.sleep(self.dice.uniform(0, 1))
        reached = point and not any(one.alive for one in victims)
        await asyncio.gather(*(one.kill() for one in victims))
        return point if reached else "any moment"

    async def _rest(self) -> None:
        """Let the work come to its end where too much of it is open, or some of it died with its process too often.

        A job during which the process dies six times counts as what kills it, and nothing here may be that.
        """

        async def caught_up() -> bool:
            await self.here.revive()
            open_ones = [one for told in self.stories.values() for one in told if not one.told]
            return len(open_ones) <= MOST_OPEN and await asyncio.to_thread(self.here.ledger.most_begun) <= MOST_BEGUN

        try:
            await until(caught_up, REST)
        except TimeoutError:
            self.report.broken(await self._stuck())

    async def _stuck(self) -> list[str]:
        """Why there was no rest: what is open, how often the unluckiest job was begun, and what the processes said."""
        told = [story for stories in self.stories.values() for story in stories]
        waiting = [f"{story.repo.full_name}#{story.number}" for story in told if not story.told]
        begun = await asyncio.to_thread(self.here.ledger.most_begun)
        state = f"no rest in {REST:.0f} s: open {waiting}, begun {begun} times, {len(self.here.unheard())} unheard"
        return [state, *(one.said() for one in self.here.members)]


async def killed(database_url: str, count: int, seed: int, workers: int) -> Report:
    """Run the campaign on one database ("": SQLite), with so many workers."""
    report = Report(
        f"kill -9 on {'PostgreSQL' if database_url else 'SQLite'}, {count} times, seed {seed}",
        (
            invariants.NOTHING_LOST,
            invariants.NOTHING_TWICE,
            invariants.IN_ORDER,
            invariants.NO_OVERLAP,
            invariants.SAME_END,
            invariants.SEALED,
        ),
    )
    seeds = plots(seed)
    clean = await fair(seeds)
    async with installation(database_url) as here:
        hunt = Hunt(here, Random(seed), report, seeds)
        for role in ("web", *["worker"] * workers):
            await here.start(role)
        await here.up()
        await hunt.kills(count)
        await settle(here, report)
        report.broken(await judged(hunt, clean))
    return report


async def settle(here: Installation, report: Report) -> None:
    """Wait for the end of everything; not to reach it is a violation, told with what the processes last said.

    The workers start once more: at its start a worker asks for what was lost, even if that was asked for just now.
    """
    for worker in [one for one in here.members if one.role == "worker"]:
        await worker.stop()
    try:
        await here.settled(CATCH_UP)
    except TimeoutError:
        unheard = f"{len(here.unheard())} webhooks unheard"
        report.broken([f"not settled after {CATCH_UP:.0f} s, {unheard}", *(one.said() for one in here.members)])


async def judged(hunt: Hunt, clean: dict[int, State]) -> list[str]:
    """What does not hold in the end."""
    here, told = hunt.here, [one for stories in hunt.stories.values() for one in stories]
    hunt.report.counts["stories"] = len(told)
    hunt.report.counts["webhooks acknowledged"] = len(here.acknowledged)
    hunt.report.counts["runs"] = len(here.journal.runs())
    hunt.report.counts["commands"] = sum(len(story.asked) for story in told)
    found = await invariants.of_storage(here)
    found += [what for story in told for what in invariants.doubled(here.sandbox, story)]
    found += [what for story in told for what in invariants.misanswered(story)]
    return found + list(invariants.other_ends(here.sandbox, hunt.stories, clean))
