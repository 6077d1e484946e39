"""Whether a metric was bending before the deployment: the model carries on straight lines, and a curve leaves them.

What bends upwards lies above its line later on, and that looks like an effect upwards.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import fdtrc

from checks.impact.asking import known
from checks.impact.block import Metric
from checks.impact.floats import Floats, Places
from checks.impact.panel import moments
from checks.impact.seasons import carried, harmonics
from checks.impact.series import Series
from checks.impact.window import Window

SURE = 1e-3  # as unlikely must a curve be on a straight line


def bend(window: Window, controls: Sequence[Series], metric: Metric) -> int:
    """1 where the metric surely bent upwards before the deployment, -1 downwards, else 0.

    `controls` explain of it what they can.
    """
    table = np.array([known(one.values) for one in controls] + [*window.steps, known(window.values)])
    usable = np.flatnonzero(~np.isnan(table[:, : window.start]).any(0))
    waves = harmonics(window.start, metric.period, carried(metric.period, len(usable)))
    straight, values, curve = _fitted(table[:, usable], waves[:, usable], usable)
    if len(values) <= len(straight) + 2:
        return 0
    _, line = _least(straight, values)
    height, curved = _least(np.concatenate([straight, curve[None]]), values)
    return int(np.sign(height)) if _chance(line, curved, len(straight) + 1) < SURE else 0


def _fitted(table: Floats, waves: Floats, at: Places) -> tuple[Floats, Floats, Floats]:
    """The columns of a straight line and of all that explains the metric, the metric itself, and a parabola."""
    if len(at) < 3:
        return table, table[-1, :0], table[-1, :0]
    time = 2 * (at - at[0]) / (at[-1] - at[0]) - 1
    centre, spread = moments(np.where(np.ptp(table, axis=1, keepdims=True) > 0, table, time))
    scores = (table - centre[:, None]) / spread[:, None]
    return np.concatenate([np.ones_like(time)[None], time[None], waves, scores[:-1]]), scores[-1], time**2


def _least(columns: Floats, values: Floats) -> tuple[float, Floats]:
    """By least squares: the weight of the last column, and what is left of the values."""
    weights = np.linalg.lstsq(columns.T, values, rcond=None)[0]
    return float(weights[-1]), values - weights @ columns


def _chance(line: Floats, curved: Floats, columns: int) -> float:
    """p of the F test for the parabola. Points that hang together count as the fewer that would not."""
    left = float(curved @ curved)
    if left <= 0:
        return 1.0
    rho = max(float(curved[1:] @ curved[:-1]) / left, 0.0)
    freedom = len(curved) * (1 - rho) / (1 + rho) - columns
    if freedom < 1:
        return 1.0
    return float(fdtrc(1, freedom, max(float(line @ line) - left, 0.0) * freedom / left))
