"""The e-process is exact, safe at any number, and e-BH is what its paper says."""

from math import comb, exp, inf, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from checks.shadow.evidence import detectable, flagged, log_e, rate_bound

RATES = (0.5, 0.9, 0.1, 0.01)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("cases", [1, 2, 7, 40])
def test_its_mean_is_one_where_cases_are_odd_at_the_rate(rate: float, cases: int) -> None:
    mean = sum(
        comb(cases, odd) * rate**odd * (1 - rate) ** (cases - odd) * exp(float(log_e(odd, cases - odd, rate)))
        for odd in range(cases + 1)
    )
    assert mean == pytest.approx(1, rel=1e-9)


@given(
    odd=st.integers(0, 60),
    even=st.integers(0, 60),
    true=st.floats(0.001, 0.999),
    rate=st.sampled_from(RATES),
)
def test_a_step_never_raises_its_mean_where_they_are_odd_more_rarely(
    odd: int, even: int, true: float, rate: float
) -> None:
    true = min(true, rate)
    now = exp(float(log_e(odd, even, rate)))
    then = true * exp(float(log_e(odd + 1, even, rate))) + (1 - true) * exp(float(log_e(odd, even + 1, rate)))
    assert then <= now * (1 + 1e-9)


@pytest.mark.parametrize(
    ("odd", "even", "rate"),
    [(2, 0, 0.5), (5, 5, 0.5), (30, 10, 0.5), (10, 990, 0.001), (0, 50, 0.2), (157, 2843, 0.05)],
)
def test_it_is_the_integral_that_its_docstring_says(odd: int, even: int, rate: float) -> None:
    def ratio(p: float) -> float:
        return float((p / rate) ** odd * ((1 - p) / (1 - rate)) ** even)

    peak = min(max(odd / (odd + even), rate), 1.0)
    integral = sum(quad(ratio, low, high, limit=200)[0] for low, high in ((rate, peak), (peak, 1.0)))
    assert float(log_e(odd, even, rate)) == pytest.approx(log(integral / (1 - rate)), rel=1e-6)


@pytest.mark.parametrize(("odd", "even"), [(0, 5_000), (10, 10**6), (0, 10**9), (157, 2843)])
def test_where_nothing_speaks_against_it_there_is_no_evidence_however_many_cases(odd: int, even: int) -> None:
    for rate in (0.5, 0.9, 1 - 1e-9):
        assert float(log_e(odd, even, rate)) < 0


@pytest.mark.parametrize(("odd", "even"), [(10**6, 0), (10**9, 10**5), (10**9, 0)])
def test_overwhelming_evidence_stays_a_finite_number(odd: int, even: int) -> None:
    assert 1e3 < float(log_e(odd, even)) < inf


def test_sixteen_of_sixteen_fell_one_field_of_three_hundred() -> None:
    need = log(300 / 0.05)
    assert float(log_e(15, 0)) < need < float(log_e(16, 0))


@pytest.mark.parametrize(
    ("e_values", "falls"),
    [
        ([100.0, 1.0, 1.0, 1.0], [True, False, False, False]),  # 4 / 0.05 = 80
        ([79.0, 1.0, 1.0, 1.0], [False] * 4),
        ([45.0, 41.0, 1.0, 1.0], [True, True, False, False]),  # two of four need 40 each
        ([21.0, 20.5, 20.2, 20.1], [True] * 4),
        ([], []),
    ],
)
def test_e_bh_on_small_cases(e_values: list[float], falls: list[bool]) -> None:
    assert flagged(np.log(e_values), 0.05).tolist() == falls


def test_what_is_said_to_show_does_show() -> None:
    random = np.random.default_rng(2)
    answers, fields = 2_000, 100
    share = detectable(answers, fields, 0.05)
    odd = random.binomial(answers, share, 4_000)
    assert (log_e(odd, np.zeros_like(odd)) >= log(fields / 0.05)).mean() == pytest.approx(0.95, abs=0.025)


def test_what_is_said_to_show_without_a_secondary_does_show() -> None:
    random = np.random.default_rng(3)
    answers, fields, rate = 2_000, 100, 0.02
    share = detectable(answers, fields, 0.05, rate)
    odd = random.binomial(answers, share, 4_000)
    assert (log_e(odd, answers - odd, rate) >= log(fields / 0.05)).mean() == pytest.approx(0.95, abs=0.025)


@pytest.mark.parametrize("answers", [0, 1, 5])
def test_too_few_answers_show_nothing(answers: int) -> None:
    assert detectable(answers, 100, 0.05) == inf


def test_the_bound_of_a_rate_holds_999_times_of_1000() -> None:
    random = np.random.default_rng(4)
    for rate in (0.001, 0.05, 0.6):
        seen = random.binomial(500, rate, 20_000)
        assert (rate_bound(seen, np.full_like(seen, 500)) < rate).mean() <= 0.001 + 3 * (0.001 / 20_000) ** 0.5
    assert rate_bound([0, 3], [0, 3]).tolist() == [1.0, 1.0]
