"""Which covariates help: every subset of them is a model, and all are weighed (spike and slab).

The evidence of a model needs one residual and one determinant. Taking a covariate into a model is one step of Gaussian
elimination, so all subsets together are a tree of such steps: half of the branches take the next covariate in, half
leave it out. (E. I. George and R. E. McCulloch 1997 on the prior; the elimination is that of any least squares.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from checks.impact.floats import Flags, Floats
from checks.impact.level import Grid, Likelihood
from checks.impact.prior import Prior

FLAT = 1e-9  # prior precision of a slope: none to speak of
LEAST = 0.5  # of the shape of the noise's law, however many coefficients take from it


class Design(NamedTuple):
    """What the evidence is asked of, at the observed times before the change.

    columns  (d + 1, m): seasons, covariates, a trend if any, then the metric, in standard deviations
    times    (m,)
    always   how many of the columns, from the first on, are in every model
    offered  covariates that there are, chosen for `columns` or not
    trends   1 where there is a trend, which a model may have or not; else 0
    later    observations after the change that judge the grid, too
    """

    columns: Floats
    times: Floats
    always: int
    offered: int
    trends: int = 0
    later: int = 0

    @property
    def optional(self) -> int:
        """Covariates that a model may have or not."""
        return len(self.columns) - self.always - self.trends - 1

    @property
    def slopes(self) -> int:
        """Seasons and covariates."""
        return self.always + self.optional


class Models(NamedTuple):
    """M subsets of d columns."""

    members: Flags  # (M, d), the columns in each
    slab: Floats  # (d, d), prior precision of the coefficients
    log_prior: Floats  # (M,), of being the right one, and of its coefficients where they are 0


class Weighed(NamedTuple):
    """M models at g grid points, and what is known at each from before the change."""

    before: Floats  # (M, g), log weight of each by the points before the change
    after: Floats  # (M, g), what those after it add to that; 0 where they are not asked
    doubt: float  # whether these go by the same law
    shape: float  # half the degrees of freedom of the noise's variance
    rate: Floats  # (g,), half its sum of squares before any data
    gram: Floats  # (g, d + 1, d + 1), prior and data: the coefficients' information and score, the metric's square
    found: Likelihood

    @property
    def log_weight(self) -> Floats:
        """By all points, shape (M, g): what those after the change say against one ends where the doubt begins."""
        said = np.exp(self.after - self.after.max())
        return np.asarray(self.before + np.log(self.doubt + (1 - self.doubt) * said))


def models(design: Design, prior: Prior) -> Models:
    """Every subset of the optional columns."""
    own = slab(design, prior)
    log_det, _ = _subsets(np.pad(own, (0, 1))[None], design.always)
    members = _members(design)
    return Models(members, own, log_det[:, 0] / 2 + _size(members, design, prior) + _trend(members, design, prior))


def weigh(design: Design, among: Models, found: Sequence[Likelihood], grid: Grid, prior: Prior) -> Weighed:
    """Each of the models at each point of the grid, at which this is `found` of the points before the change.

    A second likelihood is that of the points after it. The level is their own: where it is, they do not say.
    """
    own, level = prior.of_noise(design.offered), prior.level
    shape = max((len(design.times) - 1 - prior.spent * design.slopes) / 2 + own.shape, LEAST) + level.shape
    rate = own.rate + level.rate / grid.ratio
    grams = np.cumsum([one.gram for one in found], axis=0) + np.pad(among.slab, (0, 1))
    squares, heights = _eliminated(grams, np.cumsum([one.log_det for one in found], axis=0), design.always)
    shapes = shape + np.arange(len(found))[:, None] * max(design.later - 1, 0) / 2
    said = heights - shapes * np.log(squares / 2 + rate)
    held = prior.log_density(grid.ratio, grid.rho) - level.shape * np.log(grid.ratio) + among.log_prior[:, None]
    return Weighed(said[:, 0] + held, said[:, -1] - said[:, 0], prior.doubt, shape, rate, grams[0], found[0])


def slab(design: Design, prior: Prior) -> Floats:
    """Prior precision of the coefficients: what `prior.slab` observations would say, half of it without their ties.

    A trend may be of any steepness.
    """
    x = design.columns[: design.slopes]
    shared = x @ x.T / len(design.times)
    own = FLAT * np.eye(len(x) + design.trends)
    own[: len(x), : len(x)] = prior.slab * (np.eye(len(x)) + shared) / 2
    return own


def taken(matrix: Floats) -> Floats:
    """What is left of (..., d, d) when its first row is eliminated; shape (..., d - 1, d - 1)."""
    row = matrix[..., 0, 1:]
    return np.asarray(matrix[..., 1:, 1:] - row[..., :, None] * (row / matrix[..., :1, 0])[..., None, :])


def _eliminated(grams: Floats, log_det: Floats, always: int) -> tuple[Floats, Floats]:
    """Each model's squares left by (s, g, d + 1, d + 1), and what determinants give its evidence; both (M, s, g)."""
    own, squares = (found.reshape(-1, *log_det.shape) for found in _subsets(np.concatenate(grams), always))
    return np.maximum(squares, 0.0), -(own + log_det) / 2


def _subsets(matrix: Floats, always: int) -> tuple[Floats, Floats]:
    """log determinant of each model's part of (g, d + 1, d + 1), and what is left of the last row; both (M, g)."""
    log_det = np.zeros((1, len(matrix)))
    rest = matrix[None]
    for at in range(matrix.shape[-1] - 1):
        more, grown = taken(rest), log_det + np.log(rest[..., 0, 0])
        if at < always:
            rest, log_det = more, grown
        else:
            rest, log_det = np.concatenate([rest[..., 1:, 1:], more]), np.concatenate([log_det, grown])
    return log_det, rest[..., 0, 0]


def _members(design: Design) -> Flags:
    """Which columns each model has, in the order of `_subsets`."""
    free = design.optional + design.trends
    chosen = (np.arange(2**free)[:, None] >> np.arange(free)) & 1 == 1
    return np.hstack([np.ones((len(chosen), design.always), dtype=bool), chosen])


def _size(members: Flags, design: Design, prior: Prior) -> Floats:
    """log prior of each model for its covariates: each is in with the same probability."""
    if not design.optional:
        return np.zeros(len(members))
    chosen, share = members[:, design.always :][:, : design.optional].sum(1), prior.size / design.offered
    return np.asarray(chosen * np.log(share) + (design.offered - chosen) * np.log1p(-share))


def _trend(members: Flags, design: Design, prior: Prior) -> Floats:
    """log prior of each model for its trend, or for having none.

    A trend is weighed as if one observation were known of its slope before: a flat prior has no height of its own.
    """
    if not design.trends:
        return np.zeros(len(members))
    return np.asarray(np.where(members[:, -1], np.log(prior.trend / np.sqrt(FLAT)), np.log1p(-prior.trend)))
