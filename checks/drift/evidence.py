"""How strongly the rows of some days speak against the reference.

All contrasts are asked of several windows of days; what the most surprising one is worth takes the number of questions
into account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtr

from checks.drift.column import Floats, Ints
from checks.drift.contrasts import Contrasts
from checks.drift.psi import Apart, apart
from checks.drift.tail import FARTHEST, score

LARGE = 1e6  # variance in rows; the normal law is as good then
NEARLY = 1.0  # z; what falls shorter than this of being told is not computed exactly


@dataclass(frozen=True, slots=True)
class Known:
    """The reference by stratum (weekday, or one for all): `counts` of shape (strata, bins)."""

    counts: Ints
    contrasts: Contrasts
    factor: Floats  # shape (contrasts,): variance over that of independent rows
    freedom: float  # how many days' worth of knowledge that is


@dataclass(frozen=True, slots=True)
class Found:
    """The most surprising contrast: its `p`, two-sided, times the questions that share its chance; `window` in days."""

    p: float
    window: int
    contrast: int
    z: float


@dataclass(frozen=True, slots=True)
class Effect:
    """How far a window lies from the reference: over all bins, and in the share of one side."""

    apart: Apart
    side: int
    before: float
    after: float


def strongest(known: Known, windows: Mapping[int, Ints], told: float) -> Found:
    """Of `windows`, days to counts of shape (strata, bins), the one that speaks most against the reference.

    Exact where rows are independent and p is near `told` or below; elsewhere, and where the exact tail is too small for
    a float, the normal approximation: days that vary go that far by chance.
    """
    after = np.stack(list(windows.values())).astype(np.float64)
    z, variance = _scores(known, after)
    questions = len(after) * known.contrasts.questions
    least = (-ndtri(told / questions / 2) - NEARLY) * np.sqrt(known.factor)
    for window, contrast in np.argwhere((np.abs(z) >= least) & (variance < LARGE)).tolist():
        exact = _exact(known, after[window], contrast)
        z[window, contrast] = exact if abs(exact) < FARTHEST else z[window, contrast]
    ps = 2 * questions * stdtr(known.freedom, -np.abs(z) / np.sqrt(known.factor))
    at, contrast = divmod(int(np.argmin(ps)), z.shape[1])
    return Found(min(1.0, float(ps[at, contrast])), list(windows)[at], contrast, float(z[at, contrast]))


def effect(known: Known, after: Ints, contrast: int) -> Effect:
    """Of one window, shape (strata, bins), against what the reference has on such days.

    Of a pair the bin is told that moved more.
    """
    m, n = after.sum(1), known.counts.sum(1)
    usual = (m / m.sum()) @ (known.counts / np.maximum(n, 1)[:, None])
    pooled = after.sum(0)
    far = apart(np.rint(usual * n.sum()).astype(np.int64), pooled, float(known.factor.mean()))
    now = pooled / m.sum()
    side = contrast
    if contrast >= known.contrasts.sides:
        side = int(np.argmax(known.contrasts.scope[contrast] * np.abs(now - usual)))
    inside = known.contrasts.inside[side]
    return Effect(far, side, float(usual @ inside), float(now @ inside))


def onset(known: Known, days: Ints, contrast: int) -> int:
    """Which of `days`, shape (days, strata, bins), is the first of those that differ most by the contrast."""
    suffixes = np.cumsum(days[::-1], axis=0)[::-1].astype(np.float64)
    z, _ = _scores(known, suffixes)
    return int(np.argmax(np.abs(z[:, contrast])))


def _scores(known: Known, after: Floats) -> tuple[Floats, Floats]:
    """z of each window and contrast, and its variance in rows; `after` has shape (windows, strata, bins)."""
    inside, scope = known.contrasts.inside.T, known.contrasts.scope.T
    y, r = after @ inside, known.counts @ inside
    m, n = after @ scope, known.counts @ scope
    total = n + m
    s = y + r
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.where(total > 0, m * s / total, 0.0)
        variance = np.where(total > 1, expected * (1 - s / total) * n / (total - 1), 0.0).sum(1)
        z = np.where(variance > 0, (y - expected).sum(1) / np.sqrt(variance), 0.0)
    return z, variance


def _exact(known: Known, after: Floats, contrast: int) -> float:
    """The score of one window, of shape (strata, bins), and one contrast."""
    inside, scope = known.contrasts.inside[contrast], known.contrasts.scope[contrast]
    y, s = after @ inside, (known.counts + after) @ inside
    n, m = known.counts @ scope, after @ scope
    told = np.flatnonzero((n > 0) & (m > 0)).tolist()
    return score([(int(n[at]), int(m[at]), int(s[at])) for at in told], int(y[told].sum()))
