"""A module over days, made of seeded rows: well, and then moved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from checks.drift import NameSketch, NumberSketch, Sketch, begin
from checks.drift.block import Config, Module
from checks.drift.days import Days, frozen, opening, told
from checks.drift.told import Told

FIRST = 739_000  # the first day of the reference
ROWS = 500
RANKING = Module.model_validate(
    {
        "name": "ranking",
        "paths": ["ranking/**"],
        "reference": {"days": 7},
        "features": [{"name": "price", "kind": "numeric"}, {"name": "card", "kind": "categorical", "role": "output"}],
    }
)
CONFIG = Config(modules=(RANKING,))


def day_of_rows(seed: int, moved: float = 0.0, rows: int = ROWS) -> dict[str, Sketch]:
    """One day; `moved`: by how many standard deviations the price is off."""
    draw = np.random.default_rng(seed)
    prices = draw.normal(10.0 + moved, 1.0, rows)
    cards = draw.choice(["visa", "amex"], rows, p=[0.7, 0.3])
    return {"price": NumberSketch().add_many(prices), "card": NameSketch().add_many(cards.tolist())}


def over_days(well: int, moved: int = 0, by: float = 1.0) -> Days:
    """`well` days as they should be, then `moved` ones that are off."""
    return {FIRST + at: day_of_rows(at, by if at >= well else 0.0) for at in range(well + moved)}


def told_of(days: Days, rules: Module = RANKING) -> list[Told]:
    """What each day after the reference says."""
    after = max(days) + 1
    window = opening(rules, days, after)
    reference = frozen(rules, days, *window)
    return [said for _, said in told(rules, reference, begin(reference), days, range(window[1] + 1, after))]


def states(every: Sequence[Told]) -> list[str]:
    return [one.state.value for one in every]
