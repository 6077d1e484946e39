"""What counters added up to, tick by tick, whatever happens to the processes that count."""

from collections.abc import Sequence
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sources.counters import Sample, Series, Window, reading
from app.sources.errors import BadAnswer

WINDOW = Window(start=1_000, seconds=30, ticks=4)  # 1000, 1030, 1060, 1090, 1120


def series(*samples: tuple[float, float], instance: str = "a", **labels: str) -> Series:
    named = {"instance": instance, "job": "web", **labels}
    return Series(tuple(sorted(named.items())), tuple(Sample(at, value) for at, value in samples))


def counts(*every: Series, beside: Sequence[Series] = ()) -> list[float | None]:
    return list(reading({"it": every, "beside": beside}, WINDOW).counts["it"])


def test_each_difference_is_in_the_tick_of_its_later_sample() -> None:
    first, second = [(985, 100), (1000, 110), (1015, 115), (1030, 120)], [(1045, 121), (1060, 121)]
    assert counts(series(*first, *second, (1090, 124), (1105, 130), (1120, 131))) == [10, 1, 3, 7]


def test_what_comes_after_the_window_or_before_it_is_in_no_tick() -> None:
    around = [(990, 0), (1000, 60)], [(1135, 99)]
    assert counts(series(*around[0], (1015, 61), (1045, 62), (1075, 63), (1110, 64), *around[1])) == [1, 1, 1, 1]


def test_a_reset_counts_what_was_added_since() -> None:
    found = reading({"it": [series((1000, 90), (1015, 100), (1045, 7), (1075, 9), (1105, 9))]}, WINDOW)
    assert list(found.counts["it"]) == [10, 7, 2, 0]
    assert found.resets == 1


def summed(*values: float, **labels: str) -> Series:
    """A recorded sum over processes, told each 15 seconds."""
    return Series(tuple(sorted(labels.items())), tuple(Sample(985.0 + 15 * at, v) for at, v in enumerate(values)))


def test_a_sum_that_falls_counts_nothing_at_that_moment_for_a_process_has_left() -> None:
    total = summed(
        1e6, 1e6 + 100, 1e6 + 200, 9e5 + 300, 9e5 + 400, 9e5 + 500, 9e5 + 600, 9e5 + 700, 9e5 + 800, 9e5 + 900
    )
    bad = summed(1e4, 1e4 + 1, 1e4 + 2, 9e3 + 3, 9e3 + 4, 9e3 + 5, 9e3 + 6, 9e3 + 7, 9e3 + 8, 9e3 + 9, code="500")
    found = reading({"total": [total], "bad": [bad]}, WINDOW)
    assert found.counts == {"total": (100, 200, 200, 200), "bad": (1, 2, 2, 2)}
    assert (found.resets, found.unplaced, found.spans) == (0, 2, (15, 30, 30, 30))


def test_a_sum_that_falls_leaves_out_what_was_told_with_it() -> None:
    total = summed(500, 600, 700, 300, 400, 500, 600, 700, 800, 900, job="web")
    bad = summed(7, 8, 9, 10, 11, 12, 13, 14, 15, 16, job="web", code="500")
    found = reading({"total": [total], "bad": [bad]}, WINDOW)
    assert found.counts == {"total": (100, 200, 200, 200), "bad": (1, 2, 2, 2)}, (
        "two of the bad would be of one hundred"
    )


def test_a_sum_that_falls_in_each_scrape_of_a_tick_leaves_it_unknown() -> None:
    assert counts(summed(900, 950, 800, 700, 710, 720, 730, 740, 750, 760)) == [None, 20, 20, 20]


def test_processes_add_up() -> None:
    one = series((1000, 5), (1020, 6), (1050, 7), (1080, 8), (1110, 9))
    other = series((1000, 100), (1020, 110), (1050, 120), (1080, 130), (1110, 140), instance="b")
    assert counts(one, other) == [11, 11, 11, 11]


def test_the_first_error_of_a_process_that_was_scraped_before_counts() -> None:
    total = series((1000, 50), (1015, 60), (1045, 70), (1075, 80), (1105, 90))
    error = series((1045, 1), (1075, 3), (1105, 3), code="500")
    assert counts(error, beside=[total]) == [0, 1, 2, 0]


def test_what_a_new_process_counted_before_anybody_looked_does_not_count() -> None:
    old = series((1000, 50), (1015, 60), (1045, 70), (1075, 80), (1105, 90))
    new = series((1045, 4_000), (1075, 4_010), (1105, 4_030), instance="b")
    assert counts(old, new) == [10, 10, 20, 30]


def test_a_tick_without_a_scrape_is_missing_and_not_zero() -> None:
    assert counts(series((1000, 5), (1015, 6), (1091, 9), (1106, 10), (1120, 11))) == [1, None, None, 2]
    assert counts() == [None] * 4


def test_what_was_added_over_a_long_gap_is_in_no_tick() -> None:
    found = reading({"it": [series((1000, 5), (1015, 6), (1091, 900), (1106, 901), (1120, 901))]}, WINDOW)
    assert (found.unplaced, list(found.counts["it"])) == (1, [1, None, None, 1])


def test_no_error_is_zero_errors_where_the_process_is_scraped() -> None:
    total = series((1000, 50), (1015, 60), (1045, 70), (1105, 90))
    assert counts(beside=[total]) == [0, 0, None, 0]


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_a_tick_of_a_value_that_is_no_number_is_missing_and_not_zero(value: float) -> None:
    assert counts(series((1000, 5), (1015, value), (1020, 8), (1045, 9), (1075, 9), (1105, 9))) == [None, 1, 0, 0]
    assert counts(series((1000, 5), (1015, 6), (1045, value), (1075, 8), (1105, 9))) == [1, None, None, 1]


def test_errors_that_are_no_number_are_not_none_beside_requests_that_are() -> None:
    at = (1000, 1015, 1045, 1075, 1105)
    total = series(*((moment, moment) for moment in at))
    from_the_start = series(*((moment, nan) for moment in at), code="500")
    in_the_middle = series((1000, 1), (1015, 2), (1045, 3), (1075, nan), (1105, nan), code="500")
    found = reading({"total": [total], "bad": [from_the_start]}, WINDOW)
    assert found.counts == {"total": (None,) * 4, "bad": (None,) * 4}
    found = reading({"total": [total], "bad": [in_the_middle]}, WINDOW)
    assert found.counts == {"total": (15, 30, None, None), "bad": (1, 1, None, None)}


def test_what_adds_up_to_no_number_is_refused() -> None:
    with pytest.raises(BadAnswer, match="`it` adds up to no number"):
        counts(series((1000, -1.7e308), (1015, 1.7e308)))


def test_what_began_to_be_added_before_the_experiment_did_is_in_no_tick_and_makes_none_longer() -> None:
    total = series((995, 0), (1010, 70), (1025, 90), (1040, 95), (1055, 99))
    error = series((1010, 7), (1025, 9), (1040, 9), (1055, 9), code="500")
    found = reading({"total": [total], "bad": [error]}, Window(1_000, 30, 2, since=1_001))
    assert (found.counts["total"], found.counts["bad"], found.spans) == ((20, 9), (2, 0), (15, 30))


def test_a_tick_is_as_long_as_the_time_between_the_scrapes_that_it_counts() -> None:
    late = series((995, 0), (1010, 1), (1025, 2), (1040.5, 3), (1055, 4), (1070, 5), (1090.5, 6), (1105, 7))
    assert reading({"it": [late]}, WINDOW).spans == (30, 30, 15, 35)


def test_the_length_of_a_tick_is_the_mean_over_its_processes_for_the_time_that_they_were_there() -> None:
    one, other = series((1000, 5), (1030, 6), (1060, 7)), series((1010, 5), (1020, 6), instance="b")
    assert reading({"it": [one], "bad": [one, other]}, WINDOW).spans == (24, 30, 0, 0)


@given(
    added=st.lists(st.integers(0, 50), min_size=1, max_size=60),
    resets=st.sets(st.integers(1, 59)),
    step=st.sampled_from([5, 10, 15, 30]),
)
def test_nothing_is_lost_or_counted_twice(added: list[int], resets: set[int], step: int) -> None:
    at, value, samples = 1_000.0, 7.0, [(1_000.0, 7.0)]
    expected = [0] * 4
    for number, more in enumerate(added):
        at += step
        if number in resets and more < value:
            value = 0.0
        value += more
        samples.append((at, value))
        tick = WINDOW.tick(at)
        if tick is not None:
            expected[tick] += more
    found = counts(series(*samples))
    unfinished = at < WINDOW.end
    assert [count or 0 for count in found[: 3 if unfinished else 4]] == expected[: 3 if unfinished else 4]
    assert found[3] in {None, expected[3]}


@pytest.mark.parametrize(
    ("at", "tick"), [(1000, None), (1000.001, 0), (1030, 0), (1030.001, 1), (1120, 3), (1120.001, None)]
)
def test_a_tick_holds_its_end_and_not_its_start(at: float, tick: int | None) -> None:
    assert WINDOW.tick(at) == tick


EVERY_15 = [985.0 + 15 * scrape for scrape in range(10)]  # to 1120


def scraped(*lost: float, instance: str = "a", since: float = 0.0) -> Series:
    """One request a second, scraped each 15 seconds but for the scrapes that were `lost`."""
    return series(*((at, at) for at in EVERY_15 if at >= since and at not in lost), instance=instance)


def test_a_lost_scrape_leaves_a_short_tick_and_a_long_one_and_says_so() -> None:
    found = reading({"it": [scraped(1060)]}, WINDOW)
    assert (list(found.counts["it"]), found.spans) == ([30, 15, 45, 30], (30, 15, 45, 30))


def test_the_newest_tick_is_not_known_while_its_last_scrape_may_be_on_its_way() -> None:
    found = reading({"it": [scraped(1120)]}, WINDOW)
    assert list(found.counts["it"]) == [30, 30, 30, None]
    many = [scraped(*((1120,) if number == 3 else ()), instance=str(number)) for number in range(20)]
    assert counts(*many)[3] is None, "whichever process it is of"


def test_a_process_that_begins_is_not_missed_where_another_served_and_is_where_none_did() -> None:
    new = scraped(since=1045, instance="b")
    assert reading({"it": [scraped(), new]}, WINDOW).spans == (30, 30, 30, 30)
    assert reading({"it": [new]}, WINDOW).spans == (0, 15, 30, 30)
    assert counts(new) == [None, 15, 30, 30]


def test_scrapes_that_are_further_apart_than_two_ticks_count_nothing() -> None:
    found = reading({"it": [series((1000, 5), (1065, 90), (1110, 99))]}, Window(1_000, 20, 6))
    assert (list(found.counts["it"]), found.unplaced) == ([None] * 6, 2)
