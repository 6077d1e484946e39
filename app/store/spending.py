"""What a pull request has cost so far, over all the heads that it was judged at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import TypeGuard

from app.model import MOST_USD, Spent
from app.store.decisions import Decisions
from app.store.measurements import Measurements
from app.store.usage import Usage
from checks.model import Measurement

COST = "cost_usd"
"""The measurement that counts as what a head cost, where no report says so."""
_NOTHING: Mapping[str, Sequence[Measurement]] = {}


@dataclass(frozen=True, slots=True)
class Spending:
    """Reads it from what is kept; GitHub is not asked."""

    usage: Usage
    measurements: Measurements
    decisions: Decisions

    async def spent(self, repository: str, number: int) -> float:
        """In US dollars, as reported by anybody, trusted or not: a claim may stop work, never let it go on."""
        return (await self.of(repository, number)).usd or 0.0

    async def of(
        self,
        repository: str,
        number: int,
        budget_usd: float | None = None,
        left: Mapping[str, Sequence[Measurement]] = _NOTHING,
    ) -> Spent:
        """All of it, against `budget_usd`. `left`: what was measured at a head beside what was sent to us."""
        heads = await self.decisions.heads(repository, number)
        used = await self.usage.of(repository, number, heads)
        priced = {one.sha for one in used if one.usd is not None}
        sent = await self.measurements.named(repository, heads, COST)
        stated = {**_costs(left), **_costs({sha: [one] for sha, one in sent.items()})}
        measured = [usd for sha, usd in stated.items() if sha not in priced]
        return Spent(
            _sum([*(one.usd for one in used), *measured]),
            await self.usage.minutes(repository, heads),
            sum(one.tokens or 0 for one in used),
            sum(one.cached_tokens or 0 for one in used),
            budget_usd,
            len(used) + len(measured),
            _sum(one.ci_minutes for one in used),
            await self.usage.by_arm(repository, number, heads),
            sum(not one.trusted for one in used),
        )


def _costs(measured: Mapping[str, Sequence[Measurement]]) -> dict[str, float]:
    """What each head cost by its measurement, where that is an amount."""
    found = ((sha, one.value) for sha, every in measured.items() for one in every if one.name == COST)
    return {sha: float(value) for sha, value in found if _is_amount(value)}


def _is_amount(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST_USD


def _sum(amounts: Iterable[float | None]) -> float | None:
    """Of those that are said; None where none is."""
    said = [one for one in amounts if one is not None]
    return fsum(said) if said else None
