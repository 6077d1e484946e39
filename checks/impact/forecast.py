"""The metric as it would have been: at each point after the change, summed up to it, and smoothed before it.

Given a part of the posterior, with h the steps since the last observed point T and z = y - Xb the rest there,

    y(T + h) = x(T + h) b + level(T) + rho^h (z(T) - level(T)) + steps of the level + new noise

is linear in b and in level(T), both of which are Gaussian given the noise's variance, so every sum of such values is a
Student's t, and their mixture over the parts needs no draw.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from checks.impact.floats import Flags, Floats
from checks.impact.level import Grid, levels
from checks.impact.mixture import Mixture
from checks.impact.posterior import Posterior
from checks.impact.selection import Design

PIECE = 1_000_000  # numbers held at once


def ahead(known: Posterior, last: Floats, columns: Floats, leads: Floats, counted: Flags) -> tuple[Mixture, Mixture]:
    """The metric at each of p points that follow each other, and the running sum over those that are `counted`.

    last     (d + 1,), all columns at the last observed time before the change
    columns  (d, p), without the metric
    leads    (p,), steps since that time
    """
    kept = known.grid.rho[:, None] ** leads
    weights = counted.astype(float)
    alone, summed = _unexplained(known, kept, leads, weights)
    means, sums = np.empty_like(kept), np.empty_like(kept)
    for part in _pieces(len(kept), columns.size):
        level = known.last_level[part, None, :]
        drift = level + kept[part, :, None] * (last - level)
        free = columns.T - drift[:, :, :-1]
        means[part] = drift[:, :, -1] + _along(free, known.beta[part])
        alone[part] += _across(free, known.covariance[part])
        sums[part] = np.cumsum(means[part] * weights, axis=1)
        summed[part] += _across(np.cumsum(free * weights[:, None], axis=1), known.covariance[part])
    return _mixture(known, means, alone), _mixture(known, sums, summed)


def before(known: Posterior, design: Design) -> Mixture:
    """A new measurement at each observed time before the change, smoothed: level and covariates known from all."""
    _, first, which = np.unique(known.point, return_index=True, return_inverse=True)
    found = levels(design.columns, design.times, Grid(known.grid.ratio[first], known.grid.rho[first]))
    variance = found.variance[which] + 1 / (1 - known.grid.rho[:, None] ** 2)
    means = np.empty_like(variance)
    for part in _pieces(len(means), design.columns.size):
        level = found.mean[:, which[part]]
        free = (design.columns[:-1, None, :] - level[:-1]).transpose(1, 2, 0)
        means[part] = level[-1] + _along(free, known.beta[part])
        variance[part] += _across(free, known.covariance[part])
    return _mixture(known, means, variance)


def _mixture(known: Posterior, middle: Floats, variance: Floats) -> Mixture:
    return Mixture(known.weight, known.freedom, middle, np.sqrt(known.variance[:, None] * variance))


def _pieces(count: int, size: int) -> Iterator[slice]:
    step = max(1, PIECE // max(size, 1))
    return (slice(at, at + step) for at in range(0, count, step))


def _along(free: Floats, beta: Floats) -> Floats:
    return np.asarray((free @ beta[:, :, None])[:, :, 0])


def _across(free: Floats, covariance: Floats) -> Floats:
    return np.asarray(((free @ covariance) * free).sum(-1))


def _unexplained(known: Posterior, kept: Floats, leads: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Variance but for the coefficients' share: of each point, and of the running weighted sum; both (C, p)."""
    ratio, start = known.grid.ratio[:, None], 1 - known.grid.rho[:, None] ** 2
    fresh = (1 - kept**2) / start
    sure = known.last_precision[:, None]
    alone = (1 - kept) ** 2 / sure + ratio * leads + fresh
    walked = np.cumsum(weights * (2 * (np.cumsum(weights * leads) - weights * leads) + weights * leads))
    echo = _echo(weights * fresh, known.grid.rho)
    noise = np.cumsum(weights * (2 * echo + weights * fresh), axis=1)
    summed = np.cumsum(weights * (1 - kept), axis=1) ** 2 / sure + ratio * walked + noise
    return alone, summed


def _echo(values: Floats, rho: Floats) -> Floats:
    """sum over i < j of rho^(j - i) values_i, for every j at once: each round doubles how far back it looks."""
    heard, power, shift = values.copy(), rho[:, None], 1
    while shift < values.shape[1]:
        heard[:, shift:] += power * heard[:, :-shift].copy()
        power, shift = power * power, 2 * shift
    return heard - values
