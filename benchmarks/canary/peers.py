"""Rules that others judge a canary by, on arrays of (runs, ticks): all runs at once.

Each takes the bad requests `xc`, `xt` and the requests `nc`, `nt` (per tick) of control and canary, and answers with
two boolean arrays of (runs, ticks): would it promote, would it roll back, at that look.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr
from scipy.stats import norm

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Stream:
    """Ticks of many runs; `nc`, `nt` of (ticks)."""

    xc: Counts
    xt: Counts
    nc: Counts
    nt: Counts

    @property
    def sums(self) -> tuple[Floats, Floats, Floats, Floats]:
        """All four, summed up to each tick."""
        xc, xt = np.cumsum(self.xc, axis=1).astype(float), np.cumsum(self.xt, axis=1).astype(float)
        return xc, xt, np.cumsum(self.nc).astype(float), np.cumsum(self.nt).astype(float)


@dataclass(frozen=True, slots=True)
class Errors:
    """The errors that every rule here is given, and the margin."""

    alpha: float
    beta: float
    margin: float


def score(stream: Stream, margin: float) -> Floats:
    """Farrington and Manning's z of "canary risk = margin x control risk", on pooled counts."""
    xc, xt, nc, nt = stream.sums
    a = margin * (nc + nt)
    b = margin * nt + nc + (xt + 0.5) + margin * (xc + 0.5)
    q = (b - np.sqrt(np.maximum(b * b - 4 * a * (xc + xt + 1.0), 0))) / (2 * a)
    spread = margin * q * (1 - margin * q) / nt + margin**2 * q * (1 - q) / nc
    return np.asarray((xt / nt - margin * xc / nc) / np.sqrt(spread))


def fixed(stream: Stream, errors: Errors, look: int) -> tuple[Flags, Flags]:
    """The textbook: one look, at tick `look`; what is not promoted then is rolled back."""
    good = score(stream, errors.margin)[:, look - 1] <= -norm.isf(errors.alpha)
    promote, rollback = (np.zeros(stream.xc.shape, dtype=bool) for _ in range(2))
    promote[:, look - 1], rollback[:, look - 1] = good, ~good
    return promote, rollback


def peeking(stream: Stream, errors: Errors) -> tuple[Flags, Flags]:
    """The same test, looked at after every tick."""
    promote = score(stream, errors.margin) <= -norm.isf(errors.alpha)
    return promote, score(stream, 1.0) >= norm.isf(errors.beta)


def mixture(stream: Stream, errors: Errors, baseline: float) -> tuple[Flags, Flags]:
    """One-sided mixture SPRT ("always valid"): half-normal effects, in the limit of many requests."""
    tau = (errors.margin - 1) * baseline
    promote = _half_normal(stream, errors.margin, -1.0, tau) >= np.log(1 / errors.alpha)
    return promote, _half_normal(stream, 1.0, 1.0, tau) >= np.log(1 / errors.beta)


def pooled(stream: Stream, errors: Errors) -> tuple[Flags, Flags]:
    """Wald's test on all counts so far as if they came from one stretch of time: an error is the canary's or not."""
    xc, xt, nc, nt = stream.sums

    def share(ratio: float) -> Floats:
        return np.asarray(nt * ratio / (nt * ratio + nc))

    good, bad = share(1.0), share(errors.margin)
    log_ratio = xt * np.log(good / bad) + xc * np.log((1 - good) / (1 - bad))
    return log_ratio >= np.log(1 / errors.alpha), -log_ratio >= np.log(1 / errors.beta)


def one_look_pooled(stream: Stream, errors: Errors) -> tuple[Flags, Flags]:
    """A z test on the totals after the last tick."""
    promote, rollback = (np.zeros(stream.xc.shape, dtype=bool) for _ in range(2))
    promote[:, -1] = score(stream, errors.margin)[:, -1] <= -norm.isf(errors.alpha)
    rollback[:, -1] = score(stream, 1.0)[:, -1] >= norm.isf(errors.beta)
    return promote, rollback


def naive_sprt(good_a: Flags, good_b: Flags) -> tuple[Flags, Flags]:
    """A two-sided "SPRT" whose second arm has success and failure swapped, pair by pair; see docs/checks/experiment.md.

    Hypotheses .99 and .995, alpha .05, beta .10; True where it accepts, rejects.
    """
    success, failure = np.log(0.995 / 0.99), np.log(0.005 / 0.01)
    total = np.cumsum(np.where(good_a, success, failure) + np.where(good_b, failure, success), axis=1)
    return total >= np.log(0.9 / 0.05), total <= np.log(0.1 / 0.95)


def outcome(promote: Flags, rollback: Flags) -> tuple[float, float, float]:
    """Share promoted, share rolled back, mean number of looks; at one and the same look rollback wins."""
    looks = promote.shape[1]
    up, down = _first(promote), _first(rollback)
    stop = np.minimum(np.minimum(up, down), looks - 1) + 1
    return float((up < down).mean()), float(((down <= up) & (down < looks)).mean()), float(stop.mean())


def _first(flags: Flags) -> Counts:
    return np.asarray(np.where(flags.any(axis=1), flags.argmax(axis=1), flags.shape[1]))


def _half_normal(stream: Stream, margin: float, sign: float, tau: float) -> Floats:
    xc, xt, nc, nt = stream.sums
    pc, pt = (xc + 0.5) / (nc + 1), (xt + 0.5) / (nt + 1)
    known = 1 / (pt * (1 - pt) / nt + margin**2 * pc * (1 - pc) / nc)
    apart = sign * (xt / nt - margin * xc / nc)
    width = 1 + tau * tau * known
    z = tau * known * apart / np.sqrt(width)
    return np.asarray(np.log(2) - 0.5 * np.log(width) + z * z / 2 + log_ndtr(z))
