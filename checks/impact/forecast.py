"""The metric as it would have been: at each point after the change, summed up to it, and smoothed before it.

Given a part of the posterior, with h the steps since the last observed point T and z = y - Xb the rest there,

    y(T + h) = x(T + h) b + level(T) + rho^h (z(T) - level(T)) + steps of the level + new noise

is linear in b and in level(T), both of which are Gaussian given the noise's variance, so every sum of such values is a
Student's t, and their mixture over the parts needs no draw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from checks.impact.floats import Floats
from checks.impact.level import Chain
from checks.impact.mixture import Mixture
from checks.impact.posterior import Posterior

PIECE = 1_000_000  # numbers held at once


class Ahead(NamedTuple):
    """The p points after the change, which follow each other; all in standard deviations of the metric before it.

    last     (d + 1,), all columns at the last observed time before the change
    columns  (d, p), without the metric
    leads    (p,), steps since that time
    counted  (p,), which points belong to the sum
    swell    from the expected metric (p,) to the variance of its noise, relative to that before the change
    """

    last: Floats
    columns: Floats
    leads: Floats
    counted: Floats
    swell: Callable[[Floats], Floats]


def ahead(known: Posterior, to: Ahead) -> tuple[Mixture, Mixture]:
    """The metric at each of the points, and the running sum over those that are counted."""
    kept = known.grid.rho[:, None] ** to.leads
    means, sums, alone, summed = (np.empty_like(kept) for _ in range(4))
    for part in _pieces(len(kept), to.columns.size):
        level = known.last_level[part, None, :]
        drift = level + kept[part, :, None] * (to.last - level)
        free = to.columns.T - drift[:, :, :-1]
        means[part] = drift[:, :, -1] + _along(free, known.beta[part])
        alone[part] = _across(free, known.covariance[part])
        sums[part] = np.cumsum(means[part] * to.counted, axis=1)
        summed[part] = _across(np.cumsum(free * to.counted[:, None], axis=1), known.covariance[part])
    single, running = _unexplained(known, kept, to, np.sqrt(to.swell(known.weight @ means)))
    return _mixture(known, means, alone + single), _mixture(known, sums, summed + running)


def before(known: Posterior, chain: Chain) -> Mixture:
    """A new measurement at each observed time before the change, smoothed: level and covariates known from all."""
    _, first, which = np.unique(known.point, return_index=True, return_inverse=True)
    found, columns = chain.levels(known.grid.at(first)), chain.columns
    variance = found.variance[which] + 1 / (1 - known.grid.rho[:, None] ** 2)
    means = np.empty_like(variance)
    for part in _pieces(len(means), columns.size):
        level = found.mean[:, which[part]]
        free = (columns[:-1, None, :] - level[:-1]).transpose(1, 2, 0)
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


def _unexplained(known: Posterior, kept: Floats, to: Ahead, loud: Floats) -> tuple[Floats, Floats]:
    """Variance but for the coefficients' share, of each point and of the sum so far, for noise so loud; (C, p)."""
    ratio, start = known.grid.ratio[:, None], 1 - known.grid.rho[:, None] ** 2
    fresh, unsure = (1 - kept**2) / start, 1 / known.last_precision[:, None]
    alone = (1 - kept) ** 2 * unsure + ratio * to.leads + loud**2 * fresh
    steps, heard = to.counted * to.leads, to.counted * loud
    walked = np.cumsum(to.counted * (2 * np.cumsum(steps) - steps))
    echo = _echo(heard * fresh, known.grid.rho)
    noise = np.cumsum(heard * (2 * echo + heard * fresh), axis=1)
    return alone, np.cumsum(to.counted * (1 - kept), axis=1) ** 2 * unsure + ratio * walked + noise


def _echo(values: Floats, rho: Floats) -> Floats:
    """sum over i < j of rho^(j - i) values_i, for every j at once: each round doubles how far back it looks."""
    heard, power, shift = values.copy(), rho[:, None], 1
    while shift < values.shape[1]:
        heard[:, shift:] += power * heard[:, :-shift].copy()
        power, shift = power * power, 2 * shift
    return heard - values
