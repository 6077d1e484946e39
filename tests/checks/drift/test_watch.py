"""A watch over days: a drift is proven, dated, and ended; chance, silence and thin days are told as what they are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from checks.drift import DriftLimits, Reference, Standing, Watch, WatchError, advance, begin, dump_watch, load_watch
from checks.drift.reference import Features

FIRST = 739_000  # a Monday of some year, as of `date.toordinal`
RANDOM = np.random.default_rng(8)


def rows(number: int = 500, moved: float = 0.0) -> Features:
    """A column of which `moved` of the rows went from the lowest tenth to the highest, and one that stays."""
    x = RANDOM.random(number)
    going = (x < 0.1) & (RANDOM.random(number) < moved / 0.1)
    return {"x": np.where(going, x + 0.9, x), "y": RANDOM.choice(["a", "b", "c"], number)}


REFERENCE = Reference.of(rows(15_000))
BEGIN = RANDOM.bit_generator.state


@pytest.fixture(autouse=True)
def _same_draws_in_each_test() -> None:
    RANDOM.bit_generator.state = BEGIN


def days(reference: Reference, *batches: Features | None, since: int = FIRST) -> Iterator[Watch]:
    watch = begin(reference)
    for day, batch in enumerate(batches, start=since):
        watch = advance(watch, reference, day, batch)
        yield watch


def test_a_shift_of_three_points_is_proven_within_ten_days_and_dated() -> None:
    course = list(days(REFERENCE, *(rows() for _ in range(8)), *(rows(moved=0.03) for _ in range(10))))
    assert course[7].state in {Standing.OK, Standing.WATCH}
    seen = course[-1].features[0]
    assert (course[-1].state, seen.state) == (Standing.DRIFT, Standing.DRIFT)
    assert seen.first is not None
    assert abs(seen.first - (FIRST + 8)) <= 2
    assert seen.proven is not None
    assert seen.proven < FIRST + 18
    assert "of the rows became" in seen.reason
    assert course[-1].features[1].state is Standing.OK


def test_it_ends_after_a_clean_week_and_not_before() -> None:
    moved = [rows(moved=0.1) for _ in range(3)]
    course = list(days(REFERENCE, *moved, *(rows() for _ in range(7))))
    states = [watch.features[0].state for watch in course]
    assert states[2] is states[6] is Standing.DRIFT
    assert states[9] is Standing.OK
    ended = states.index(Standing.OK, 3)
    assert course[ended].features[0].reason == "no drift any more in 7 days"
    after = advance(course[9], REFERENCE, FIRST + 10, rows())
    assert after.features[0].state is Standing.OK


@pytest.mark.parametrize("moved", [0.03, 0.05])
def test_a_drift_that_stays_does_not_end_though_no_week_need_prove_it(moved: float) -> None:
    course = list(days(REFERENCE, *(rows(moved=moved) for _ in range(40))))
    states = [watch.features[0].state for watch in course]
    assert set(states[states.index(Standing.DRIFT) :]) == {Standing.DRIFT}


def test_a_week_of_few_rows_is_no_proof_that_it_is_over_and_many_rows_are() -> None:
    *_, drifts = days(REFERENCE, *(rows(moved=0.1) for _ in range(3)))
    thin = wide = drifts
    for day in range(FIRST + 3, FIRST + 10):
        thin, wide = advance(thin, REFERENCE, day, rows(3)), advance(wide, REFERENCE, day, rows())
    assert thin.features[0].state is Standing.DRIFT
    assert wide.features[0].state is Standing.OK


def test_silence_is_blind_and_a_drift_stays_one_in_silence() -> None:
    quiet, silent = days(REFERENCE, rows(), None)
    assert quiet.state is Standing.OK
    assert (silent.state, silent.features[0].reason) == (Standing.BLIND, "no batch came")
    assert silent.features[0].days == quiet.features[0].days
    *_, still = days(REFERENCE, *(rows(moved=0.1) for _ in range(3)), None)
    assert still.features[0].state is Standing.DRIFT


def test_a_thin_day_is_blind_and_its_rows_count_all_the_same() -> None:
    *_, watch = days(REFERENCE, rows(), rows(10))
    assert (watch.state, watch.features[0].reason) == (Standing.BLIND, "10 rows, fewer than 50")
    assert len(watch.features[0].days) == 2


def test_all_missing_is_blind_at_once_or_proven_as_a_drift() -> None:
    (watch,) = days(REFERENCE, {"x": [None] * 500, "y": ["a", "b", "c"] * 100})
    assert watch.features[0].state is Standing.DRIFT
    assert watch.features[0].reason == "missing: 0 % of the rows became 100 %"


def test_a_day_that_is_not_after_the_last_changes_nothing() -> None:
    (watch,) = days(REFERENCE, rows())
    assert advance(watch, REFERENCE, FIRST, rows(moved=0.1)) is watch


def test_it_goes_on_from_what_was_kept() -> None:
    *_, watch = days(REFERENCE, *(rows() for _ in range(3)))
    batch = rows()
    kept = load_watch(dump_watch(watch), Reference.load(REFERENCE.dump()))
    assert kept == watch
    assert advance(kept, REFERENCE, FIRST + 3, batch) == advance(watch, REFERENCE, FIRST + 3, batch)


@pytest.mark.parametrize("text", ["", "{}", '{"version": 2}', "[" * 10_000])
def test_what_is_no_watch_is_refused(text: str) -> None:
    with pytest.raises(WatchError):
        load_watch(text, REFERENCE)


def test_a_watch_of_another_reference_is_refused() -> None:
    with pytest.raises(WatchError, match="another reference"):
        load_watch(dump_watch(begin(Reference.of(rows(100)))), REFERENCE)


def test_a_trifle_of_many_rows_is_no_drift() -> None:
    reference = Reference.of(rows(200_000))
    *_, watch = days(reference, *(rows(50_000, moved=0.004) for _ in range(4)))
    assert watch.features[0].p < 0.01
    assert (watch.features[0].state, watch.features[0].reason) == (Standing.OK, "moved by less than matters")
    *_, watch = days(reference, *(rows(50_000, moved=0.04) for _ in range(2)))
    assert watch.features[0].state is Standing.DRIFT
    assert DriftLimits().least_moved == 0.03
