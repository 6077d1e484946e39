"""The likelihood of a wandering level under autocorrelated noise, for a whole grid of parameters and any gaps.

At the observed times t_1 < ... < t_m a column z of the data is z_i = level_i + noise_i. The level is a random walk
(variance ratio * (t_i - t_{i-1}) a step, its start unknown), the noise a stationary AR(1) whose innovations have
variance 1 (A. C. Harvey 1989, chapter 4). Both are Markov, so both have a tridiagonal precision: L / ratio and U. Then

    posterior precision of the level   M = L / ratio + U         tridiagonal
    its mean                           M^-1 U z
    z' V^-1 w                          (U z)' (w - M^-1 U w)     V the covariance of z, the start integrated out
    log det                            log|M| - log|U| + sum of log(ratio * gap)

All grid points are laid end to end as one block-diagonal system, which LAPACK factors in one pass (dpttrf, dpttrs).
A point that is not observed is simply not there: nothing is interpolated.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dpttrf, dpttrs

from checks.impact.floats import Floats, Places

PIECE = 64_000  # numbers held at once for each array: what a core keeps close at hand


class Grid(NamedTuple):
    """Points of the parameters, each of shape (g,); `row` says which of a chain's rhos `rho` is."""

    ratio: Floats
    rho: Floats
    row: Places

    def at(self, points: Places | slice) -> Grid:
        """Some of the points."""
        return Grid(self.ratio[points], self.rho[points], self.row[points])


class Likelihood(NamedTuple):
    """For g grid points and c columns: z' V^-1 w of every two columns, log|V|, and the level at the last time."""

    gram: Floats  # (g, c, c)
    log_det: Floats  # (g,)
    last_level: Floats  # (g, c)
    last_precision: Floats  # (g,), in units of 1 / variance of the noise's innovation


class Levels(NamedTuple):
    """The level at every observed time, and its variance in units of that of the noise's innovation."""

    mean: Floats  # (c, g, m)
    variance: Floats  # (g, m)


class Chain:
    """Columns (c, m) observed at `times` (m,), and for each of the rhos (r,) what their noise is worth."""

    def __init__(self, columns: Floats, times: Floats, rhos: Floats) -> None:
        self.columns, self.gaps = columns, np.diff(times)
        self.noise = _noise(columns, self.gaps, rhos)

    def likelihood(self, grid: Grid) -> Likelihood:
        """What the columns say at each point of the grid."""
        pieces = [self._likelihood(piece) for piece in _pieces(grid, self.columns.size)]
        return pieces[0] if len(pieces) == 1 else Likelihood(*map(np.concatenate, zip(*pieces, strict=True)))

    def levels(self, grid: Grid) -> Levels:
        """The smoothed level under each column; memory for all of it at once."""
        system = _System(self.noise, self.gaps, grid)
        return Levels(system.solve(), system.variances())

    def _likelihood(self, grid: Grid) -> Likelihood:
        system = _System(self.noise, self.gaps, grid)
        level = system.solve()
        gram = system.weighted.transpose(1, 0, 2) @ (self.columns[:, None] - level).transpose(1, 2, 0)
        steps = len(self.gaps) * np.log(grid.ratio) + np.log(self.gaps).sum()
        log_det = np.log(system.pivots).sum(1) - self.noise.log_det[grid.row] + steps
        return Likelihood((gram + gram.transpose(0, 2, 1)) / 2, log_det, level[:, :, -1].T, system.pivots[:, -1])


class _Noise(NamedTuple):
    """U for each of r values of rho."""

    diagonal: Floats  # (r, m)
    beside: Floats  # (r, m), the last of which is 0: the end of its block
    log_det: Floats  # (r,)
    weighted: Floats  # (c, r, m), U z


class _System:
    """M of every grid point, factored as one matrix."""

    def __init__(self, noise: _Noise, gaps: Floats, grid: Grid) -> None:
        walk = np.multiply.outer(1 / grid.ratio, 1 / gaps)
        self.diagonal, self.beside = noise.diagonal[grid.row], noise.beside[grid.row]
        self.diagonal[:, 1:] += walk
        self.diagonal[:, :-1] += walk
        self.beside[:, :-1] -= walk
        self.weighted = noise.weighted[:, grid.row]
        pivots, self.factor, _ = dpttrf(self.diagonal.ravel(), self.beside.ravel()[:-1])
        self.pivots = pivots.reshape(self.diagonal.shape)

    def solve(self) -> Floats:
        """M^-1 U z, shape (c, g, m)."""
        right = self.weighted.reshape(len(self.weighted), -1)
        found, _ = dpttrs(self.pivots.ravel(), self.factor, right.T)
        return np.asarray(found.T.reshape(self.weighted.shape))

    def variances(self) -> Floats:
        """The diagonal of M^-1, from its pivots met from the front and from the back; shape (g, m)."""
        back, _, _ = dpttrf(self.diagonal.ravel()[::-1], self.beside.ravel()[:-1][::-1])
        return np.asarray(1 / (self.pivots + back[::-1].reshape(self.pivots.shape) - self.diagonal))


def _pieces(grid: Grid, size: int) -> Iterator[Grid]:
    step = max(1, PIECE // size)
    return (grid.at(slice(at, at + step)) for at in range(0, len(grid.rho), step))


def _noise(columns: Floats, gaps: Floats, rhos: Floats) -> _Noise:
    """U of an AR(1) that is observed with gaps: rho^gap links two neighbours, the rest is new (1 - rho^(2 gap))."""
    rho, z = rhos[:, None], columns[:, None]
    kept = rho**gaps
    precision = np.broadcast_to(1 - rho * rho, (len(rho), len(gaps) + 1)).copy()
    precision[:, 1:] /= 1 - kept * kept  # of what is new at each later point
    beside = np.zeros_like(precision)
    beside[:, :-1] = link = -kept * precision[:, 1:]
    diagonal = precision.copy()
    diagonal[:, :-1] -= kept * link
    weighted = z * diagonal
    weighted[:, :, :-1] += z[:, :, 1:] * link
    weighted[:, :, 1:] += z[:, :, :-1] * link
    return _Noise(diagonal, beside, np.log(precision).sum(1), weighted)
