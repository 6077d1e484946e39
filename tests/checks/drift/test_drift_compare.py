"""Comparing a batch with its reference: what moved is told, chance is not, and no data is an exception."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2_contingency, ks_2samp

from checks.drift import DriftLimits, Kind, NameSketch, NumberSketch, Reference, Shift, Standing, compare
from checks.drift.psi import adjusted, apart

RANDOM = np.random.default_rng(20_261_130)
NORMAL = RANDOM.normal(size=10_000)
AGAIN = RANDOM.normal(size=10_000)
BEGIN = RANDOM.bit_generator.state


@pytest.fixture(autouse=True)
def _same_draws_in_each_test() -> None:
    RANDOM.bit_generator.state = BEGIN


def shift(before: Any, after: Any, kind: Kind | None = None) -> Shift:
    reference = Reference.of({"x": before}, kinds={"x": kind} if kind else {})
    return compare(reference, {"x": after}).shifts[0]


def test_psi_is_the_whole_sum_and_not_its_half() -> None:
    psi = apart(np.array([50_000, 30_000, 20_000]), np.array([40_000, 30_000, 30_000])).psi
    assert psi == pytest.approx(0.0629, abs=1e-4)


def test_the_threshold_is_what_chance_exceeds_in_one_of_a_hundred() -> None:
    """Measured as in the literature: ten deciles of normal rows."""
    above = 0
    for _ in range(500):
        seen = shift(RANDOM.normal(size=400), RANDOM.normal(size=300))
        assert seen.psi is not None
        assert seen.threshold is not None
        above += seen.psi > seen.threshold
    assert above <= 12


def test_rows_of_one_distribution_are_ok() -> None:
    seen = shift(NORMAL, AGAIN)
    assert seen.state is Standing.OK
    assert seen.q == seen.p


def test_a_shift_is_a_drift_with_the_bins_that_moved() -> None:
    seen = shift(NORMAL, AGAIN + 0.2)
    assert seen.state is Standing.DRIFT
    assert (seen.bins[0].moved, seen.bins[5].moved, seen.bins[-1].moved) == (True, False, True)
    assert seen.bins[-1].after > seen.bins[-1].before
    assert f": 10 % of the rows became {100 * max(each.after for each in seen.bins):.3g} %" in seen.reason


def test_ks_of_raw_values_is_that_of_scipy() -> None:
    for after in (AGAIN[:500], AGAIN[:500] + 0.1, np.round(AGAIN, 1)):
        mine = shift(NORMAL, after).tests[1]
        peer = ks_2samp(NORMAL, after, method="asymp")
        assert (mine.name, mine.basis) == ("ks", "values")
        assert mine.statistic == pytest.approx(peer.statistic, abs=1e-12)
        assert mine.p == pytest.approx(peer.pvalue, rel=0.1)


def test_ks_of_a_stored_reference_says_that_it_knows_bins_alone_and_is_never_too_sure() -> None:
    stored = Reference.load(Reference.of({"x": NORMAL}).dump())
    mine = compare(stored, {"x": AGAIN + 0.1}).shifts[0].tests[1]
    peer = ks_2samp(NORMAL, AGAIN + 0.1)
    assert mine.basis == "bins"
    assert peer.statistic - 0.01 < mine.statistic <= peer.statistic


def test_names_are_judged_by_the_chi_squared_test() -> None:
    before, after = ["a"] * 500 + ["b"] * 300 + ["c"] * 200, ["a"] * 430 + ["b"] * 300 + ["c"] * 270
    seen = shift(before, after)
    peer = chi2_contingency([[500, 300, 200], [430, 300, 270]], correction=False)
    assert seen.kind is Kind.CATEGORICAL
    assert seen.tests[1].statistic == pytest.approx(peer.statistic)
    assert seen.p == pytest.approx(peer.pvalue)


def test_a_name_that_the_reference_does_not_know_is_told() -> None:
    seen = shift(["a", "b"] * 500, ["a", "b"] * 450 + ["new"] * 100)
    assert seen.state is Standing.DRIFT
    assert seen.reason == "other: 0 % of the rows became 10 %"
    assert seen.notes == ("not among the names of the reference: new",)


def test_a_small_reference_does_not_take_what_it_did_not_see_for_new() -> None:
    weights = 1 / np.arange(1, 61)
    rounds = [RANDOM.multinomial(rows, weights / weights.sum()) for rows in [60, 15_000] * 100]
    named = [NameSketch(rows=int(one.sum()), counts=_named(one)) for one in rounds]
    drifts = [compare({"x": named[at]}, {"x": named[at + 1]}).state is Standing.DRIFT for at in range(0, 200, 2)]
    assert sum(drifts) <= 4


def _named(counts: Any) -> dict[str, int]:
    return {f"name {at}": int(times) for at, times in enumerate(counts) if times}


def test_missing_values_are_a_bin() -> None:
    seen = shift(NORMAL, np.where(RANDOM.random(10_000) < 0.05, np.nan, AGAIN))
    assert seen.state is Standing.DRIFT
    assert seen.bins[-1].label == "missing"
    assert seen.bins[-1].after == pytest.approx(0.05, abs=0.01)


def test_a_million_rows_do_not_make_a_trifle_a_drift() -> None:
    many = RANDOM.normal(size=(2, 1_000_000))
    seen = shift(many[0], many[1] + 0.02)
    assert seen.p is not None
    assert seen.p < 1e-9
    assert (seen.state, seen.reason) == (Standing.OK, "moved by less than matters")


def test_zeros_and_ones_have_a_bin_each() -> None:
    seen = shift([0, 1] * 500, [0, 1, 1, 1] * 250)
    assert [(each.label, each.before, each.after) for each in seen.bins] == [("= 0", 0.5, 0.25), ("= 1", 0.5, 0.75)]
    assert seen.state is Standing.DRIFT


def test_a_constant_that_becomes_another_is_a_drift_and_one_that_stays_is_none() -> None:
    assert shift([7] * 100, [7] * 100).state is Standing.OK
    assert shift([7] * 100, [8] * 100).state is Standing.DRIFT
    assert shift([7] * 100, [7.5] * 100).state is Standing.DRIFT


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (NORMAL, [], "0 rows, fewer than 50"),
        (NORMAL, [1.0] * 49, "49 rows, fewer than 50"),
        ([1.0] * 49, NORMAL, "the reference has 49 rows, fewer than 50"),
        (NORMAL, [None] * 100, "all 100 values are missing"),
        (NORMAL, ["a"] * 100, "all 100 values are missing, or no numbers"),
        ([None] * 100, NORMAL, "the reference has missing values alone"),
        (NORMAL, NumberSketch().add_many(NORMAL), "a sketch cannot be counted"),
        (NORMAL, None, "not in the batch"),
    ],
)
def test_a_feature_that_cannot_be_seen_is_blind_and_says_why(before: Any, after: Any, why: str) -> None:
    seen = shift(before, after)
    assert seen.state is Standing.BLIND
    assert seen.reason.startswith(why)
    assert seen.psi is seen.q is None


def test_without_a_batch_the_module_is_blind() -> None:
    seen = compare(Reference.of({"x": NORMAL, "y": AGAIN}), None)
    assert (seen.state, seen.reason) == (Standing.BLIND, "x, and 1 more: no batch came")


def test_a_module_without_features_is_blind() -> None:
    assert compare({}, {}).state is Standing.BLIND


ODD: tuple[Any, ...] = (
    [],
    [None] * 100,
    [1] * 100,
    ["a"] * 100,
    [True, False] * 50,
    [10**400, -(10**400)] * 50,
    [float("nan"), float("inf")] * 50,
    [1, "a", None, 2.5, True] * 20,
    [[1, 2], {}, (3,), object()] * 25,
    [1e308, -1e308, 5e-324] * 40,
    np.arange(100).reshape(50, 2)[:, 0],
    np.array([1, 2] * 50, dtype="datetime64[s]"),
    [np.int64(3), np.float32(2)] * 50,
    5,
    "text",
    NameSketch().add_many(["a", "1"] * 100),
    NumberSketch().add_many([1.0, -2.0, 0.0] * 100),
)


@pytest.mark.parametrize("before", ODD, ids=range(len(ODD)))
def test_no_data_is_an_exception(before: Any) -> None:
    for kind in (None, *Kind):
        reference = Reference.of({"x": before}, kinds={"x": kind} if kind else {})
        stored = Reference.load(reference.dump())
        for after in ODD:
            seen = compare(reference, {"x": after})
            assert seen.shifts[0].reason
            assert compare(stored, {"x": after}).state is seen.state


def test_the_mixed_column_is_read_as_names_and_huge_integers_as_no_numbers() -> None:
    assert shift(ODD[7], ODD[7]).kind is Kind.CATEGORICAL
    assert shift(ODD[5], ODD[5]).reason == "the reference has missing values alone"


def test_q_is_that_of_benjamini_and_hochberg() -> None:
    assert adjusted([0.01, 0.04, 0.03, 0.5]).tolist() == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])


def test_the_false_drifts_of_a_module_are_bounded_over_its_features() -> None:
    drifts = 0
    for _ in range(100):
        rows = RANDOM.normal(size=(2, 400, 5))
        drifts += compare(rows[0], rows[1]).state is Standing.DRIFT
    assert drifts <= 5  # 1 of 100 is expected; more than 5 has a chance of 1 in 2,000


def test_sketches_and_raw_rows_agree_where_the_reference_is_made_of_sketches() -> None:
    reference = Reference.of({"x": NumberSketch().add_many(NORMAL)})
    raw = compare(reference, {"x": AGAIN + 0.2}).shifts[0]
    sketched = compare(reference, {"x": NumberSketch().add_many(AGAIN + 0.2)}).shifts[0]
    assert raw == sketched
    assert raw.state is Standing.DRIFT
    assert raw.psi == pytest.approx(shift(NORMAL, AGAIN + 0.2).psi, rel=0.1)


def test_merged_days_are_the_reference_of_all_rows() -> None:
    whole = Reference.of({"x": NORMAL, "c": ["a", "b"] * 5000})
    parts = np.split(NORMAL, 5)
    days = Reference.of_days({day + 1: {"x": part, "c": ["a", "b"] * 1000} for day, part in enumerate(parts)})
    for one, other in zip(whole.features, days.features, strict=True):
        assert (one.bins, one.counts, one.points) == (other.bins, other.counts, other.points)
        assert tuple(np.sum([day.counts for day in other.days], axis=0)) == one.counts


def test_the_limits_say_what_matters() -> None:
    strict = DriftLimits(least_psi=0.0, least_moved=0.0)
    assert compare({"x": NORMAL}, {"x": AGAIN + 0.08}, strict).state is Standing.DRIFT
    lax = DriftLimits(least_psi=1.0, least_moved=0.5)
    assert compare({"x": NORMAL}, {"x": AGAIN + 0.5}, lax).state is Standing.OK
