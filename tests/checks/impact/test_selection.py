"""Which covariates are weighed: all subsets, found by elimination, against one least-squares problem each."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.linalg import block_diag

from checks.impact import estimate
from checks.impact.floats import Floats
from checks.impact.level import Chain, Grid
from checks.impact.prior import auto
from checks.impact.screening import MOST, chosen
from checks.impact.seasons import carried, harmonics
from checks.impact.selection import Design, models, slab, weigh
from tests.checks.impact.series import made

RHOS = np.array([0.0, 0.6])
AUTO = auto(60)
GRID = Grid(np.array([1e-3, 0.1]), RHOS, np.arange(2))


def design_of(k: int, n: int = 60) -> Design:
    y, x, _ = made(n=n, k=k)
    columns = np.vstack([x.T, y])
    columns = (columns - columns.mean(1, keepdims=True)) / columns.std(1, keepdims=True)
    return Design(columns, np.arange(float(n)), 0 if k > AUTO.size else k, k)


def test_every_subset_has_the_evidence_of_its_own_least_squares() -> None:
    design = design_of(5)
    among, likelihood = models(design, AUTO), Chain(design.columns, design.times, RHOS).likelihood(GRID)
    found = weigh(design, among, [likelihood], GRID, AUTO)
    gram, own = likelihood.gram, slab(design, AUTO)
    assert len({tuple(row) for row in among.members.tolist()}) == 32
    for members, weights in zip(among.members, found.log_weight, strict=True):
        at = np.flatnonzero(members)
        for point in range(2):
            information = (gram[point, :-1, :-1] + own)[np.ix_(at, at)]
            score = gram[point, at, -1]
            squares = gram[point, -1, -1] - score @ np.linalg.solve(information, score)
            rate = squares / 2 + AUTO.noise.rate
            det = np.linalg.slogdet(own[np.ix_(at, at)])[1] - np.linalg.slogdet(information)[1]
            shape = (len(design.times) - 1 - 5) / 2 + AUTO.noise.shape
            size = len(at) * np.log(3 / 5) + (5 - len(at)) * np.log(2 / 5)
            height = (det - found.found.log_det[point]) / 2 - shape * np.log(rate) + size
            prior = AUTO.log_density(GRID.ratio, GRID.rho)[point]
            assert weights[point] == pytest.approx(height + prior)


def test_the_points_after_the_change_judge_with_a_level_of_their_own() -> None:
    """Against dense matrices: two stretches, each with its level, and all coefficients shared."""
    design, cut = design_of(2)._replace(later=20), 40
    before, after = design.columns[:, :cut], design.columns[:, cut:]
    design = design._replace(columns=before, times=design.times[:cut])
    found = [Chain(stretch, np.arange(float(stretch.shape[1])), RHOS).likelihood(GRID) for stretch in (before, after)]
    weighed = weigh(design, models(design, AUTO), found, GRID, AUTO)
    own = slab(design, AUTO)
    for point, (ratio, rho) in enumerate(zip(GRID.ratio, GRID.rho, strict=True)):
        by_one = dense([before], own, ratio, rho, (40 - 1 - 2) / 2 + AUTO.noise.shape)
        by_both = dense([before, after], own, ratio, rho, (40 - 1 - 2 + 20 - 1) / 2 + AUTO.noise.shape)
        assert weighed.after[0, point] == pytest.approx(by_both - by_one)


def dense(stretches: list[Floats], own: Floats, ratio: float, rho: float, shape: float) -> float:
    """log evidence but for a constant, the start of each stretch's level being any number."""
    covariances, levels = [], []
    for stretch in stretches:
        t = np.arange(stretch.shape[1])
        covariances.append(ratio * np.minimum.outer(t, t) + rho ** abs(np.subtract.outer(t, t)) / (1 - rho**2))
        levels.append(np.ones((len(t), 1)))
    inverse, free = np.linalg.inv(block_diag(*covariances)), block_diag(*levels)
    columns = np.hstack(stretches).T
    weights = inverse - inverse @ free @ np.linalg.inv(free.T @ inverse @ free) @ free.T @ inverse
    gram = columns.T @ weights @ columns
    gram[:-1, :-1] += own
    squares = gram[-1, -1] - gram[-1, :-1] @ np.linalg.solve(gram[:-1, :-1], gram[:-1, -1])
    dets = [np.linalg.slogdet(m)[1] for m in (gram[:-1, :-1], free.T @ inverse @ free, *covariances)]
    return float(-sum(dets) / 2 - shape * np.log(squares / 2 + AUTO.noise.rate))


def test_up_to_seven_covariates_nothing_is_screened() -> None:
    for k in (1, 3, 4, MOST):
        design = design_of(k)
        assert chosen(design, AUTO) == (design, list(range(k + 1)))


def test_of_more_the_greedy_search_keeps_those_that_matter_and_the_metric() -> None:
    design, kept = chosen(design_of(30), AUTO)
    assert {0, 1} < set(kept)
    assert kept == sorted(kept)
    assert kept[-1] == 30
    assert (design.optional, design.offered) == (MOST, 30)


def test_more_covariates_than_points_are_borne() -> None:
    y, x, at = made(n=60, k=90, effect=3.0)
    average = estimate(y, x, at).average
    assert average is not None
    assert abs(average.effect - 3) < 4 * average.sd


@pytest.mark.parametrize(("pair", "size"), [(pair, 2) for pair in combinations(range(4), 2)])
def test_three_covariates_or_fewer_are_all_in(pair: tuple[int, ...], size: int) -> None:
    y, x, _ = made(n=60, k=4)
    assert models(design_of(size), AUTO).members.tolist() == [[True] * size]
    assert estimate(y, x[:, pair], 42).average is not None


@pytest.mark.parametrize(
    ("period", "before", "pairs"),
    [(0, 100, 0), (1, 100, 0), (7, 13, 0), (7, 14, 1), (7, 84, 3), (24, 70, 7), (1440, 9000, 10)],
)
def test_a_season_has_as_many_waves_as_the_points_carry(period: int, before: int, pairs: int) -> None:
    assert carried(period, before) == pairs


@pytest.mark.parametrize("period", [2, 3, 4, 7, 12])
def test_all_waves_of_a_period_make_any_pattern_that_repeats(period: int) -> None:
    waves = harmonics(3 * period, period, period // 2)
    assert len(waves) == period - 1
    pattern = np.tile(np.random.default_rng(period).normal(size=period), 3)
    fitted = np.vstack([waves, np.ones(3 * period)])
    assert fitted.T @ np.linalg.lstsq(fitted.T, pattern)[0] == pytest.approx(pattern)


@pytest.mark.parametrize("prior", ["auto", "r"])
def test_a_season_in_the_model_narrows_the_interval(prior: str) -> None:
    draw = np.random.default_rng(8)
    y = np.tile(draw.normal(scale=3, size=7), 16) + draw.normal(size=112)
    blind, aware = estimate(y, None, 84, prior), estimate(y, None, 84, prior, period=7)
    assert (blind.period, aware.period) == (0, 7)
    assert blind.average is not None
    assert aware.average is not None
    assert aware.average.sd < 0.8 * blind.average.sd
    assert estimate(y, None, 84, prior, period=50).period == 0


def test_a_trend_is_in_a_model_or_not_and_is_never_screened() -> None:
    plain = design_of(5)
    line = np.linspace(-1.7, 1.7, len(plain.times))
    design = plain._replace(columns=np.insert(plain.columns, -1, line, axis=0), trends=1)
    among = models(design, AUTO)
    assert len({tuple(row) for row in among.members.tolist()}) == 64
    assert np.exp(among.log_prior[among.members.sum(1) == 0]) == pytest.approx([(1 - AUTO.trend) * 0.4**5])
    alone = (among.members.sum(1) == 1) & among.members[:, -1]
    assert np.exp(among.log_prior[alone]) == pytest.approx([AUTO.trend * 0.4**5])
    many = design_of(30)
    _, kept = chosen(many._replace(columns=np.insert(many.columns, -1, line, axis=0), trends=1), AUTO)
    assert kept[-2:] == [30, 31]
    assert len(kept) == MOST + 2
