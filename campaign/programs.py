"""Delivery programs: the webhooks of each story come up to three times, shuffled, late; the end must be the same."""

from __future__ import annotations

from collections import defaultdict
from itertools import count
from random import Random

from app.github.sandbox import DeliveryFaults
from campaign import invariants
from campaign.report import Report, say
from campaign.state import State
from campaign.stories import Story
from campaign.town import PATIENCE, Told, fair, opened, plots, tellings
from tests.road.town import Town

SIDE_BY_SIDE = 20  # programs whose webhooks are shuffled with one another
IN_ONE_TOWN = 100  # programs in one installation of Maestro
LATEST = 0.3  # seconds


async def delivered(programs: int, seed: int) -> Report:
    """Run so many programs."""
    report = Report(
        f"delivery programs, {programs}, seed {seed}",
        (invariants.SAME_END, invariants.NOTHING_TWICE, invariants.ANSWERED_ONCE),
    )
    seeds = plots(seed)
    clean, dice = await fair(seeds), Random(seed)
    left = programs
    while left > 0:
        async with opened() as here:
            for group in count():
                size = min(SIDE_BY_SIDE, left)
                if not size or group * SIDE_BY_SIDE >= IN_ONE_TOWN:
                    break
                drawn = [dice.choice(seeds) for _ in range(size)]
                told = await _group(here, f"group-{group}", drawn, dice.randrange(10**6))
                report.broken(judged(here, told, clean))
                left -= size
                say(f"   {programs - left} of {programs} programs")
            report.counts["webhooks sent"] += len(here.sandbox.deliveries)
            report.counts["calls to GitHub"] += len(here.sandbox.requests)
    report.counts["programs"] = programs
    return report


async def _group(here: Town, owner: str, seeds: list[int], weather: int) -> list[Told]:
    """Tell the stories of one group at once, then let all their webhooks go as the weather will have it."""
    here.sandbox.courier.hold()
    told = tellings(here, owner, seeds)
    waiting = here.sandbox.courier.waiting.qsize()
    here.sandbox.delivery_faults = DeliveryFaults(
        seed=weather, duplicate=0.5, copies=3, delay=0.3, seconds=LATEST, reorder=waiting
    )
    here.sandbox.courier.release()
    await here.rest(PATIENCE)
    return told


def judged(here: Town, told: list[Told], clean: dict[int, State]) -> list[str]:
    """What does not hold of these stories."""
    found = [what for one in told for what in invariants.doubled(here.sandbox, one.story)]
    for one in told:
        found += invariants.misanswered(one.story, in_order=False)
    return found + list(invariants.other_ends(here.sandbox, by_plot(told), clean))


def by_plot(told: list[Told]) -> dict[int, list[Story]]:
    """The stories by the seed of their plot."""
    stories: defaultdict[int, list[Story]] = defaultdict(list)
    for one in told:
        stories[one.seed].append(one.story)
    return stories
