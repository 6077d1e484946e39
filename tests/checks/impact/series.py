"""Series that the tests share: published ones, and made-up ones of which the truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from checks.impact.floats import Floats

DATA = Path(__file__).parents[2] / "data" / "impact"


def published(name: str) -> tuple[Floats, Floats]:
    """The metric (n,) and its covariates (n, k) of one file."""
    table = np.loadtxt(DATA / f"{name}.csv", delimiter=",", skiprows=1, ndmin=2)
    return table[:, 0], table[:, 1:]


def made(n: int = 100, k: int = 2, effect: float = 0.0, seed: int = 1, rho: float = 0.0) -> tuple[Floats, Floats, int]:
    """A level of 50 that follows the first two of k covariates, with AR(1) noise; the effect sets in at 70 % of n."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n, k))
    noise = draw.normal(size=n)
    for at in range(1, n):
        noise[at] += rho * noise[at - 1]
    y = 50 + x @ np.array([1.0, 0.5] + [0.0] * k)[:k] + noise
    y[n * 7 // 10 :] += effect
    return y, x, n * 7 // 10
