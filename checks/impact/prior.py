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
    spent         degrees of freedom that each coefficient takes from the noise's
    trend         probability of a straight line in the metric, of any slope
    doubt         probability that level and noise go by a law of their own after the change; at 1 it is not asked
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
    spent: float = 0.0
    trend: float = 0.0
    doubt: float = 1.0

    def of_noise(self, covariates: int) -> Precision:
        """The law of the noise's precision in a model that may choose from so many covariates."""
        return self.noise if covariates else self.alone


def _flat(ratio: Floats, _: Floats) -> Floats:
    return np.zeros_like(ratio)


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

STEADY = 10**-0.5  # the least wander there is a place for: it cannot be told from none
WILD = 100.0  # the largest ratio: a walk with a tenth of its step for noise, which cannot be told from a walk alone
WANDERS = np.array([-0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.2])  # log10
WEIGHTS = np.array([0.5, 0.3, -0.7, -0.3, 1.3, 0.7, -0.7, -1.5])
RHOS = np.array([0.0, 0.2, 0.4, 0.55, 0.7, 0.82, 0.91, 0.97])
ECHOES = np.log(np.append(0.5, np.gradient(RHOS)[1:] / np.gradient(RHOS)[1:].sum()))
BOTH = -0.8


def auto(span: float) -> Prior:
    """Ours, for `span` steps before the change.

    What the data can tell of a level depends on how far it wanders over all of that time against the noise of one
    point: wander = sqrt(ratio) * span. A level that wanders by less than 1 is as good as steady, whatever the span,
    and the intervals go wrong near 10, where it is easily taken for steady and yet leaves the forecast behind. So the
    density is drawn in the wander: as much on "steady" as elsewhere, and most of the rest from 10 to 100 (`WEIGHTS`,
    log densities a decade at `WANDERS`). Noise is white in one of three cases; else each rho has the weight of its
    surroundings (`ECHOES`). A level that wanders under noise that hangs together is less likely than either (`BOTH`).
    Three metrics in ten have a trend, for without one a level that rises steadily is taken for noise or for a walk.
    The points after the change say, too, how the level moves and the noise hangs together, but not where the level
    is; a change may alter the law itself, so their word is doubted (`doubt`).

    Chosen by measured coverage, on families of series that it is not reported on: docs/impact.md, "Prior auto".
    """

    def log_density(ratio: Floats, rho: Floats) -> Floats:
        wander = np.log10(np.sqrt(ratio) * span)
        both = np.where(rho > 0, np.interp(wander, [0.0, 0.5], [0.0, BOTH]), 0.0)
        return np.asarray(np.interp(wander, WANDERS, WEIGHTS) + np.interp(rho, RHOS, ECHOES) + both)

    return Prior(
        "auto",
        ratios=((STEADY / span) ** 2, WILD),
        start=11,
        rhos=RHOS,
        log_density=log_density,
        level=Precision(0.0, 0.0),
        noise=Precision(0.5, 1e-5),
        alone=Precision(0.5, 1e-5),
        spent=1.0,
        trend=0.3,
        doubt=0.1,
    )


def r(_: float) -> Prior:
    """That of CausalImpact for R, whatever the span."""
    return R


PRIORS: dict[str, Callable[[float], Prior]] = {"auto": auto, "r": r}
