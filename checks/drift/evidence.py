"""How strongly the rows of some days speak against the reference.

Each bin by itself, and of numbers each cut between two bins, is a contrast: how many rows are on its side? All of them
are asked of several windows of days; what the most surprising one is worth is told with the number of questions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtri, stdtr

from checks.drift.column import Floats, Ints, Kind
from checks.drift.psi import Apart, apart
from checks.drift.tail import score

LARGE = 1e6  # variance in rows; the normal law is as good then
NEARLY = 1.0  # z; what falls shorter than this of being told is not computed exactly


@dataclass(frozen=True, slots=True)
class Known:
    """The reference by stratum (weekday, or one for all): `counts` of shape (strata, bins)."""

    counts: Ints
    contrasts: Floats  # shape (contrasts, bins), of zeros and ones
    factor: Floats  # shape (contrasts,): variance over that of independent rows
    freedom: float  # how many days' worth of knowledge that is


@dataclass(frozen=True, slots=True)
class Found:
    """The most surprising contrast: its `p`, two-sided, times the number of questions; `window` in days."""

    p: float
    window: int
    contrast: int
    z: float


@dataclass(frozen=True, slots=True)
class Effect:
    """How far a window lies from the reference: over all bins, and in the shares of one contrast."""

    apart: Apart
    before: float
    after: float


@lru_cache(maxsize=256)
def contrasts(kind: Kind, bins: int) -> Floats:
    """Each bin; of numbers also what lies up to each cut, where that is more than one bin."""
    rows = [np.eye(bins)]
    if kind is Kind.NUMERIC:
        below = np.tril(np.ones((bins, bins)))[1 : bins - 3]  # the last bin is that of the missing rows
        rows.append(below)
    return np.concatenate(rows)


def strongest(known: Known, windows: Mapping[int, Ints], told: float) -> Found:
    """Of `windows`, days to counts of shape (strata, bins), the one that speaks most against the reference.

    Exact where rows are independent and p is near `told` or below; elsewhere the normal approximation.
    """
    after = np.stack(list(windows.values())).astype(np.float64)
    z, variance = _scores(known, after)
    least = float(-ndtri(told / z.size / 2)) - NEARLY
    for window, contrast in np.argwhere((np.abs(z) >= least * np.sqrt(known.factor)) & (variance < LARGE)).tolist():
        z[window, contrast] = _exact(known, after[window], contrast)
    shrunk = np.abs(z) / np.sqrt(known.factor)
    at, contrast = divmod(int(np.argmax(shrunk)), z.shape[1])
    p = z.size * _chance(float(shrunk[at, contrast]), known.freedom)
    return Found(min(1.0, p), list(windows)[at], contrast, float(z[at, contrast]))


def effect(known: Known, after: Ints, contrast: int) -> Effect:
    """Of one window, shape (strata, bins), against what the reference has on such days."""
    m, n = after.sum(1), known.counts.sum(1)
    usual = (m / m.sum()) @ (known.counts / np.maximum(n, 1)[:, None])
    side = known.contrasts[contrast]
    pooled = after.sum(0)
    far = apart(np.rint(usual * n.sum()).astype(np.int64), pooled, float(known.factor.mean()))
    return Effect(far, float(usual @ side), float(pooled @ side / m.sum()))


def onset(known: Known, days: Ints, contrast: int) -> int:
    """Which of `days`, shape (days, strata, bins), is the first of those that differ most by the contrast."""
    suffixes = np.cumsum(days[::-1], axis=0)[::-1].astype(np.float64)
    z, _ = _scores(known, suffixes)
    return int(np.argmax(np.abs(z[:, contrast])))


def _scores(known: Known, after: Floats) -> tuple[Floats, Floats]:
    """z of each window and contrast, and its variance in rows; `after` has shape (windows, strata, bins)."""
    y, r = after @ known.contrasts.T, known.counts @ known.contrasts.T
    m, n = after.sum(2)[..., None], known.counts.sum(1)[:, None]
    total = n + m
    s = y + r
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.where(total > 0, m * s / total, 0.0)
        variance = np.where(total > 1, expected * (1 - s / total) * n / (total - 1), 0.0).sum(1)
        z = np.where(variance > 0, (y - expected).sum(1) / np.sqrt(variance), 0.0)
    return z, variance


def _exact(known: Known, after: Floats, contrast: int) -> float:
    """The score of one window, of shape (strata, bins), and one contrast."""
    side = known.contrasts[contrast]
    y, r = after @ side, known.counts @ side
    n, m = known.counts.sum(1), after.sum(1)
    told = [at for at in range(len(n)) if n[at] > 0 and m[at] > 0]
    return score([(int(n[at]), int(m[at]), int(y[at] + r[at])) for at in told], int(y[told].sum()))


def _chance(z: float, freedom: float) -> float:
    return 2 * float(stdtr(freedom, -z))
