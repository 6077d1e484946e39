"""How risky a change is, as a Decision tells it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Risk:
    """Change risk: `score` in 0..1 (0.35 the median change, 0.65 the 95th percentile), `probability` of a defect."""

    score: float
    reasons: tuple[str, ...]
    probability: float
    percentile: float
