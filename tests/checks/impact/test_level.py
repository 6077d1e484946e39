"""The likelihood of the level against dense matrices, with gaps and without."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.fft import dst

from checks.impact.floats import Floats
from checks.impact.level import Chain, Grid


def grid_of(ratios: list[float], rhos: list[float]) -> tuple[Grid, Floats]:
    """Points with a rho each, and all these rhos."""
    return Grid(np.array(ratios), np.array(rhos), np.arange(len(rhos))), np.array(rhos)


def dense(columns: Floats, times: Floats, ratio: float, rho: float) -> tuple[Floats, float, Floats, Floats]:
    """Gram, log determinant, level and its variance, by matrices of all covariances; the start is a free constant."""
    gone = times - times[0]
    walk = ratio * np.minimum(gone[:, None], gone)
    whole = walk + rho ** np.abs(times[:, None] - times) / (1 - rho**2)
    inverse, one = np.linalg.inv(whole), np.ones(len(times))
    known = one @ inverse @ one
    start = columns @ inverse @ one / known
    rest = columns - start[:, None]
    level = start[:, None] + rest @ inverse @ walk
    free = one - walk @ inverse @ one
    variance = np.diag(walk - walk @ inverse @ walk) + free**2 / known
    return rest @ inverse @ rest.T, float(np.linalg.slogdet(whole)[1] + np.log(known)), level, variance


@given(
    st.lists(st.integers(1, 9), min_size=3, max_size=25),
    st.floats(1e-4, 10),
    st.floats(0, 0.95),
    st.integers(0, 2**32 - 1),
)
@settings(deadline=None)
def test_level_and_likelihood_are_those_of_the_dense_model(
    gaps: list[int], ratio: float, rho: float, seed: int
) -> None:
    times = np.concatenate([[0.0], np.cumsum(gaps)])
    columns = np.random.default_rng(seed).normal(size=(3, len(times)))
    grid, rhos = grid_of([ratio, 0.5], [rho, 0.3])
    chain = Chain(columns, times, rhos)
    found, smooth = chain.likelihood(grid), chain.levels(grid)
    gram, log_det, level, variance = dense(columns, times, ratio, rho)
    assert found.gram[0] == pytest.approx(gram, rel=1e-8, abs=1e-8)
    assert found.log_det[0] == pytest.approx(log_det, rel=1e-8, abs=1e-8)
    assert smooth.mean[:, 0] == pytest.approx(level, rel=1e-8, abs=1e-8)
    assert smooth.variance[0] == pytest.approx(variance, rel=1e-8, abs=1e-8)
    assert found.last_level[0] == pytest.approx(smooth.mean[:, 0, -1])
    assert 1 / found.last_precision[0] == pytest.approx(smooth.variance[0, -1])


@given(st.integers(5, 200), st.floats(1e-6, 10), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_without_gaps_the_sine_transform_of_the_differences_says_the_same(m: int, ratio: float, seed: int) -> None:
    """Differences of a level under white noise are an MA(1): its covariance is diagonal under a sine transform."""
    columns = np.random.default_rng(seed).normal(size=(2, m))
    grid, rhos = grid_of([ratio], [0.0])
    found = Chain(columns, np.arange(m, dtype=float), rhos).likelihood(grid)
    turned = dst(np.diff(columns), type=1, axis=1) / np.sqrt(2 * m)
    variance = ratio + 2 - 2 * np.cos(np.pi * np.arange(1, m) / m)
    assert found.gram[0] == pytest.approx((turned / variance) @ turned.T, rel=1e-8, abs=1e-8)
    assert found.log_det[0] == pytest.approx(np.log(variance).sum(), rel=1e-8, abs=1e-8)


def test_a_grid_in_many_pieces_says_what_each_point_says_alone() -> None:
    times = np.arange(30_000.0)
    columns = np.random.default_rng(5).normal(size=(2, len(times)))
    grid, rhos = grid_of(np.geomspace(1e-5, 1, 9).tolist(), np.linspace(0, 0.8, 9).tolist())
    chain = Chain(columns, times, rhos)
    whole = chain.likelihood(grid)
    for at in (0, 4, 8):
        alone = chain.likelihood(grid.at(np.array([at])))
        assert whole.gram[at] == pytest.approx(alone.gram[0], rel=1e-12)
        assert whole.log_det[at] == pytest.approx(alone.log_det[0], rel=1e-12)
