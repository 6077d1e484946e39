"""What prior auto holds likely, and that its intervals hold what they should on series drawn for it."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.causal.families import INSIDE, OUTSIDE, Shape, drawn
from benchmarks.impact_coverage import tally
from checks.impact import estimate
from checks.impact.prior import auto

FAMILIES = {family.name: family for family in (*INSIDE, *OUTSIDE)}
SHAPE = Shape(100, 0.7, 0)
SERIES = 60


def test_the_prior_goes_with_how_far_the_level_wanders_in_all_before_the_change() -> None:
    wander, rho = np.array([1.0, 10.0, 100.0]), np.zeros(3)
    one, other = (auto(span).log_density((wander / span) ** 2, rho) for span in (50.0, 800.0))
    assert one == pytest.approx(other)


@pytest.mark.parametrize("slope", [0.1, -3.0, 100.0])
def test_a_rise_that_went_on_is_no_effect_however_steep(slope: float) -> None:
    y = np.random.default_rng(3).normal(size=200) + slope * np.arange(200)
    auto_says, r_says = (estimate(y, None, 140, prior).average for prior in ("auto", "r"))
    assert auto_says is not None
    assert r_says is not None
    assert auto_says.lower < 0 < auto_says.upper
    assert r_says.effect / slope > 20 > abs(auto_says.effect)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "least"), [("white noise", 0.9), ("AR(1) 0.5", 0.9), ("random walk 0.1", 0.85), ("slope 0.03", 0.9)]
)
def test_intervals_hold_what_they_should(name: str, least: float) -> None:
    assert tally(FAMILIES[name], SHAPE, "auto", SERIES).held >= least


@pytest.mark.slow
def test_an_effect_of_one_standard_deviation_of_white_noise_is_mostly_seen() -> None:
    found = tally(FAMILIES["white noise"], SHAPE, "auto", SERIES)
    assert found.found > 0.65
    assert found.width < 1.8
    assert found.width > tally(FAMILIES["white noise"], SHAPE, "r", SERIES).width


def test_the_same_series_are_drawn_each_time() -> None:
    one, other = (drawn(FAMILIES["t3"], SHAPE, np.random.default_rng(1))[0] for _ in range(2))
    assert one.tolist() == other.tolist()
