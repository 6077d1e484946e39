"""How much more a feature varies from day to day than independent rows would, and which days are alike.

Told by the reference's own days; where there are three of each weekday, Mondays are held against Mondays.
"""

from __future__ import annotations

import numpy as np

from checks.drift.column import Floats, Ints
from checks.drift.contrasts import Contrasts, contrasts
from checks.drift.evidence import Known
from checks.drift.reference import Day, FeatureReference

WEEK = 7
OFTEN = 3  # of each weekday, for weekdays to be matched
MATCHED_DAYS = OFTEN * WEEK
SUSPECTED = 1.1  # the least factor that a contrast is suspected of before its days are seen
LEAST_WORTH, MOST_WORTH = 6, 20  # the degrees of freedom of what the contrasts say together: those of the days, within
THIN = 1.0  # expected rows a day, and rows outside; a contrast with fewer says nothing of days


def known(feature: FeatureReference) -> Known:
    """The reference of a watch: its counts by stratum, and how far its days vary."""
    asked = _asked(feature)
    if len(feature.days) < 2:
        return Known(np.array([feature.counts]), asked, np.ones(len(asked.inside)), np.inf)
    days = np.array([day.counts for day in feature.days])
    strata = stratum(feature.days)
    counts = np.zeros((int(strata.max()) + 1, days.shape[1]), dtype=np.int64)
    np.add.at(counts, strata, days)
    return Known(counts, asked, *_factor(days, counts[strata], len(days) - len(counts), asked))


def variation(feature: FeatureReference) -> float:
    """Of a batch whose day is not known: a bin's variance over that of independent rows, weekdays not matched; >= 1."""
    if len(feature.days) < 2:
        return 1.0
    days = np.array([day.counts for day in feature.days])
    factor, _ = _factor(days, days.sum(0, keepdims=True), len(days) - 1, _asked(feature))
    return float(factor[: days.shape[1]].mean())


def _asked(feature: FeatureReference) -> Contrasts:
    return contrasts(feature.kind, tuple(count > 0 for count in feature.counts))


def stratum(days: tuple[Day, ...]) -> Ints:
    """For each day the days it is held against: those of its weekday, or all of them where weekdays come too seldom."""
    weekdays = np.array([day.day % WEEK for day in days])
    return weekdays if np.bincount(weekdays, minlength=WEEK).min() >= OFTEN else np.zeros_like(weekdays)


def _factor(days: Ints, alike: Ints, freedom: int, asked: Contrasts) -> tuple[Floats, float]:
    """For each contrast the variance over that of independent rows, and the degrees of freedom it is known with.

    `days`: counts, shape (days, bins); `alike`: of the days that each is held against, summed. A mean that wanders
    moves some contrasts far more than others, and few days say little of any: so a contrast's own days are moderated
    by what all bins, or all cuts, say together, whichever is more. All of it is told by the same days, and weighs no
    more than they do. Source of such moderated variances: G. Smyth (2004).
    """
    squares = _squares(days, alike, asked)
    told = [part for part in (squares[: asked.bins], squares[asked.bins : asked.sides]) if not np.isnan(part).all()]
    if not freedom or not told:
        return np.ones(len(squares)), np.inf
    pooled = max(float(np.nanmean(part)) for part in told) / freedom
    own = np.where(np.isnan(squares), pooled * freedom, squares)
    worth = min(max(LEAST_WORTH, freedom), MOST_WORTH)
    moderated = (worth * max(SUSPECTED, pooled) + own) / (worth + freedom)
    return np.maximum(moderated, 1.0), float(worth + freedom)


def _squares(days: Ints, alike: Ints, asked: Contrasts) -> Floats:
    """For each contrast the sum over days of squared differences in standard errors; NaN where rows are too few."""
    m, n = days @ asked.scope.T, np.maximum(alike @ asked.scope.T, 1)
    y, share = days @ asked.inside.T, (alike @ asked.inside.T) / n
    spread = m * share * (1 - share)
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = np.where(spread > 0, (y - m * share) ** 2 / spread, 0.0).sum(0)
    return np.where(spread.mean(0) >= THIN, squares, np.nan)
