"""All figures of a period, each with its course over the spans of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from program.kpi.declared import KPIS, Kpi
from program.kpi.figures import Figure, Told
from program.kpi.rows import Facts

SPANS = 10  # of a period, in which a course is told; fewer where it has fewer days
_DAY = 86_400.0  # seconds


@dataclass(frozen=True, slots=True)
class Reported:
    """A figure over the whole period, and over each span of it."""

    kpi: Kpi
    told: Told
    course: tuple[Figure, ...]


def report(facts: Facts) -> Sequence[Reported]:
    """Every figure that is declared, in the order of declaration."""
    spans = facts.spans(max(1, min(SPANS, round((facts.end - facts.start) / _DAY))))
    return [Reported(one, one.compute(facts), tuple(one.compute(span).figure for span in spans)) for one in KPIS]
