"""The tails are exact, the questions are counted, and days that vary are told from rows that do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom, norm

from checks.drift import Reference
from checks.drift.column import Kind, column
from checks.drift.contrasts import contrasts
from checks.drift.dispersion import known, variation
from checks.drift.evidence import strongest
from checks.drift.reference import FeatureReference
from checks.drift.tail import Table, score

RANDOM = np.random.default_rng(4)
BEGIN = RANDOM.bit_generator.state
MONDAY = 739_000 - 739_000 % 7


@pytest.fixture(autouse=True)
def _same_draws_in_each_test() -> None:
    RANDOM.bit_generator.state = BEGIN


TABLES = st.tuples(st.integers(1, 40), st.integers(1, 40)).flatmap(
    lambda sizes: st.tuples(st.just(sizes[0]), st.just(sizes[1]), st.integers(0, sum(sizes)))
)


@given(TABLES, st.integers(0, 40))
def test_the_score_is_the_tail_of_the_hypergeometric_law(table: Table, after: int) -> None:
    n, m, s = table
    after = min(max(after, s - n, 0), m, s)
    law = hypergeom(n + m, s, m)
    below, above = law.cdf(after), law.sf(after - 1)
    assert 2 * norm.sf(abs(score([table], after))) == pytest.approx(2 * min(below, above, 0.5), rel=1e-6)


@given(TABLES, TABLES, st.integers(0, 80))
def test_the_score_of_matched_days_is_the_tail_of_their_sum(one: Table, other: Table, after: int) -> None:
    laws = [hypergeom(n + m, s, m) for n, m, s in (one, other)]
    chances = np.convolve(*(law.pmf(np.arange(81)) for law in laws))
    above = chances[after:].sum()
    below = chances[: after + 1].sum()
    expected = min(float(above), float(below), 0.5)
    found = float(norm.sf(abs(score([one, other], after))))
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-200)


def test_far_tails_of_large_tables_are_right() -> None:
    assert norm.sf(score([(15_000, 4_000, 2_000)], 560)) == pytest.approx(
        hypergeom(19_000, 2_000, 4_000).sf(559), rel=1e-6
    )


def test_what_is_asked_of_numbers_are_bins_cuts_and_pairs() -> None:
    asked = contrasts(Kind.NUMERIC, (True, True, True, True, False))
    assert asked.inside[: asked.sides].tolist() == [*np.eye(5).tolist(), [1, 1, 0, 0, 0]]
    assert asked.scope[asked.sides :].sum(1).tolist() == [2] * 6  # of the four bins that have rows
    assert (1 / asked.questions).sum() == pytest.approx(1)


def test_names_have_no_cuts_and_two_filled_bins_no_pair() -> None:
    asked = contrasts(Kind.CATEGORICAL, (True, True, False, False))
    assert (len(asked.inside), asked.sides) == (4, 4)
    assert (1 / asked.questions).sum() == pytest.approx(1)


def test_evidence_is_as_rare_as_it_says() -> None:
    """The chance that p is at most 5 % is at most 5 %, with a reference as small as the batch."""
    surprising = 0
    for _ in range(300):
        feature = Reference.of({"x": RANDOM.random(500)}).features[0]
        days = RANDOM.random((4, 125))
        counts = np.array([np.bincount(np.searchsorted(feature.bins.cuts, day), minlength=11) for day in days])  # type: ignore[union-attr]
        windows = {length: counts[-length:].sum(0, keepdims=True) for length in (1, 2, 4)}
        surprising += strongest(known(feature), windows, 0.05).p <= 0.05
    assert surprising <= 24  # of 15 expected at most; more than 24 has a chance of 1 in 100


def days(number: int, *means: float) -> FeatureReference:
    """A feature of so many days, the mean of the k-th weekday shifted by the k-th of `means`."""
    told = {MONDAY + day: {"x": RANDOM.normal(means[day % len(means)], 1, 500)} for day in range(number)}
    return Reference.of_days(told).features[0]


def test_days_of_independent_rows_vary_as_rows_do() -> None:
    seen = known(days(30, 0.0))
    assert np.median(seen.factor) < 1.15
    assert seen.factor.max() < 1.8
    assert seen.freedom == 23 + 20
    assert variation(days(30, 0.0)) < 1.2


def test_a_wandering_mean_is_seen_in_the_cuts_most() -> None:
    wandering = RANDOM.normal(0, 0.1, 35)
    feature = days(35, *wandering)
    seen = known(feature)
    middle, outer = seen.factor[11 + 4], seen.factor[4]  # up to the median; the bin below it
    assert middle > 1.5 * outer > 1.5
    assert seen.freedom == 28 + 20
    assert variation(feature) > 1.3


def test_what_is_known_of_days_weighs_no_more_than_the_days() -> None:
    weekend = (0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0)
    assert [known(days(number, *weekend)).freedom for number in (2, 7, 14, 28)] == [1 + 6, 6 + 6, 13 + 13, 21 + 20]


def test_days_that_vary_much_are_judged_by_how_far_they_go_however_small_the_chance_of_rows() -> None:
    feature = days(14, *RANDOM.normal(0, 0.5, 14))
    seen = known(feature)
    counts = np.array(feature.bins.count(column(RANDOM.normal(1.0, 1, 500))))[None]
    found = strongest(seen, {1: counts}, 0.5)
    assert 14 < abs(found.z) < 25
    assert found.p > 0.01


def test_mondays_are_held_against_mondays_where_there_are_three() -> None:
    weekly = (0.0, 0.0, 0.0, 0.0, 0.0, 0.6, 0.5)
    matched, unmatched = known(days(28, *weekly)), known(days(14, *weekly))
    assert matched.counts.shape == (7, 11)
    assert matched.factor.max() < 1.8
    assert unmatched.counts.shape == (1, 11)
    assert unmatched.factor.max() > 3


def test_rows_without_days_are_taken_as_independent() -> None:
    seen = known(Reference.of({"x": RANDOM.random(500)}).features[0])
    assert (seen.factor.max(), seen.freedom) == (1.0, np.inf)
