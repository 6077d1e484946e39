"""What sort of number a metric is: whether its values may be added up, and what values it can have."""

from __future__ import annotations

from enum import StrEnum
from math import inf
from typing import Literal

import numpy as np

from checks.impact.floats import Floats

TINY = 1e-300  # a mean of counts that is 0 in all but name

Better = Literal["higher", "lower"]
LEAST_ALPHA, MOST_ALPHA = 1e-6, 0.5  # beyond them an interval is everything, or next to nothing


class Kind(StrEnum):
    """`flow` is so much per step, `count` a flow of whole events, `stock` a level, `ratio` a share from 0 to 1."""

    FLOW = "flow"
    STOCK = "stock"
    RATIO = "ratio"
    COUNT = "count"

    @property
    def sums(self) -> bool:
        """Whether a sum over time means anything."""
        return self in {Kind.FLOW, Kind.COUNT}

    @property
    def bounded(self) -> bool:
        """Whether there are values that it cannot have."""
        return self in {Kind.COUNT, Kind.RATIO}

    @property
    def least(self) -> float:
        """No value lies below it."""
        return 0.0 if self.bounded else -inf

    @property
    def most(self) -> float:
        """No value lies above it."""
        return 1.0 if self is Kind.RATIO else inf

    def swell(self, expected: Floats, centre: float, spread: float) -> Floats:
        """Variance of the noise where so much is expected, in standard deviations from the mean; 1 is that of the mean.

        A count's grows with it, as that of a Poisson law does. It is never taken to shrink: noise that does not come
        from counting stays.
        """
        if self is not Kind.COUNT:
            return np.ones_like(expected)
        return np.maximum(1 + expected * (spread / max(centre, TINY)), 1.0)
