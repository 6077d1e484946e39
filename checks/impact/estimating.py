"""From series to answer, in one direction: panel, design, posterior, forecast, estimate.

    y = level + x b + season + noise

before the change, with a level that wanders and noise that may be autocorrelated; carried on past the change it is
what was to be expected (K. H. Brodersen et al. 2015), here in closed form: docs/impact.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from checks.impact import forecast
from checks.impact.answer import Expected, Terms, answer, refused
from checks.impact.effect import Estimate
from checks.impact.floats import Floats, Places
from checks.impact.kind import Better, Kind
from checks.impact.mixture import bands
from checks.impact.panel import Panel, read, refusal, standardised
from checks.impact.posterior import posterior
from checks.impact.prior import PRIORS, Prior
from checks.impact.quadrature import explored, first
from checks.impact.seasons import carried, harmonics
from checks.impact.selection import Design, screen

MIN_PRE = 30


def estimate(
    y: npt.ArrayLike | Sequence[float | None],
    x: npt.ArrayLike | Sequence[Any] | None,
    intervention: int,
    prior: str = "auto",
    *,
    kind: Kind | str = Kind.STOCK,
    period: int = 0,
    alpha: float = 0.05,
    better: Better = "higher",
    min_pre: int = MIN_PRE,
) -> Estimate:
    """What happened to `y` from point `intervention` on, against what its past and `x` lead to expect.

    y             (n,), evenly spaced in time; None or nan where it is missing
    x             (n, k) covariates that the change cannot touch, or None
    intervention  index of the first point after the change; n where there is none yet
    prior         "auto", or "r" for that of CausalImpact for R
    period        points in a season that repeats; 0 for none
    alpha         1 - the probability of the intervals
    better        "higher" or "lower"
    min_pre       usable points before the change without which nothing is said

    Data never raise: what cannot be answered is an outcome with its reason. ValueError: arguments that do not fit.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, not at {alpha}")
    panel, sort, chosen = read(y, x, intervention), Kind(kind), PRIORS[prior]
    no = refusal(panel, sort, min_pre)
    if no:
        return refused(panel, no, prior)
    waves = harmonics(len(panel.y), period, carried(period, len(panel.before)))
    told = _expected(panel, waves, chosen, alpha)
    return answer(panel, told, Terms(sort, alpha, better, prior, period if len(waves) else 0))


def _expected(panel: Panel, waves: Floats, prior: Prior, alpha: float) -> Expected:
    """What was to be expected, in standard deviations of the metric before the change."""
    used = np.flatnonzero(panel.moving)
    design, columns = _design(panel, waves, used, prior)
    always = range(design.always)
    kept = [*always, *(len(always) + at for at in screen(design, first(prior), prior)), -1]
    design, columns = design._replace(columns=design.columns[kept]), columns[kept]
    known = posterior(*explored(design, prior))
    after = np.arange(panel.intervention, len(panel.y))
    last = int(panel.before[-1])
    single, running = forecast.ahead(
        known, columns[:, last], columns[:-1, after], (after - last).astype(float), panel.usable[after]
    )
    past, future, sums = bands([forecast.before(known, design), single, running], alpha)
    return Expected(past, future, sums, running)


def _design(panel: Panel, waves: Floats, used: Places, prior: Prior) -> tuple[Design, Floats]:
    """What the evidence is asked of, and the same columns at all points; a missing value is 0 there."""
    seen = standardised(np.concatenate([panel.x[used], panel.y[None]]), panel.before)
    columns = np.concatenate([waves, np.where(np.isnan(seen), 0.0, seen)])
    always = len(waves) + (0 if len(used) > prior.size else len(used))
    return Design(columns[:, panel.before], panel.before.astype(float), always, len(used)), columns
