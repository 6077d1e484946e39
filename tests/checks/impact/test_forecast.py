"""Bands and sums against draws from the very posterior, and against the same question asked another way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import stdtr

from checks.impact import estimate
from checks.impact.floats import Floats
from checks.impact.forecast import Ahead, ahead
from checks.impact.level import Chain
from checks.impact.mixture import Mixture, bands, student_cdf
from checks.impact.posterior import Posterior, posterior
from checks.impact.prior import Prior, auto
from checks.impact.quadrature import explored
from checks.impact.selection import Design, models
from tests.checks.impact.series import made

DRAWS = 40_000


def known_of(y: Floats, x: Floats, at: int) -> tuple[Posterior, Floats]:
    """The posterior, and all columns at all points."""
    columns = np.vstack([x.T, y])
    columns = (columns - columns[:, :at].mean(1, keepdims=True)) / columns[:, :at].std(1, keepdims=True)
    design = Design(columns[:, :at], np.arange(float(at)), always=x.shape[1], offered=x.shape[1])
    return posterior_of(design, auto(at)), columns


def posterior_of(design: Design, prior: Prior) -> Posterior:
    among = models(design, prior)
    return posterior(among, *explored([Chain(design.columns, design.times, prior.rhos)], design, among, prior))


def drawn(known: Posterior, columns: Floats, at: int, draw: np.random.Generator) -> Floats:
    """Futures simulated step by step, from parts, coefficients and levels drawn at random; shape (draws, p)."""
    part = draw.choice(len(known.weight), DRAWS, p=known.weight)
    sd = np.sqrt(known.variance[part] * known.freedom / draw.chisquare(known.freedom, DRAWS))
    roots = np.linalg.cholesky(known.covariance)
    shape = (DRAWS, len(columns) - 1)
    beta = known.beta[part] + sd[:, None] * (roots[part] @ draw.normal(size=shape)[:, :, None])[:, :, 0]
    last = known.last_level[part]
    level = (
        last[:, -1] - (last[:, :-1] * beta).sum(1) + sd * draw.normal(size=DRAWS) / np.sqrt(known.last_precision[part])
    )
    noise = columns[-1, at - 1] - beta @ columns[:-1, at - 1] - level
    futures = np.empty((DRAWS, columns.shape[1] - at))
    for step in range(futures.shape[1]):
        level = level + sd * np.sqrt(known.grid.ratio[part]) * draw.normal(size=DRAWS)
        noise = known.grid.rho[part] * noise + sd * draw.normal(size=DRAWS)
        futures[:, step] = beta @ columns[:-1, at + step] + level + noise
    return futures


@pytest.mark.slow
def test_bands_hold_what_is_drawn_from_the_very_posterior() -> None:
    y, x, at = made(n=60, k=2, rho=0.6)
    known, columns = known_of(y, x, at)
    counted = np.ones(60 - at)
    counted[4] = 0
    single, running = ahead(
        known, Ahead(columns[:, at - 1], columns[:-1, at:], np.arange(1.0, 61 - at), counted, np.ones_like)
    )
    futures = drawn(known, columns, at, np.random.default_rng(1))
    for law, seen in ((single, futures), (running, np.cumsum(futures * counted, axis=1))):
        (band,) = bands([law], 0.1)
        assert np.abs(band.mean - seen.mean(0)).max() < 0.03 * band.sd.max()
        assert band.sd == pytest.approx(seen.std(0), rel=0.03)
        assert (seen < band.lower).mean(0) == pytest.approx(0.05, abs=0.006)
        assert (seen > band.upper).mean(0) == pytest.approx(0.05, abs=0.006)


def test_quantiles_are_found_where_the_parts_lie_far_apart() -> None:
    weight, middle = np.array([0.5, 0.3, 0.2]), np.array([[0.0, 0.0], [50.0, 1e-3], [-1e4, 3.0]])
    law = Mixture(weight, 40.0, middle, np.array([[1.0, 1e-6], [3.0, 1.0], [0.1, 2.0]]))
    for share in (0.001, 0.1, 0.5, 0.9):
        found, _ = law.quantiles(share, 0.99)
        assert law.cdf(found) == pytest.approx(share, abs=1e-4)


def test_the_distribution_function_is_that_of_student() -> None:
    t = np.linspace(-30, 30, 601)
    for freedom, error in ((1.0, 1e-15), (3.0, 1e-15), (12.0, 1e-6), (70.0, 1e-8)):
        assert student_cdf(t, freedom) == pytest.approx(stdtr(freedom, t), abs=error)


def test_between_the_knots_a_band_is_as_good_as_exact() -> None:
    y, x, at = made(n=400, k=1, rho=0.5)
    known, columns = known_of(y, x, at)
    leads = np.arange(1.0, 401 - at)
    for law in ahead(known, Ahead(columns[:, at - 1], columns[:-1, at:], leads, np.ones_like(leads), np.ones_like)):
        (band,) = bands([law], 0.05)
        lower, upper = law.quantiles(0.025, 0.975)
        assert np.abs(band.lower - lower).max() < 0.02 * band.sd.max()
        assert np.abs(band.upper - upper).max() < 0.02 * band.sd.max()


def test_a_long_horizon_costs_no_memory_that_grows_with_its_square() -> None:
    y, x, at = made(n=20_000, k=2)
    found = estimate(y, x, at)
    assert found.average is not None
    assert abs(found.average.effect) < 4 * found.average.sd
    assert len(found.pointwise) == 20_000


def test_points_that_carry_nothing_may_as_well_be_missing() -> None:
    """Masked points before the first usable one are no points at all."""
    y, x, at = made(effect=1.0)
    late = np.concatenate([np.full(25, np.nan), y])
    shifted = estimate(late, np.vstack([np.zeros((25, 2)), x]), at + 25)
    assert shifted.masked == 25
    assert shifted.average == pytest.approx(estimate(y, x, at).average)


def test_every_second_point_says_what_a_series_of_half_the_steps_says() -> None:
    """A level and white noise, seen at every second time: the same, its level moving twice as far a step."""
    y = np.random.default_rng(4).normal(size=120) + np.linspace(0, 1, 120)
    sparse = np.where(np.arange(120) % 2, np.nan, y)
    found, half = estimate(sparse, None, 80), estimate(y[::2], None, 40)
    assert (found.n_pre, found.n_post, found.masked) == (40, 20, 60)
    assert found.average is not None
    assert half.average is not None
    assert found.average.effect == pytest.approx(half.average.effect, abs=0.1 * half.average.sd)
    assert found.average.sd == pytest.approx(half.average.sd, rel=0.25)


def test_where_a_larger_count_is_expected_its_noise_is_larger() -> None:
    draw = np.random.default_rng(6)
    drive = np.where(np.arange(100) < 70, draw.uniform(2, 10, 100), 24.0)
    y = draw.poisson(drive).astype(float)
    flow, count = (estimate(y, drive, 70, kind=kind).pointwise[70] for kind in ("flow", "count"))
    widths = [(point.upper or 0) - (point.lower or 0) for point in (flow, count)]
    assert count.expected == pytest.approx(flow.expected)
    assert widths[1] > 1.4 * widths[0]


def test_the_grid_is_the_posterior_at_any_fineness() -> None:
    y, x, at = made(n=300, rho=0.4)
    columns = np.vstack([x.T, y])
    columns = (columns - columns.mean(1, keepdims=True)) / columns.std(1, keepdims=True)
    design = Design(columns[:, :at], np.arange(float(at)), 2, 2)
    coarse, fine = (posterior_of(design, replace(auto(at), start=start)) for start in (13, 200))
    assert coarse.weight @ coarse.beta == pytest.approx(fine.weight @ fine.beta, rel=0.01)
    assert coarse.weight @ coarse.variance == pytest.approx(fine.weight @ fine.variance, rel=0.01)
    assert len(coarse.weight) < len(fine.weight) / 4
