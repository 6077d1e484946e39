from checks.impact.contamination import Cut, cut
from checks.impact.series import Neighbour

SEEN = [float(minute) for minute in range(0, 6_000, 60)]  # 100 points from 00:00 to 01:39 on
AT = 3_600.0


def test_without_neighbours_nothing_is_cut() -> None:
    assert cut(SEEN, AT, [], 30) == Cut()


def test_the_window_starts_after_an_earlier_deployment_where_enough_is_left() -> None:
    found = cut(SEEN, AT, [Neighbour(1_200.0, "v1")], 30)
    assert (found.first, found.steps) == (1_200.0, ())
    assert found.notes == ("looked at from 01 Jan 00:20 UTC on, when v1 was deployed",)


def test_where_too_little_is_left_the_metric_may_step_there() -> None:
    found = cut(SEEN, AT, [Neighbour(3_000.0, "v2")], 30)
    assert (found.first, found.steps) == (-float("inf"), (3_000.0,))
    assert found.notes == ("allowed to step at 01 Jan 00:50 UTC, when v2 was deployed: too little is left after it",)


def test_of_several_the_latest_that_leaves_enough_starts_the_window() -> None:
    found = cut(SEEN, AT, [Neighbour(at, f"v{at:.0f}") for at in (3_000.0, 600.0, 1_200.0)], 30)
    assert (found.first, found.steps) == (1_200.0, (3_000.0,))


def test_a_later_deployment_ends_the_window() -> None:
    found = cut(SEEN, AT, [Neighbour(5_400.0, "v4"), Neighbour(4_200.0, "v3")], 30)
    assert found.last == 4_200.0
    assert found.notes == ("looked at until 01 Jan 01:10 UTC, when v3 was deployed",)


def test_what_was_deployed_within_the_same_step_shares_the_effect() -> None:
    for moment in (AT - 30, AT, AT + 0.5):
        found = cut([time + 1 for time in SEEN], AT, [Neighbour(moment, "v5")], 30)
        assert (found.first, found.last, found.steps) == (-float("inf"), float("inf"), ())
        assert "v5 was deployed with it" in found.notes[0]


def test_what_lies_outside_of_the_window_is_not_spoken_of() -> None:
    assert cut(SEEN, AT, [Neighbour(-600.0, "v0"), Neighbour(9_000.0, "v9")], 30) == Cut()
