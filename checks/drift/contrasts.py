"""The questions that are asked of a feature's bins: of the rows in some of them, how many lie in some of these?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np

from checks.drift.column import Floats, Kind

MOST_PAIRED = 24  # bins; more have too many pairs to ask for each


@dataclass(frozen=True, slots=True)
class Contrasts:
    """Of the rows in `scope`, how many are `inside`; both of shape (contrasts, bins), of zeros and ones.

    First each bin, then, of numbers, what lies up to each cut: these are the `sides`, asked of all rows. Then pairs of
    bins: what went from one to the other shows there first. `questions`, shape (contrasts,): what a p is multiplied by,
    half of the chance for the sides, half for the pairs.
    """

    inside: Floats
    scope: Floats
    questions: Floats
    sides: int

    @property
    def bins(self) -> int:
        """How many there are."""
        return int(self.inside.shape[1])


@lru_cache(maxsize=256)
def contrasts(kind: Kind, filled: tuple[bool, ...]) -> Contrasts:
    """All that is asked. `filled`: whether the reference has rows in the bin; where it has none there are no pairs."""
    bins = len(filled)
    sides = np.eye(bins)
    if kind is Kind.NUMERIC:
        below = np.tril(np.ones((bins, bins)))[1 : bins - 3]  # the last bin is that of the missing rows
        sides = np.concatenate([sides, below])
    one, other = _pairs(filled)
    groups = 2 if len(one) else 1
    return Contrasts(
        inside=np.concatenate([sides, one]),
        scope=np.concatenate([np.ones_like(sides), one + other]),
        questions=groups * np.repeat([len(sides), len(one)], [len(sides), len(one)]).astype(np.float64),
        sides=len(sides),
    )


def _pairs(filled: tuple[bool, ...]) -> tuple[Floats, Floats]:
    there = [at for at, rows in enumerate(filled) if rows]
    pairs = list(combinations(there, 2)) if 2 < len(there) <= MOST_PAIRED else []
    eye = np.eye(len(filled))
    return eye[[one for one, _ in pairs]], eye[[other for _, other in pairs]]
