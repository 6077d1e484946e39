"""What nobody sends is fetched: the days of a module whose rules name a source."""

from __future__ import annotations

from dataclasses import dataclass

from app.model import KeptModule
from checks.drift.block import Module
from checks.drift.days import PULLED, missed
from handlers.drift_ports import Drifts, Pulls


@dataclass(frozen=True, slots=True)
class Pulling:
    """Keeps what `pulls` says of days that are over and of which nothing is kept."""

    pulls: Pulls
    drifts: Drifts

    async def __call__(self, kept: KeptModule, rules: Module, today: int) -> str | None:
        """The trouble with the source in words; "" where there is none, or no source; None while it is being read."""
        if not rules.source:
            return ""
        reference = await self.drifts.reference(kept)
        there = {one.day for one in await self.drifts.traffic(kept.id, today - PULLED)}
        days = missed(rules, there, None if reference is None else reference.last, today)
        pulled = await self.pulls.of(kept.repository, rules, days)
        if pulled is None:
            return None
        for batch in pulled.batches:
            await self.drifts.take(kept.id, batch)
        return pulled.trouble
