"""Metrics around a deployment, of which the truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from checks.impact.block import Config
from checks.impact.series import Observed, Series

T0, STEP = 1_700_000_040.0, 60.0  # 22:14 UTC, the first point; seconds
BEFORE, AFTER = 80, 40
AT = T0 + STEP * BEFORE

Values = Sequence[float | None]


def times(n: int = BEFORE + AFTER) -> tuple[float, ...]:
    return tuple(T0 + STEP * at for at in range(n))


def series(name: str, values: Values) -> Series:
    return Series(name, times(len(values)), tuple(None if value is None else float(value) for value in values))


def noise(seed: int, n: int = BEFORE + AFTER) -> list[float]:
    return [float(value) for value in np.random.default_rng(seed).normal(size=n)]


def metric(
    name: str = "p95", effect: float = 0.0, seed: int = 1, controls: Sequence[Series] = (), follows: Values = ()
) -> Observed:
    """A level of 100 with noise of 1, which follows `follows`, and moves by `effect` with the deployment."""
    values = [100 + value + (effect if at >= BEFORE else 0.0) for at, value in enumerate(noise(seed))]
    values = [value + (other or 0.0) for value, other in zip(values, follows or [0.0] * len(values), strict=True)]
    return Observed(name, series(name, values), tuple(controls))


def rules(*names: str, **more: Any) -> Config:
    """Rules that look at all points of these metrics, of which less is better."""
    metrics = [{"name": name, "better": "lower"} for name in names or ("p95",)]
    window = {"pre_seconds": BEFORE * int(STEP), "post_seconds": AFTER * int(STEP)}
    return Config.model_validate({"metrics": metrics} | window | more)
