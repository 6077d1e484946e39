"""Of many covariates, the few of which all subsets are weighed."""

from __future__ import annotations

import numpy as np

from checks.impact.floats import Floats
from checks.impact.level import Chain, Grid
from checks.impact.prior import Prior
from checks.impact.selection import Design, slab, taken

MOST = 7  # covariates of which all subsets are weighed
RATIOS = 5  # for each rho, at which the others are weighed once


def chosen(design: Design, prior: Prior) -> tuple[Design, list[int]]:
    """The design with at most `MOST` optional columns, and which columns of the old one it has.

    A greedy search takes in, one by one, the column that explains most of what is left.
    """
    if design.optional <= MOST:
        return design, list(range(len(design.columns)))
    always = range(design.always)
    last = range(len(always) + design.optional, len(design.columns))
    kept = [*always, *(len(always) + at for at in _greedy(design, prior)), *last]
    return design._replace(columns=design.columns[kept]), kept


def _greedy(design: Design, prior: Prior) -> list[int]:
    """Optional columns, counted from 0, in their own order."""
    row = np.repeat(np.arange(len(prior.rhos)), RATIOS)
    ratio = np.tile(np.geomspace(*prior.ratios, RATIOS), len(prior.rhos))
    gram = Chain(design.columns, design.times, prior.rhos).likelihood(Grid(ratio, prior.rhos[row], row)).gram
    gram[:, :-1, :-1] += slab(design, prior)
    for _ in range(design.trends):
        gram = taken(_in_front(gram, gram.shape[-1] - 2))
    for _ in range(design.always):
        gram = taken(gram)
    left, found = list(range(design.optional)), []
    for _ in range(MOST):
        best = int(np.argmax(_gains(gram)))
        found.append(left.pop(best))
        gram = taken(_in_front(gram, best))
    return sorted(found)


def _gains(gram: Floats) -> Floats:
    """How much each column would lessen the residual, in logs, summed over the grid; shape (columns,)."""
    pivots = np.diagonal(gram, axis1=1, axis2=2)
    explained = gram[:, :-1, -1] ** 2 / (pivots[:, :-1] * pivots[:, -1:])
    return np.asarray(-np.log1p(-np.minimum(explained, 1 - 1e-12)).sum(0))


def _in_front(gram: Floats, at: int) -> Floats:
    """The same with row and column `at` in front."""
    order = [at, *(other for other in range(gram.shape[-1]) if other != at)]
    return gram[:, order][:, :, order]
