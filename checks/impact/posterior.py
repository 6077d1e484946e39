"""What is known after the data: a finite mixture over models and grid points, each with its coefficients."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from checks.impact.floats import Floats, Places
from checks.impact.level import Grid
from checks.impact.selection import Models, Weighed

LEFT_OUT = 1e-3  # of the probability, in parts that say next to nothing each


class Posterior(NamedTuple):
    """C parts, the likeliest first. Variances are in units of `variance`, that of the noise's innovation."""

    weight: Floats  # (C,)
    point: Places  # (C,), of the grid
    grid: Grid  # (C,), those points
    freedom: float
    variance: Floats  # (C,)
    beta: Floats  # (C, d), 0 where a column is not in the model
    covariance: Floats  # (C, d, d)
    last_level: Floats  # (C, d + 1), under each column
    last_precision: Floats  # (C,)


def posterior(among: Models, weighed: Weighed, grid: Grid) -> Posterior:
    """The parts that matter, with their coefficients."""
    weight, models, at = _heaviest(weighed.log_weight)
    inside = among.members[models]
    both = inside[:, :, None] & inside[:, None, :]
    gram, found = weighed.gram[at], weighed.found
    covariance = np.where(both, np.linalg.inv(np.where(both, gram[:, :-1, :-1], np.eye(inside.shape[1]))), 0.0)
    score = gram[:, :-1, -1]
    beta = (covariance @ score[:, :, None])[:, :, 0]
    squares = np.maximum(gram[:, -1, -1] - (score * beta).sum(1), 0.0)
    return Posterior(
        weight,
        at,
        grid.at(at),
        2 * weighed.shape,
        (squares / 2 + weighed.rate[at]) / weighed.shape,
        beta,
        covariance,
        found.last_level[at],
        found.last_precision[at],
    )


def _heaviest(log_weight: Floats) -> tuple[Floats, Places, Places]:
    """Weights that sum to 1, and to which model and grid point each belongs; the fewest that hold almost all."""
    flat = np.exp(log_weight - log_weight.max()).ravel()
    order = np.argsort(-flat, kind="stable")
    held = np.cumsum(flat[order])
    kept = order[: int(np.searchsorted(held, (1 - LEFT_OUT) * held[-1])) + 1]
    models, at = np.divmod(kept, log_weight.shape[1])
    return flat[kept] / flat[kept].sum(), models, at
