"""A metric and its covariates over time: which points can be used, in which unit, and whether they suffice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from checks.impact.floats import Flags, Floats, Places
from checks.impact.kind import Kind
from checks.impact.outcome import Outcome

LARGEST = 1e150  # what is larger has no square
FEWEST = 3  # points before the change, whatever is asked for
FARTHEST = 1e60  # standard deviations; beyond it sums of squares end
SAME = 1 - 1e-8  # squared correlation above which a covariate is the metric itself, in whatever unit
FINEST = 1e-13  # of the largest value: what varies by less is constant


class Refusal(NamedTuple):
    """Why nothing can be said."""

    outcome: Outcome
    reason: str


@dataclass(frozen=True, eq=False, slots=True)
class Panel:
    """n points in time, of which those from `intervention` on come after the change.

    y       (n,) the metric, nan where it is missing
    x       (k, n) covariates, likewise
    usable  (n,) neither the metric nor a covariate is missing
    before  the usable points before the change
    moving  (k,) whether a covariate varies before the change: nothing is known of the bearing of others
    """

    y: Floats
    x: Floats
    usable: Flags
    intervention: int
    before: Places
    moving: Flags

    @property
    def after(self) -> Places:
        """The usable points after the change."""
        return self.intervention + np.flatnonzero(self.usable[self.intervention :])

    @property
    def masked(self) -> int:
        """Points that are not usable."""
        return int(len(self.y) - self.usable.sum())


def read(
    y: npt.ArrayLike | Sequence[float | None], x: npt.ArrayLike | Sequence[Any] | None, intervention: int
) -> Panel:
    """The panel of y (n,) and x (n, k) or (n,), None and nan being missing. ValueError: the shapes do not fit."""
    metric = np.asarray(y, dtype=float)
    covariates = np.zeros((len(metric), 0)) if x is None else np.asarray(x, dtype=float)
    covariates = covariates[:, None] if covariates.ndim == 1 else covariates
    if metric.ndim != 1 or covariates.ndim != 2 or len(covariates) != len(metric):
        raise ValueError(f"y must be (n,) and x (n, k), not {metric.shape} and {covariates.shape}")
    if not 0 <= intervention <= len(metric):
        raise ValueError(f"the intervention must lie from 0 to {len(metric)}, not at {intervention}")
    missing = np.isnan(covariates)
    usable = ~np.isnan(metric) & ~missing[:, ~missing.all(0)].any(1)
    before = np.flatnonzero(usable[:intervention])
    return Panel(metric, covariates.T, usable, intervention, before, _varies(covariates[before].T))


def refusal(panel: Panel, kind: Kind, min_pre: int) -> Refusal | None:
    """Why nothing can be said from this panel; None where something can."""
    if panel.intervention == len(panel.y):
        return Refusal(Outcome.PENDING_DEPLOY, "nothing is measured after the change yet")
    problem = _of_values(panel, kind) or _of_amount(panel, min_pre) or _of_spread(panel)
    return Refusal(Outcome.INSUFFICIENT_DATA, problem) if problem else None


def _of_values(panel: Panel, kind: Kind) -> str:
    huge = sum(np.count_nonzero(np.abs(values) > LARGEST) for values in (panel.y, panel.x))
    if huge:
        return f"{huge} values are infinite, or as good as"
    if not kind.bounded:
        return ""
    outside = int(((panel.y < kind.least) | (panel.y > kind.most)).sum())
    return f"{outside} values cannot be: a {kind} lies from {kind.least:g} to {kind.most:g}" if outside else ""


def _of_amount(panel: Panel, min_pre: int) -> str:
    needed, there = max(min_pre, FEWEST), len(panel.before)
    if there < needed:
        return f"{there} usable points before the change; {needed} are needed"
    return "" if panel.usable[panel.intervention :].any() else "no usable point after the change"


def _of_spread(panel: Panel) -> str:
    if not _varies(panel.y[None, panel.before])[0]:
        return "the metric does not vary before the change"
    values = np.concatenate([panel.x[panel.moving], panel.y[None]])
    centre, spread = moments(values[:, panel.before])
    if (np.abs(values - centre[:, None]) > FARTHEST * spread[:, None]).any():
        return f"a value lies more than {FARTHEST:g} standard deviations from those before the change"
    moving = np.flatnonzero(panel.moving)
    same = moving[copies(panel.x[np.ix_(moving, panel.usable)], panel.y[panel.usable], len(panel.before))]
    return f"covariate {same[0]} is the metric itself" if len(same) else ""


def copies(x: Floats, y: Floats, before: int) -> Flags:
    """Which rows of x (k, m) are y (m,) itself, before the change (the first `before` points) and over all points."""
    return np.asarray(_alike(x[:, :before], y[:before]) & _alike(x, y))


def _alike(x: Floats, y: Floats) -> Flags:
    rows = np.concatenate([x, y[None]])
    with np.errstate(all="ignore"):  # what is constant, or beyond all measure, is like nothing
        centre, spread = moments(rows)
        scores = (rows - centre[:, None]) / spread[:, None]
        return np.asarray((scores[:-1] @ scores[-1] / (len(y) - 1)) ** 2 > SAME)


def _varies(values: Floats) -> Flags:
    """Which rows do; one of missing values does not."""
    most, least = values.max(1, initial=-np.inf), values.min(1, initial=np.inf)
    with np.errstate(invalid="ignore", over="ignore"):  # of infinities, or as good as, which are refused
        return np.asarray(most - least > FINEST * np.maximum(np.abs(most), np.abs(least)))


def moments(values: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each row of (k, m), however small the numbers; both of shape (k,)."""
    peak = np.abs(values).max(1)
    shares = values / peak[:, None]
    centre = shares.mean(1)
    shares -= centre[:, None]
    return centre * peak, np.sqrt((shares * shares).sum(1) / (values.shape[1] - 1)) * peak
