"""What is held likely before any data: how much the level wanders, how noise hangs together, how many covariates help.

Everything is in units of the metric's standard deviation before the change. The variance of the noise is integrated
out in closed form, the other two parameters live on a grid:

    ratio  variance of the level's step / variance of the noise's innovation
    rho    correlation of the noise from one point to the next, 0 <= rho < 1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from checks.impact.floats import Floats


class Precision(NamedTuple):
    """A gamma law of a precision (1 / variance): half the degrees of freedom, half the sum of squares."""

    shape: float
    rate: float


@dataclass(frozen=True, eq=False, slots=True)
class Prior:
    """One choice of all that.

    ratios, rhos  the grid; shapes (q,) and (r,)
    log_weight    log prior of each point of it, measured in log(ratio), but for `level`; shape (r, q)
    level         law of the precision of the level's step; (0, 0) where `log_weight` says all
    noise, alone  law of the precision of the noise, with covariates and without
    size          covariates expected to matter
    slab          weight of the prior of the coefficients, in observations
    """

    name: str
    ratios: Floats
    rhos: Floats
    log_weight: Floats
    level: Precision
    noise: Precision
    alone: Precision
    size: float = 3.0
    slab: float = 0.01

    def of_noise(self, covariates: int) -> Precision:
        """The law of the noise's precision in a model that may choose from so many covariates."""
        return self.noise if covariates else self.alone


def _broad(ratios: Floats) -> Floats:
    """Level steps up to a tenth of the noise are likely, larger ones less so; next to none is not favoured."""
    return 0.5 * np.log(ratios / (ratios + 1e-4)) - 0.5 * np.log1p(ratios / 0.01)


_RATIOS = np.logspace(-6, 1, 25)
_RHOS = np.array([0.0, 0.2, 0.4, 0.6, 0.75, 0.87, 0.95])

R = Prior(
    "r",
    _RATIOS,
    np.zeros(1),
    np.zeros((1, len(_RATIOS))),
    level=Precision(16.0, 16.0 * 0.01**2),
    noise=Precision(25.0, 25.0 * 0.2),
    alone=Precision(0.005, 0.005),
)
"""That of CausalImpact for R: white noise, a level that moves by about 1 % of the standard deviation a step."""

AUTO = Prior(
    "auto",
    _RATIOS,
    _RHOS,
    np.tile(_broad(_RATIOS), (len(_RHOS), 1)),
    level=Precision(0.0, 0.0),
    noise=Precision(0.5, 0.05),
    alone=Precision(0.5, 0.05),
)
"""Ours: noise may be autocorrelated, and the level may wander as it does in practice."""

PRIORS = {prior.name: prior for prior in (AUTO, R)}
