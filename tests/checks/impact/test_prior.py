"""What prior auto holds likely, and that its intervals hold what they should on series drawn for it."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.causal.families import INSIDE, OUTSIDE, Shape, drawn
from benchmarks.impact_coverage import tally
from checks.impact import estimate
from checks.impact.floats import Floats
from checks.impact.outcome import Outcome
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


# --- what comes after the change ---------------------------------------------------------------------------------


def width(y: Floats, prior: str = "auto") -> float:
    average = estimate(y, None, 70, prior).average
    assert average is not None
    return average.upper - average.lower


def test_where_the_level_is_after_the_change_says_nothing_of_how_it_goes() -> None:
    y = np.random.default_rng(4).normal(size=100)
    steps = [width(y + step * (np.arange(100) >= 70)) for step in (0.0, -2.0, 1e6)]
    assert steps == pytest.approx(steps[:1] * 3, rel=1e-6)


def test_what_wanders_after_the_change_widens_the_interval_of_a_metric_that_may_have_wandered_before() -> None:
    draw = np.random.default_rng(2)
    steady = draw.normal(size=100)
    steady[:70] += np.cumsum(draw.normal(0, 0.1, 70))
    wandering = steady.copy()
    wandering[70:] += np.cumsum(np.random.default_rng(5).normal(0, 0.3, 30))
    assert width(wandering) > 1.5 * width(steady)
    assert width(wandering, "r") == pytest.approx(width(steady, "r"))


@pytest.mark.parametrize("late", [0.25, 0.5])
def test_an_effect_that_comes_late_looks_like_wandering_and_is_seen_all_the_same(late: float) -> None:
    y = np.random.default_rng(4).normal(size=100)
    y[70 + round(30 * late) :] += 5
    assert estimate(y, None, 70).outcome is Outcome.LIKELY_BETTER


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "least"), [("white noise", 0.9), ("AR(1) 0.5", 0.9), ("random walk 0.1", 0.85), ("slope 0.03", 0.9)]
)
def test_intervals_hold_what_they_should(name: str, least: float) -> None:
    assert tally(FAMILIES[name], SHAPE, "auto", SERIES).held >= least


@pytest.mark.slow
def test_an_effect_of_one_standard_deviation_of_white_noise_is_mostly_seen() -> None:
    found = tally(FAMILIES["white noise"], SHAPE, "auto", SERIES)
    assert found.found > 0.75
    assert found.width < 1.6
    assert found.width > tally(FAMILIES["white noise"], SHAPE, "r", SERIES).width


def test_the_same_series_are_drawn_each_time() -> None:
    one, other = (drawn(FAMILIES["t3"], SHAPE, np.random.default_rng(1))[0] for _ in range(2))
    assert one.tolist() == other.tolist()
