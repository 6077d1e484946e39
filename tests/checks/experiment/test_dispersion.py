"""How bursty the control is taken to be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.experiment.dispersion import CALM, SUSPECTED, Dispersion

pytestmark = pytest.mark.slow


def seen(ticks: list[tuple[int, int]]) -> Dispersion:
    """After ticks of (total, bad)."""
    dispersion = CALM
    for total, bad in ticks:
        dispersion = dispersion.after(total, bad)
    return dispersion


def test_before_anything_was_seen_bursts_are_suspected() -> None:
    assert CALM.factor == SUSPECTED
    assert seen([(100, 1)]).factor == SUSPECTED  # one tick cannot differ from its neighbour


def test_a_pair_of_ticks_adds_its_squared_difference_and_its_events() -> None:
    dispersion = seen([(100, 2), (100, 6)])
    assert (dispersion.spread, dispersion.events, dispersion.pairs) == (16, 8, 1)
    assert dispersion.factor == pytest.approx((2 * SUSPECTED + 16 / 8) / 3)


def test_a_pair_with_one_error_cannot_show_a_burst() -> None:
    assert [seen([(100, 0), (100, bad)]).pairs for bad in (0, 1, 2)] == [0, 0, 1]


def test_ticks_of_unequal_size_are_compared_by_their_rates() -> None:
    assert seen([(100, 2), (400, 8)]).spread == 0
    # (2/100 - 4/400)^2 x 100 x 400
    assert seen([(100, 2), (400, 4)]).spread == pytest.approx(4.0)


@pytest.mark.parametrize(("burst", "low", "high"), [(1.0, 1.0, 1.15), (1.5, 1.35, 1.65), (3.0, 2.6, 3.4)])
def test_with_time_the_factor_is_the_true_one(burst: float, low: float, high: float) -> None:
    random = np.random.default_rng(11)
    mean = 5.0
    rates = random.gamma(mean / (burst - 1), burst - 1, 2000) if burst > 1 else np.full(2000, mean)
    assert low <= seen([(500, int(bad)) for bad in random.poisson(rates)]).factor <= high


def test_a_baseline_that_drifts_is_no_burst() -> None:
    random = np.random.default_rng(12)
    rates = np.linspace(0.03, 0.005, 400)
    assert seen([(500, int(bad)) for bad in random.binomial(500, rates)]).factor < 1.2


@given(st.lists(st.tuples(st.integers(1, 10**12), st.floats(0, 1)), max_size=20))
def test_it_is_never_below_one_and_promotion_is_the_more_careful(ticks: list[tuple[int, float]]) -> None:
    dispersion = seen([(total, int(share * total)) for total, share in ticks])
    assert 1 <= dispersion.factor <= dispersion.cautious < float("inf")
