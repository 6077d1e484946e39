"""One question to the estimator: a window, what it is held against, and the terms."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np

from checks.impact.block import Metric
from checks.impact.effect import Estimate
from checks.impact.estimating import estimate
from checks.impact.plan import Plan
from checks.impact.series import Series
from checks.impact.window import Window


def ask(window: Window, controls: Sequence[Series], metric: Metric, plan: Plan) -> Estimate:
    """What happened to the metric from `window.start` on, held against `controls` and the window's steps."""
    columns = [*(known(one.values) for one in controls), *map(np.array, window.steps)]
    return estimate(
        known(window.values),
        np.column_stack(columns) if columns else None,
        window.start,
        plan.prior,
        kind=metric.kind,
        period=metric.period,
        alpha=plan.alpha,
        better=metric.better,
        min_pre=plan.min_pre,
    )


def known(values: Sequence[float | None]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """`values` with nan where there is none."""
    return np.array([nan if value is None else value for value in values], dtype=float)
