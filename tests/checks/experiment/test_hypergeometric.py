"""The law that everything rests on, against exact fractions."""

from __future__ import annotations

from fractions import Fraction
from math import exp, fsum, isfinite, lgamma, log, log1p

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.experiment import hypergeometric
from checks.experiment.hypergeometric import log_normalizers
from tests.checks.experiment.facts import law, log_fraction, simple, ways

pytestmark = pytest.mark.slow

PSIS = (0.05, 0.25, 0.6, 1.0, 1.5, 2.0, 3.0, 6.0, 20.0)
SIZES = st.integers(1, 60)


def exact(control: int, canary: int, bad: int) -> list[float]:
    """log Z of all PSIS less that of 1."""
    counted = ways(control, canary, bad)
    sums = [log_fraction(sum((n * simple(psi) ** x for x, n in counted.items()), Fraction())) for psi in PSIS]
    return [value - sums[PSIS.index(1.0)] for value in sums]


def ours(control: int, canary: int, bad: int) -> list[float]:
    logs = log_normalizers(control, canary, bad, PSIS)
    return [value - logs[PSIS.index(1.0)] for value in logs]


@given(SIZES, SIZES, st.data())
def test_small_laws_are_those_of_exact_fractions(control: int, canary: int, data: st.DataObject) -> None:
    bad = data.draw(st.integers(0, control + canary))
    assert ours(control, canary, bad) == pytest.approx(exact(control, canary, bad), abs=1e-11)


@pytest.mark.parametrize(
    ("control", "canary", "bad"),
    [
        (400, 400, 400),  # wider than what is summed term by term
        (400, 400, 500),
        (3000, 250, 400),
        (250, 1500, 1400),
        (100_000, 300, 250),
        (700, 900, 1200),
    ],
)
def test_wide_laws_are_those_of_exact_fractions(control: int, canary: int, bad: int) -> None:
    assert ours(control, canary, bad) == pytest.approx(exact(control, canary, bad), abs=1e-9)


@pytest.mark.parametrize("counts", [(5000, 5000, 199), (10**6, 10**6, 190), (500, 5000, 180), (5000, 500, 180)])
def test_both_ways_to_sum_agree_where_either_can(counts: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    by_terms = ours(*counts)
    monkeypatch.setattr(hypergeometric, "WIDTH", 0)
    assert ours(*counts) == pytest.approx(by_terms, abs=1e-10)


@pytest.mark.parametrize(("size", "bad"), [(5_000, 400), (10**6, 3_000), (10**9, 2 * 10**7)])
def test_a_ratio_of_one_counts_all_ways_at_any_size(size: int, bad: int) -> None:
    """Vandermonde: the ways to place the bad ones are those to choose them among all."""
    rate = bad / (2 * size)
    all_ways = lgamma(2 * size + 1) - lgamma(bad + 1) - lgamma(2 * size - bad + 1)
    left_out = bad * log(rate) + (2 * size - bad) * log1p(-rate)  # the same for every psi
    assert log_normalizers(size, size, bad, (1.0,))[0] == pytest.approx(all_ways + left_out, abs=1e-5)


@given(st.integers(1, 30), st.integers(0, 30))
def test_rare_errors_in_vast_traffic_split_like_coins(bad: int, with_canary: int) -> None:
    """The Poisson limit: each error is the canary's with probability n psi / (n psi + m)."""
    x = min(with_canary, bad)
    control, canary, psi = 10**11, 3 * 10**10, 1.5
    at_psi, at_one = log_normalizers(control, canary, bad, (psi, 1.0))
    share = {p: canary * p / (canary * p + control) for p in (psi, 1.0)}
    coins = x * log(share[psi] / share[1.0]) + (bad - x) * log((1 - share[psi]) / (1 - share[1.0]))
    assert x * log(psi) - at_psi + at_one == pytest.approx(coins, abs=1e-7)


@given(st.integers(1, 10**12), st.integers(1, 10**12), st.data())
def test_no_size_breaks_it(control: int, canary: int, data: st.DataObject) -> None:
    bad = data.draw(st.integers(0, control + canary))
    logs = ours(control, canary, bad)
    assert all(map(isfinite, logs))
    assert logs == sorted(logs)  # log Z grows with psi


@given(SIZES, SIZES, st.data())
def test_the_likelihood_ratio_is_a_martingale_at_its_null_and_shrinks_beyond(
    control: int, canary: int, data: st.DataObject
) -> None:
    bad = data.draw(st.integers(0, control + canary))
    null, rival = data.draw(st.permutations((0.6, 1.0, 1.5, 3.0)))[:2]
    at_rival, at_null = log_normalizers(control, canary, bad, (rival, null))

    def mean(truth: float) -> float:
        chances = law(control, canary, bad, truth)
        return fsum(float(chance) * exp(x * log(rival / null) - at_rival + at_null) for x, chance in chances.items())

    assert mean(null) == pytest.approx(1, abs=1e-9)
    farther = null * (2 if rival < null else 0.5)
    assert mean(farther) <= 1 + 1e-9
