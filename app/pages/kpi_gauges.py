"""The outcome metrics for Prometheus: of 30 days and all repositories together, counted anew every five minutes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app import metrics
from app.store.kpi import Kpis
from program.kpi import KPIS, Figure

DAYS = 30
PACE = 300.0  # seconds: they move by the day, and are asked for by the second
_UNKNOWN = float("nan")


@dataclass(slots=True)
class Outcomes:
    """Figures by name. `now`: epoch seconds."""

    kpis: Kpis
    now: Callable[[], float] = time.time
    _known: Mapping[str, Figure] = field(default_factory=dict)
    _at: float = field(default=float("-inf"))

    async def __call__(self) -> Mapping[str, Figure]:
        """As they were at most PACE seconds ago."""
        end = self.now()
        if not 0 <= end - self._at < PACE:
            facts = await self.kpis.facts(None, end - DAYS * 86_400.0, end)
            self._known, self._at = {one.name: one.compute(facts).figure for one in KPIS}, end
        return self._known


def show(figures: Mapping[str, Figure] | None) -> None:
    """Set the gauges; NaN is whatever is not known, not reported, or rests on too few."""
    for one in KPIS:
        figure = None if figures is None else figures.get(one.name)
        metrics.KPI_N.labels(kpi=one.name).set(_UNKNOWN if figure is None else figure.n)
        for gauge, name in ((metrics.KPI, "value"), (metrics.KPI_LOW, "low"), (metrics.KPI_HIGH, "high")):
            value = None if figure is None else getattr(figure, name)
            gauge.labels(kpi=one.name).set(_UNKNOWN if value is None else value)
