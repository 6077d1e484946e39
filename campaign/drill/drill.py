"""All repeats of a drill, as many at a time as there are services for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from campaign.drill.clock import Clock
from campaign.drill.ground import SHARE, Ground, ground
from campaign.drill.repeat import LONGEST, Plan, Repeat, repeated
from campaign.report import say


@dataclass(frozen=True, slots=True)
class Drill:
    """`repeats` of each ratio and onset (minutes). `pace`: canary requests a second of the drill."""

    ratios: tuple[float, ...]
    after: tuple[float, ...]
    repeats: int
    pace: float
    clock: Clock
    at_once: int

    def plans(self) -> Iterator[Plan]:
        """The longest first, so that none goes on alone at the end."""
        kinds = product(sorted(self.after, reverse=True), sorted(self.ratios))
        for (after, ratio), number in product(kinds, range(self.repeats)):
            yield Plan(ratio, after, number)


async def drilled(drill: Drill) -> list[Repeat]:
    """Every repeat, in the order in which they came to their end. Raises TimeoutError where one stands still."""
    plans = list(drill.plans())
    left, done = iter(plans), list[Repeat]()
    places = min(drill.at_once, len(plans))
    async with ground(places, drill.pace / SHARE, drill.clock) as here, asyncio.TaskGroup() as group:

        async def go_on(place: int) -> None:
            for plan in left:
                done.append(await _one(here, place, plan))
                say(f"   {len(done)} of {len(plans)}: {_said(done[-1])}")

        for place in range(places):
            group.create_task(go_on(place))
    return done


async def _one(here: Ground, place: int, plan: Plan) -> Repeat:
    async with asyncio.timeout(here.clock.ours(plan.after * 60 + 2 * LONGEST) + 60):
        return await repeated(here, place, plan)


def _said(one: Repeat) -> str:
    how = f"after {one.seconds:.0f} s" if one.stages else one.ended
    return f"{one.plan.ratio:g} times as bad after {one.plan.after:g} min: {how}"
