"""Means: cost and carbon may roll back, after a burn-in."""

from __future__ import annotations

from math import isfinite, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.experiment.design import Design, Role, mean_design
from checks.experiment.mean import Mean, add_mean

pytestmark = pytest.mark.slow

BOUND = log(1 / 0.02)


def design(tolerate: float = 1.0) -> Design:
    return mean_design("cost", Role.ROLLBACK_ONLY, 0.005, 0.02, 1.2, tolerate, burn_in=20)


def after(ticks: list[tuple[float, float]], tolerate: float = 1.0, n: int = 100) -> Mean:
    """Ticks of the mean of either side."""
    mean = Mean()
    for control, canary in ticks:
        mean = add_mean(mean, design(tolerate), (n, control * n), (n, canary * n))
    return mean


def test_nothing_is_said_before_the_burn_in() -> None:
    assert after([(1.0, 5.0 + k % 3) for k in range(19)]).log_e_rollback == 0
    assert after([(1.0, 5.0 + k % 3) for k in range(20)]).log_e_rollback > BOUND


def test_running_sums_are_those_of_the_whole() -> None:
    random = np.random.default_rng(3)
    control, canary = random.lognormal(0, 1, 50), random.lognormal(0.1, 1, 50)
    mean = after(list(zip(control.tolist(), canary.tolist(), strict=True)), tolerate=1.1)
    apart = canary - 1.1 * control
    assert mean.level == pytest.approx(control.mean())
    assert mean.difference == pytest.approx(apart.mean())
    assert mean.deviations == pytest.approx(((apart - apart.mean()) ** 2).sum())


def test_the_evidence_is_the_mixture_integral() -> None:
    """The closed form against the integral over half-normal true differences, by the trapezoid rule."""
    random = np.random.default_rng(5)
    ticks = [(float(a), float(b)) for a, b in random.normal(10, 1, (30, 2))]
    mean = after(ticks)
    precision = 1 / (mean.deviations / mean.ticks**2)
    scale = 0.2 * mean.level
    thetas = np.linspace(0, 12 * scale, 200_001)
    density = np.sqrt(2 / np.pi) / scale * np.exp(-(thetas**2) / (2 * scale**2))
    ratio = np.exp(precision * (thetas * mean.difference - thetas**2 / 2))
    assert mean.log_e_rollback == pytest.approx(float(np.log(np.trapezoid(density * ratio, thetas))), abs=1e-6)


@pytest.mark.parametrize("value", [0.0, 1.0, 1e-30, 1e30])
def test_equal_means_without_any_spread_prove_nothing(value: float) -> None:
    assert after([(value, value)] * 40).log_e_rollback < BOUND


def test_a_dearer_canary_without_any_spread_is_rolled_back() -> None:
    assert after([(1.0, 1.2)] * 20).log_e_rollback > BOUND


@given(st.lists(st.tuples(st.floats(-1e50, 1e50), st.floats(-1e50, 1e50)), min_size=20, max_size=30))
def test_no_figure_breaks_it(ticks: list[tuple[float, float]]) -> None:
    mean = after(ticks, n=1)
    assert all(map(isfinite, (mean.level, mean.difference, mean.deviations, mean.log_e_rollback)))


def test_false_rollback_stays_within_beta_for_skewed_costs() -> None:
    """Lognormal costs (sigma 1), 100 requests a tick, 200 looks after the burn-in, 300 runs, no true difference."""
    random = np.random.default_rng(17)
    draws = random.lognormal(0, 1, (300, 2, 200, 100)).mean(axis=3)
    wrong = 0
    for control, canary in draws:
        mean = Mean()
        for one, other in zip(control.tolist(), canary.tolist(), strict=True):
            mean = add_mean(mean, design(), (100, 100 * one), (100, 100 * other))
            if mean.log_e_rollback >= BOUND:
                wrong += 1
                break
    assert wrong / 300 <= 0.02
