"""Were requests split as routed?"""

from __future__ import annotations

from math import comb, exp, fsum, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.experiment.split import Split

BOUND = log(1 / 0.001)


@given(st.integers(1, 25), st.sampled_from([0.05, 0.25, 0.5, 0.9]))
def test_it_is_a_fair_game_under_the_routed_share(n: int, share: float) -> None:
    chances = [comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]
    mean = fsum(chance * exp(Split().after(n - k, k, share, 0.0).log_e) for k, chance in enumerate(chances))
    assert mean == pytest.approx(1, abs=1e-9)


@given(st.integers(1, 25), st.sampled_from([0.25, 0.5]), st.floats(-1, 1))
def test_within_the_tolerance_it_is_never_a_favourable_one(n: int, share: float, off: float) -> None:
    true = share + 0.05 * off
    chances = [comb(n, k) * true**k * (1 - true) ** (n - k) for k in range(n + 1)]
    mean = fsum(chance * exp(Split().after(n - k, k, share, 0.05).log_e) for k, chance in enumerate(chances))
    assert mean <= 1 + 1e-9


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), min_size=2, max_size=6))
def test_ticks_of_one_share_are_one_sum(ticks: list[tuple[int, int]]) -> None:
    split = Split()
    for control, canary in ticks:
        split = split.after(control, canary, 0.5, 0.0)
    whole = Split().after(sum(c for c, _ in ticks), sum(t for _, t in ticks), 0.5, 0.0)
    assert split.log_e == pytest.approx(whole.log_e, abs=1e-9)
    assert split.observed == whole.observed


def test_a_ramp_begins_a_stage_of_its_own_and_keeps_what_was_found_before() -> None:
    before = Split().after(900, 100, 0.1, 0.0)
    after = before.after(500, 500, 0.5, 0.0)
    assert after.log_e == pytest.approx(before.log_e + Split().after(500, 500, 0.5, 0.0).log_e)
    assert after.observed == 0.5


def test_a_split_of_47_to_53_is_found_and_a_fair_one_is_not() -> None:
    assert Split().after(10_600, 9_400, 0.5, 0.0).log_e > BOUND
    assert Split().after(10_050, 9_950, 0.5, 0.0).log_e < 0
    assert Split().after(10_600, 9_400, 0.5, 0.05).log_e < BOUND  # a router that may be off by 5 points


def test_false_alarms_under_continuous_peeking_stay_below_alpha() -> None:
    """400 runs of 100 looks, at alpha 5 %."""
    random = np.random.default_rng(31)
    canary = np.cumsum(random.binomial(200, 0.5, (400, 100)), axis=1)
    alarms = 0
    for row in canary.tolist():
        alarms += any(Split().after(200 * (k + 1) - x, x, 0.5, 0.0).log_e >= log(20) for k, x in enumerate(row))
    assert alarms / 400 <= 0.05
