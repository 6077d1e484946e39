"""From series to answer, in one direction: panel, design, posterior, forecast, estimate.

    y = level + x b + season + noise

before the change, with a level that wanders and noise that may be autocorrelated; carried on past the change it is
what was to be expected (K. H. Brodersen et al. 2015), here in closed form: docs/impact.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from checks.impact import forecast
from checks.impact.answer import Expected, Terms, answer, refused
from checks.impact.effect import Estimate
from checks.impact.floats import Floats
from checks.impact.kind import LEAST_ALPHA, MOST_ALPHA, Better, Kind
from checks.impact.level import Chain
from checks.impact.mixture import bands
from checks.impact.panel import Panel, moments, read, refusal
from checks.impact.posterior import posterior
from checks.impact.prior import PRIORS, Prior
from checks.impact.quadrature import explored
from checks.impact.screening import chosen
from checks.impact.seasons import carried, harmonics
from checks.impact.selection import Design, models

MIN_PRE = 30


def estimate(
    y: npt.ArrayLike | Sequence[float | None],
    x: npt.ArrayLike | Sequence[Any] | None,
    intervention: int,
    prior: str = "auto",
    *,
    kind: Kind | str = Kind.FLOW,
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
    kind          what the metric is: sums are told of a "flow" or "count", not of a "stock" or "ratio"
    period        points in a season that repeats; 0 for none
    alpha         1 - the probability of the intervals; from 1e-6 to 0.5
    better        "higher" or "lower"
    min_pre       usable points before the change without which nothing is said

    Data never raise: what cannot be answered is an outcome with its reason. ValueError: arguments that do not fit.
    """
    if not LEAST_ALPHA <= alpha <= MOST_ALPHA or prior not in PRIORS or better not in {"higher", "lower"}:
        raise ValueError(f"alpha ({alpha}), prior ({prior!r}) or better ({better!r}) is none that there is")
    if isinstance(period, bool) or not isinstance(period, int | np.integer) or period < 0:
        raise ValueError(f"period ({period!r}) must be a whole number of points, or 0")
    panel, sort = read(y, x, intervention), Kind(kind)
    no = refusal(panel, sort, min_pre)
    if no:
        return refused(panel, no, prior)
    waves = harmonics(len(panel.y), period, carried(period, len(panel.before)))
    terms = Terms(sort, alpha, better, prior, period if len(waves) else 0)
    return answer(panel, _expected(panel, waves, PRIORS[prior](_span(panel)), terms), terms)


def _expected(panel: Panel, waves: Floats, prior: Prior, terms: Terms) -> Expected:
    """What was to be expected, in standard deviations of the metric before the change."""
    columns, unit = _columns(panel, waves)
    columns = np.insert(columns, [-1] * bool(prior.trend), _trend(panel), axis=0)
    design, kept = chosen(_design(panel, len(waves), columns, prior), prior)
    columns = columns[kept]
    chains, among = _chains(panel, design, columns, prior), models(design, prior)
    known = posterior(among, *explored(chains, design, among, prior))
    single, running = forecast.ahead(known, _ahead(panel, columns, lambda mean: terms.kind.swell(mean, *unit)))
    future, sums = bands([single, running], terms.alpha)
    return Expected(*unit, forecast.before(known, chains[0]).even(terms.alpha), future, sums, running)


def _columns(panel: Panel, waves: Floats) -> tuple[Floats, tuple[float, float]]:
    """Seasons, covariates and metric at all points, in standard deviations from the mean; the metric's two of these.

    Both are those before the change. What is missing is 0.
    """
    values = np.concatenate([panel.x[panel.moving], panel.y[None]])
    centre, spread = moments(values[:, panel.before])
    columns = (values - centre[:, None]) / spread[:, None]
    columns[np.isnan(columns)] = 0.0
    return np.concatenate([waves, columns]), (float(centre[-1]), float(spread[-1]))


def _span(panel: Panel) -> float:
    """Steps from the first usable point before the change to the last, both counted."""
    return float(panel.before[-1] - panel.before[0] + 1)


def _trend(panel: Panel) -> Floats:
    """A straight line, in standard deviations from its mean before the change; shape (n,)."""
    return np.asarray((np.arange(len(panel.y)) - panel.before.mean()) / panel.before.std())


def _chains(panel: Panel, design: Design, columns: Floats, prior: Prior) -> list[Chain]:
    """The points before the change, and those after it where they judge, too: from their own mean, as it is theirs."""
    chains = [Chain(design.columns, design.times, prior.rhos)]
    if design.later:
        own = columns[:, panel.after]
        chains.append(Chain(own - own.mean(1, keepdims=True), panel.after.astype(float), prior.rhos))
    return chains


def _design(panel: Panel, seasons: int, columns: Floats, prior: Prior) -> Design:
    later = len(panel.after) if prior.doubt < 1 else 0
    trends = int(prior.trend > 0)
    offered = len(columns) - 1 - trends - seasons
    always = seasons + (0 if offered > prior.size else offered)
    return Design(columns[:, panel.before], panel.before.astype(float), always, offered, trends, later)


def _ahead(panel: Panel, columns: Floats, swell: Callable[[Floats], Floats]) -> forecast.Ahead:
    after, last = slice(panel.intervention, None), panel.before[-1]
    leads = (np.arange(panel.intervention, len(panel.y)) - last).astype(float)
    return forecast.Ahead(columns[:, last], columns[:-1, after], leads, panel.usable[after].astype(float), swell)
