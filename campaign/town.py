"""Many stories side by side in one process: a local GitHub and the whole App, as quick as it can be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from campaign.installation import directory
from campaign.state import State, state_of
from campaign.stories import Story, tell
from tests.road.town import Town, town

PATIENCE = 240.0  # seconds for all stories of one town to come to rest: only a machine that stands still takes them
PLOTS = 16  # different stories; each is told once in fair weather, and then again and again in foul


@dataclass(frozen=True, slots=True)
class Told:
    """A story and the seed of its plot."""

    seed: int
    story: Story


@asynccontextmanager
async def opened() -> AsyncIterator[Town]:
    """A town whose failed work is tried again at once, so that foul weather costs no time."""
    with directory() as where:
        async with town(where) as here:
            here.maestro.engine.runner.backoff = lambda _attempt: 0.02
            yield here


def plots(seed: int, count: int = PLOTS) -> list[int]:
    """The seeds of the plots that a campaign of `seed` tells."""
    return Random(seed).sample(range(10**6), count)


def tellings(here: Town, owner: str, seeds: Iterable[int]) -> list[Told]:
    """Tell each plot in an installation of its own."""
    return [Told(seed, tell(here.sandbox, f"{owner}-{place}", seed)) for place, seed in enumerate(seeds)]


async def fair(seeds: Iterable[int]) -> dict[int, State]:
    """How each plot ends when nothing goes wrong."""
    async with opened() as here:
        told = tellings(here, "fair", seeds)
        await here.rest(PATIENCE)
        return {one.seed: state_of(here.sandbox, one.story) for one in told}
