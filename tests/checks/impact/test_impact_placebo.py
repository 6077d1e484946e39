import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.impact.answered import answered
from checks.impact.placebo import affordable, placebo_dates, too_many
from checks.impact.plan import Plan
from checks.impact.series import Observed
from checks.impact.study import study
from checks.impact.words import tried

from .observed import AFTER, AT, BEFORE, metric, noise, rules, series


@given(st.integers(0, 500), st.integers(1, 300), st.integers(3, 60), st.integers(0, 30))
def test_every_date_has_enough_before_it_and_its_whole_horizon_before_the_deployment(
    before: int, after: int, enough: int, most: int
) -> None:
    horizon, dates = placebo_dates(before, after, enough, most)
    assert horizon <= after
    assert len(dates) <= most
    assert len(set(dates)) == len(dates)
    assert all(enough <= date and date + horizon <= before for date in dates)


def test_a_long_past_carries_the_real_horizon_and_all_dates() -> None:
    horizon, dates = placebo_dates(360, 60, 30, 20)
    assert (horizon, len(dates), dates[0], dates[-1]) == (60, 20, 30, 300)


def test_a_short_past_carries_a_shorter_horizon_or_nothing() -> None:
    assert placebo_dates(80, 40, 30, 20)[0] == 10
    assert placebo_dates(30, 40, 30, 20) == (0, ())


def test_where_no_date_fits_none_is_trusted() -> None:
    told = study(rules(min_pre=BEFORE - 2), [metric(effect=3.0)], AT).metrics[0]
    assert (told.placebo.dates, told.placebo.trusted) == (0, None)
    assert tried(told) == "no placebo dates fit: the past is too short"


@pytest.mark.parametrize(
    ("alarms", "dates", "apart", "unbelievable"),
    [(0, 20, 5, False), (2, 20, 20, False), (4, 20, 20, True), (5, 20, 5, False), (6, 20, 5, True), (0, 0, 0, False)],
)
def test_so_many_alarms_are_too_many(alarms: int, dates: int, apart: int, unbelievable: bool) -> None:
    assert too_many(alarms, dates, apart, 0.05) is unbelievable


def test_a_calm_past_raises_no_more_alarms_than_chance() -> None:
    told = study(rules(), [metric(effect=3.0)], AT).metrics[0]
    assert (told.placebo.dates, told.placebo.horizon, told.placebo.trusted) == (20, 10, True)
    assert told.placebo.alarms <= 2


def test_where_the_past_moves_by_itself_an_effect_is_not_believed() -> None:
    """The prior of R takes neighbouring points for unrelated; here each keeps nine tenths of the one before."""
    wanders = [0.0]
    for shock in noise(5, 300 + AFTER):
        wanders.append(0.9 * wanders[-1] + shock)
    moved = [value + (0 if at < 300 else 20.0) for at, value in enumerate(wanders)]
    observed = Observed("p95", series("p95", moved))
    config = rules(pre_seconds=300 * 60, prior="r")
    told = study(config, [observed], series("p95", moved).times[300]).metrics[0]
    assert told.p is not None
    assert told.p < 0.05
    assert not told.placebo.trusted
    assert (told.outcome, told.reason.partition(":")[0]) == ("no_evidence", "calibration failed")


def test_many_controls_of_a_long_past_leave_room_for_fewer_dates() -> None:
    assert affordable(20, 10_000, 1) == 20
    assert affordable(100, 19_000, 20) == 5


def test_no_placebos_are_asked_for_where_none_are_wanted() -> None:
    config = rules(placebos=0)
    found = answered(config.metrics[0], metric(), Plan.of(config), AT, ())
    assert (found.placebo.dates, found.placebo.trusted, len(found.window.times)) == (0, None, BEFORE + AFTER)
