"""What is held likely before any data: how much the level wanders, how noise hangs together, how many covariates help.

Everything is in units of the metric's standard deviation before the change. The variance of the noise is integrated
out in closed form, the other two parameters are summed over a grid:

    ratio  variance of the level's step / variance of the noise's innovation
    rho    correlation of the noise from one point to the next, 0 <= rho < 1
"""

from __future__ import annotations

from collections.abc import Callable
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

    ratios        ends of the range of the ratio
    start         points of that range to begin with, evenly spaced in logs
    rhos          the values that rho can have; shape (r,)
    log_density   of (ratio, rho), measured in log(ratio); but for what `level` says, up to a constant
    level         law of the precision of the level's step; (0, 0) where `log_density` says all
    noise, alone  law of the precision of the noise, with covariates and without
    size          covariates expected to matter
    slab          weight of the prior of the coefficients, in observations
    """

    name: str
    ratios: tuple[float, float]
    start: int
    rhos: Floats
    log_density: Callable[[Floats, Floats], Floats]
    level: Precision
    noise: Precision
    alone: Precision
    size: float = 3.0
    slab: float = 0.01

    def of_noise(self, covariates: int) -> Precision:
        """The law of the noise's precision in a model that may choose from so many covariates."""
        return self.noise if covariates else self.alone


def _flat(ratio: Floats, _: Floats) -> Floats:
    return np.zeros_like(ratio)


def _broad(ratio: Floats, _: Floats) -> Floats:
    """Level steps up to a tenth of the noise are likely, larger ones less so; next to none is not favoured."""
    return np.asarray(0.5 * np.log(ratio / (ratio + 1e-4)) - 0.5 * np.log1p(ratio / 0.01))


R = Prior(
    "r",
    ratios=(1e-5, 10.0),
    start=37,
    rhos=np.zeros(1),
    log_density=_flat,
    level=Precision(16.0, 16.0 * 0.01**2),
    noise=Precision(25.0, 25.0 * 0.2),
    alone=Precision(0.005, 0.005),
)
"""That of CausalImpact for R: white noise, a level that moves by about 1 % of the standard deviation a step."""

AUTO = Prior(
    "auto",
    ratios=(1e-6, 10.0),
    start=13,
    rhos=np.array([0.0, 0.2, 0.4, 0.6, 0.75, 0.87, 0.95]),
    log_density=_broad,
    level=Precision(0.0, 0.0),
    noise=Precision(0.5, 0.05),
    alone=Precision(0.5, 0.05),
)
"""Ours: noise may be autocorrelated, and the level may wander as it does in practice."""

PRIORS = {prior.name: prior for prior in (AUTO, R)}
