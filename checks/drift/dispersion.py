"""How much more a feature varies from day to day than independent rows would, and which days are alike.

Told by the reference's own days; where there are two of each weekday, Mondays are held against Mondays.
"""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc

from checks.drift.column import Floats, Ints
from checks.drift.evidence import Known, contrasts
from checks.drift.reference import Day, FeatureReference

WEEK = 7
BELIEVED = 0.01  # a chance at which days are no longer taken for the days of independent rows
THIN = 1.0  # expected rows a day, and rows outside; a contrast with fewer says nothing of days


def known(feature: FeatureReference) -> Known:
    """The reference of a watch: its counts by stratum, and how far its days vary."""
    rows = contrasts(feature.kind, feature.bins.size)
    if len(feature.days) < 2:
        return Known(np.array([feature.counts]), rows, np.ones(len(rows)), np.inf)
    days = np.array([day.counts for day in feature.days])
    strata = stratum(feature.days)
    counts = np.zeros((int(strata.max()) + 1, days.shape[1]), dtype=np.int64)
    np.add.at(counts, strata, days)
    return Known(counts, rows, *_factor(days, strata, counts, rows))


def variation(feature: FeatureReference) -> float:
    """Of a batch whose day is not known: a bin's variance over that of independent rows, weekdays not matched; >= 1."""
    if len(feature.days) < 2:
        return 1.0
    days = np.array([day.counts for day in feature.days])
    none = np.zeros(len(days), dtype=np.int64)
    factor, _ = _factor(days, none, days.sum(0, keepdims=True), np.eye(days.shape[1]))
    return float(factor.mean())


def stratum(days: tuple[Day, ...]) -> Ints:
    """For each day the days it is held against: those of its weekday, or all of them where weekdays come too seldom."""
    weekdays = np.array([day.day % WEEK for day in days])
    return weekdays if np.bincount(weekdays, minlength=WEEK).min() >= 2 else np.zeros_like(weekdays)


def _factor(days: Ints, strata: Ints, counts: Ints, rows: Floats) -> tuple[Floats, float]:
    """For each contrast the variance over that of independent rows, and the degrees of freedom it is known with.

    Days that vary as independent rows do are pooled over the bins. Others are not: a contrast's own days must tell.
    """
    freedom = len(days) - len(counts)
    squares = _squares(days, counts[strata], rows)
    bins = squares[: days.shape[1]]
    if not freedom or np.isnan(bins).all():
        return np.ones(len(rows)), np.inf
    pooled_freedom = freedom * max(1, int((~np.isnan(bins)).sum()) - 1)
    pooled = float(np.nanmean(bins)) / freedom
    surprise = chdtrc(pooled_freedom, pooled * pooled_freedom), *chdtrc(freedom, squares) * len(squares)
    if np.nanmin(surprise) > BELIEVED:
        return np.full(len(rows), max(1.0, pooled)), float(pooled_freedom)
    own = np.nan_to_num(squares / freedom, nan=pooled)
    return np.maximum(np.maximum(own, pooled), 1.0), float(freedom)


def _squares(days: Ints, alike: Ints, rows: Floats) -> Floats:
    """For each contrast the sum over days of squared differences in standard errors; NaN where rows are too few."""
    m, n = days.sum(1)[:, None], alike.sum(1)[:, None]
    y, share = days @ rows.T, (alike @ rows.T) / n
    spread = m * share * (1 - share)
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = ((y - m * share) ** 2 / spread).sum(0)
    return np.where(spread.mean(0) >= THIN, squares, np.nan)
