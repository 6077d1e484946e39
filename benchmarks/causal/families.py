"""Families of series in which nothing happened. Prior `auto` was tuned on others: docs/impact.md lists both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

Floats = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, int, int], Floats]
WARM = 300  # points that are thrown away until a filter has forgotten its start


class Family(NamedTuple):
    """`draw(rng, n, before)`: n points of noise, with what else the family is made of."""

    name: str
    draw: Draw
    inside: bool = False  # of what prior auto takes for granted
    period: int = 0  # told to the estimate
    kind: str = "stock"


class Shape(NamedTuple):
    """n points, `share` of them before the change, k covariates."""

    n: int
    share: float
    k: int

    @property
    def before(self) -> int:
        return round(self.n * self.share)


def drawn(family: Family, shape: Shape, rng: np.random.Generator) -> tuple[Floats, Floats | None]:
    """A metric (n,) and its covariates (n, k), the first two of which bear on it."""
    noise = family.draw(rng, shape.n, shape.before)
    if not shape.k:
        return noise, None
    walks = np.cumsum(rng.normal(0, 0.09, (shape.n, shape.k)), axis=0)
    x = walks + rng.normal(size=(shape.n, shape.k))
    bearing = np.array([1.0, 0.5, 0.0, 0.0, 0.0])[: shape.k]
    return (noise if family.kind == "count" else noise + x @ bearing), x


def _white(rng: np.random.Generator, n: int, _: int) -> Floats:
    return rng.normal(size=n)


def _filtered(ahead: list[float], back: list[float]) -> Draw:
    return lambda rng, n, _: np.asarray(lfilter([1.0, *ahead], [1.0, *back], rng.normal(size=n + WARM))[WARM:])


def _walk(step: float, under: Draw = _white) -> Draw:
    return lambda rng, n, before: under(rng, n, before) + np.cumsum(rng.normal(0, step, n))


def _plus(shape: Callable[[Floats, int, float], Any]) -> Draw:
    """White noise and shape(t, points before the change, a phase from 0 to 1)."""
    return lambda rng, n, before: rng.normal(size=n) + shape(np.arange(n, dtype=float), before, rng.random())


def _week(height: float) -> Draw:
    return _plus(lambda t, _, phase: height * np.sin(2 * np.pi * (t / 7 + phase)))


def _restless(rng: np.random.Generator, n: int, _: int) -> Floats:
    """Noise whose own volatility wanders (stochastic volatility)."""
    spread = np.exp(0.5 * lfilter([1.0], [1.0, -0.95], 0.3 * rng.normal(size=n + WARM))[WARM:])
    return np.asarray(rng.normal(size=n) * spread)


INSIDE = (
    Family("white noise", _white, inside=True),
    *(Family(f"AR(1) {rho}", _filtered([], [-rho]), inside=True) for rho in (0.3, 0.5, 0.8)),
    *(Family(f"random walk {step}", _walk(step), inside=True) for step in (0.02, 0.1, 0.3)),
    Family("random walk 0.1, AR(1) 0.5", _walk(0.1, _filtered([], [-0.5])), inside=True),
    Family("random walk alone", lambda rng, n, _: np.cumsum(rng.normal(size=n)), inside=True),
)
OUTSIDE = (
    Family("AR(2) 0.5, 0.3", _filtered([], [-0.5, -0.3])),
    Family("AR(2) 1.2, -0.5", _filtered([], [-1.2, 0.5])),
    Family("MA(1) 0.8", _filtered([0.8], [])),
    Family("MA(1) -0.6", _filtered([-0.6], [])),
    *(Family(f"slope {slope}", _plus(lambda t, _, __, slope=slope: slope * t)) for slope in (0.01, 0.03)),  # type: ignore[misc]
    Family("t3", lambda rng, n, _: rng.standard_t(3, n)),
    Family("lognormal", lambda rng, n, _: rng.lognormal(0, 0.6, n)),
    Family("wandering volatility", _restless),
    Family("spread doubles midway", lambda rng, n, _: rng.normal(size=n) * (1 + (np.arange(n) >= n // 2))),
    Family("Poisson 1.5", lambda rng, n, _: rng.poisson(1.5, n).astype(float), kind="count"),
    *(Family(f"week {height}, not told", _week(height)) for height in (0.5, 1.0, 3.0)),
    Family("week 1.0, told", _week(1.0), period=7),
    Family("step of 2 midway before", _plus(lambda t, before, _: 2 * (t >= before // 2))),
    Family("step of 2 shortly before", _plus(lambda t, before, _: 2 * (t >= 0.8 * before))),
)
