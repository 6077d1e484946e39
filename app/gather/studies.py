"""What is kept of studies and of what people say to them, as the check reads it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.model import KeptStudy, Tally
from checks.studied import Studied


class Kept(Protocol):
    """The studies that are kept."""

    async def of_pull(self, repository: str, number: int) -> Sequence[KeptStudy]:
        """The newest of a pull request, the oldest of them first."""


class Held(Protocol):
    """What people say to them."""

    async def of(self, keys: Collection[int]) -> Mapping[int, Tally]:
        """How many agree with each, by its id."""

    async def rate(self, repository: str) -> Tally:
        """How many agree, over all of a repository."""


class StudiesOf(Protocol):
    """What is known of what was deployed of pull requests."""

    async def of(self, repository: str, number: int) -> tuple[Studied, ...]:
        """All of one, the oldest first."""


class NoStudies:
    """For a reader without a database: nothing was deployed that it knows of."""

    async def of(self, repository: str, number: int) -> tuple[Studied, ...]:
        """None."""
        return ()


@dataclass(frozen=True, slots=True)
class Studies:
    """Asks the database only."""

    kept: Kept
    held: Held

    async def of(self, repository: str, number: int) -> tuple[Studied, ...]:
        """All of one pull request, the oldest first, each with what people say to it."""
        kept = await self.kept.of_pull(repository, number)
        if not kept:
            return ()
        tallies, rate = await self.held.of([one.id for one in kept]), await self.held.rate(repository)
        return tuple(_studied(one, tallies.get(one.id, Tally()), rate) for one in kept)


async def of_head(source: StudiesOf, repository: str, number: int | None, sha: str) -> tuple[Studied, ...]:
    """Those of an open pull request's head `sha`: what was found of an older one says nothing of this. A merge group
    has none.
    """
    if number is None:
        return ()
    return tuple(one for one in await source.of(repository, number) if one.sha == sha)


def _studied(kept: KeptStudy, tally: Tally, rate: Tally) -> Studied:
    one = kept.intervention
    return Studied(
        kept.id,
        one.environment,
        one.sha,
        one.at,
        kept.until,
        one.pulls,
        kept.told,
        kept.done,
        (tally.agree, tally.disagree),
        (rate.agree, rate.all),
    )
