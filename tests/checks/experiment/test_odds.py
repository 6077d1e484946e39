"""Risks, odds, quantiles, and the size of the fixed test."""

from __future__ import annotations

from math import log
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_ndtr

from checks.experiment.normal import log_cdf, upper_quantile
from checks.experiment.odds import fixed_size, odds_ratio, risk_ratio

pytestmark = pytest.mark.slow

NORMAL = NormalDist()


@pytest.mark.parametrize("p", [0.5, 0.25, 0.02, 0.005, 1e-6, 1e-12])
def test_quantiles_are_those_of_the_normal_law(p: float) -> None:
    assert upper_quantile(p) == pytest.approx(-NORMAL.inv_cdf(p), abs=1e-9)


@pytest.mark.parametrize("z", [-1e5, -40.0, -30.001, -29.999, -8.0, -3.0, 0.0, 2.0, 9.0])
def test_the_log_of_its_distribution_is_right_however_far_out(z: float) -> None:
    assert log_cdf(z) == pytest.approx(float(log_ndtr(z)), rel=1e-10, abs=1e-16)


@given(st.floats(1.0, 20.0), st.floats(1e-6, 0.04))
def test_risks_become_odds_and_come_back(ratio: float, baseline: float) -> None:
    psi = odds_ratio(ratio, baseline)
    assert psi >= ratio * (1 - 1e-12)  # an odds ratio lies farther from 1
    assert risk_ratio(psi, baseline) == pytest.approx(ratio)


@pytest.mark.parametrize(("baseline", "size"), [(0.001, 220_407), (0.01, 21_843), (0.05, 4_193)])
def test_the_fixed_size_is_that_of_the_score_test(baseline: float, size: int) -> None:
    assert fixed_size(baseline, baseline, 1.5, 0.005, 0.05) == size


@pytest.mark.parametrize(("control", "canary", "margin"), [(0.01, 0.01, 1.5), (0.05, 0.06, 2.0), (0.08, 0.05, 1.0)])
def test_the_score_test_stands_on_the_likeliest_pair_at_the_margin(
    control: float, canary: float, margin: float
) -> None:
    """The same size, with that pair found by trying a hundred thousand."""

    def likelihood(q: float) -> float:
        at = margin * q
        return control * log(q) + (1 - control) * log(1 - q) + canary * log(at) + (1 - canary) * log(1 - at)

    q = max((step / 1e5 / margin for step in range(1, 100_000)), key=likelihood)
    null = margin * q * (1 - margin * q) + margin**2 * q * (1 - q)
    truth = canary * (1 - canary) + margin**2 * control * (1 - control)
    root = -NORMAL.inv_cdf(0.005) * null**0.5 - NORMAL.inv_cdf(0.02) * truth**0.5
    expected = (root / (margin * control - canary)) ** 2
    assert fixed_size(control, canary, margin, 0.005, 0.02) == pytest.approx(expected, rel=1e-3)
