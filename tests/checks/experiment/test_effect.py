"""The estimate and its interval: against exact inversion, in coverage, at the edges."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.experiment.design import Role, mean_design
from checks.experiment.effect import MISS, Effect, effect_of
from checks.experiment.hypergeometric import log_normalizers
from checks.experiment.mean import Mean, add_mean
from checks.experiment.table import Table, add_table, empty_table
from tests.checks.experiment.facts import config

DESIGN = config().designs[0]
BASELINE = 0.01
Ticks = list[tuple[int, int, int, int]]


def table_of(ticks: Ticks) -> Table:
    """Evidence from ticks of (control, bad, canary, bad)."""
    table = empty_table(DESIGN)
    for control, control_bad, canary, canary_bad in ticks:
        table = add_table(table, DESIGN, (control, control_bad), (canary, canary_bad), False)
    return table


def effect(ticks: Ticks) -> Effect:
    found = effect_of(table_of(ticks), DESIGN, bursts=False)
    assert found is not None
    return found


def by_inversion(ticks: Ticks) -> tuple[float, float, float]:
    """Estimate and interval as ratios of odds, from the exact likelihood on a fine grid."""
    thetas = np.linspace(-log(50), log(50), 2001)
    psis = np.exp(thetas).tolist()
    logs = np.zeros(len(thetas))
    for control, bad_c, canary, bad_t in ticks:
        logs += bad_t * thetas - np.array(log_normalizers(control, canary, bad_c + bad_t, psis))
    mixture = logs.max() + log(float(np.exp(logs - logs.max()).mean()))
    kept = thetas[logs > mixture + log(MISS)]
    return exp(thetas[logs.argmax()]), exp(kept[0]), exp(kept[-1])


def risk(psi: float) -> float:
    return psi / (1 - BASELINE + BASELINE * psi)


@pytest.mark.parametrize(
    "ticks",
    [
        [(300, 3, 300, 3)] * 20,
        [(300, 3, 300, 9)] * 8,
        [(2700, 27, 300, 2)] * 15,
        [(300, 5, 300, 1)] * 30,
        [(3000, 30, 3000, 34), (500, 60, 500, 80)],
    ],
)
def test_the_interval_is_that_of_the_exact_likelihood(ticks: Ticks) -> None:
    found, (estimate, low, high) = effect(ticks), by_inversion(ticks)
    assert found.of == "the risk"
    assert found.estimate == pytest.approx(risk(estimate), rel=0.02)
    assert found.low == pytest.approx(risk(low), rel=0.03)
    assert found.high == pytest.approx(risk(high), rel=0.03)


def test_vast_counts_give_a_narrow_interval_around_the_true_ratio() -> None:
    found = effect([(10**8, 10**6, 10**8, 12 * 10**5)] * 3)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 1.2 < found.high
    assert found.high - found.low < 0.01


def test_without_a_bad_request_on_one_side_an_end_stays_open() -> None:
    none_in_canary, none_in_control = effect([(300, 3, 300, 0)] * 3), effect([(300, 0, 300, 3)] * 3)
    assert (none_in_canary.low, none_in_control.high) == (None, None)
    assert none_in_canary.high is not None
    assert none_in_control.low is not None


def test_without_any_there_is_none() -> None:
    assert effect_of(table_of([(300, 0, 300, 0)] * 9), DESIGN, bursts=True) is None
    assert effect_of(empty_table(DESIGN), DESIGN, bursts=True) is None


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=6))
def test_the_estimate_lies_within_its_interval(bad: list[tuple[int, int]]) -> None:
    found = effect_of(table_of([(100, c, 100, t) for c, t in bad]), DESIGN, bursts=True)
    if found is not None:
        assert (found.low or 0) <= found.estimate
        assert found.high is None or found.estimate <= found.high


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [1.0, 1.5, 3.0])
def test_the_interval_covers_the_truth_at_every_look_at_once(ratio: float) -> None:
    """150 runs of 12 looks, at odds drawn with that ratio of odds: at most 5 % may ever leave it out."""
    random = np.random.default_rng(41)
    odds = 0.02 / 0.98
    rates = odds / (1 + odds), ratio * odds / (1 + ratio * odds)
    draws = random.binomial(800, np.array(rates)[None, :, None], (150, 2, 12)).tolist()
    missed = 0
    for control, canary in draws:
        table = empty_table(DESIGN)
        for bad_c, bad_t in zip(control, canary, strict=True):
            table = add_table(table, DESIGN, (800, bad_c), (800, bad_t), False)
            found = effect_of(table, DESIGN, bursts=False)
            if found and not (found.low or 0) <= risk(ratio) <= (found.high or 1e9):
                missed += 1
                break
    assert missed / 150 <= 0.05


# --- means -----------------------------------------------------------------------------------------------------

COST = mean_design("cost", Role.REPORT, 0.005, 0.02, 1.2, 1.0, burn_in=20)


def costs(ratio: float, ticks: int, seed: int = 1) -> Mean:
    random, mean = np.random.default_rng(seed), Mean()
    for control, canary in random.normal(10, 1, (ticks, 2)).tolist():
        mean = add_mean(mean, COST, (100, 100 * control), (100, 100 * ratio * canary))
    return mean


def test_a_ratio_of_means_has_an_interval_after_the_burn_in() -> None:
    assert effect_of(costs(1.3, 19), COST, bursts=True) is None
    found = effect_of(costs(1.3, 200), COST, bursts=True)
    assert found is not None
    assert found.of == "the mean"
    assert found.low is not None
    assert found.high is not None
    assert found.low < 1.3 < found.high
    assert found.estimate == pytest.approx(1.3, abs=0.03)


def test_a_mean_that_is_not_above_zero_has_no_ratio() -> None:
    mean = Mean()
    for _ in range(30):
        mean = add_mean(mean, COST, (10, 0.0), (10, 1.0))
    assert effect_of(mean, COST, bursts=True) is None
