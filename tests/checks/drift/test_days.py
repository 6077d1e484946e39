"""From days of sketches to what is told of a module, and when that is worth an alarm."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from checks.drift.alarm import Acted, Alarm, Course, after, dump, load, shown
from checks.drift.block import Config, Module
from checks.drift.days import NotFull, frozen, opening, renewed
from checks.drift.silence import silence
from tests.checks.drift.module import FIRST, RANKING, day_of_rows, over_days, states, told_of

SILENT = (FIRST + 9, "no batch came for 30 hours")


# --- which days count --------------------------------------------------------------------------------------------


def test_the_first_days_with_enough_rows_are_the_reference() -> None:
    days = dict(over_days(9)) | {FIRST + 2: day_of_rows(2, rows=10)}
    assert opening(RANKING, days, FIRST + 9) == (FIRST, FIRST + 7)
    assert [day.day for day in frozen(RANKING, days, FIRST, FIRST + 7).features[0].days] == [
        FIRST + at for at in (0, 1, 3, 4, 5, 6, 7)
    ]


def test_until_they_are_full_it_is_told_how_many_there_are() -> None:
    with pytest.raises(NotFull, match="3 of 7 days"):
        opening(RANKING, over_days(4), FIRST + 3)


def test_days_that_are_named_are_taken_once_the_last_is_over() -> None:
    rules = RANKING.model_validate(
        RANKING.model_dump(mode="json") | {"reference": {"first": "2026-11-01", "last": "2026-11-03"}}
    )
    first, last = opening(rules, {}, FIRST + 2_000)
    assert last - first == 2
    with pytest.raises(NotFull, match="not over"):
        opening(rules, {}, last)


def test_another_reference_is_of_the_newest_days() -> None:
    assert renewed(RANKING, over_days(10), FIRST + 10) == (FIRST + 3, FIRST + 9)


# --- what they say -----------------------------------------------------------------------------------------------


def test_days_as_the_reference_are_well() -> None:
    assert states(told_of(over_days(17))) == ["ok"] * 10


def test_a_shift_is_told_with_its_first_day_its_feature_and_its_bins() -> None:
    said = told_of(over_days(10, moved=2))
    assert states(said) == ["ok", "ok", "ok", "drift", "drift"]
    worst = said[-1].features[0]
    assert (worst.name, worst.first, said[-1].first) == ("price", FIRST + 10, FIRST + 10)
    assert worst.psi is not None
    assert worst.threshold is not None
    assert worst.psi > 10 * worst.threshold
    assert sum(one.after for one in worst.bins) > sum(one.before for one in worst.bins)
    assert worst.rows == 1_000  # of the two days since it began


def test_the_role_of_a_feature_is_told() -> None:
    said = told_of(over_days(8))[0]
    assert {one.name: one.role for one in said.features} == {"price": "input", "card": "output"}


def test_a_day_with_too_few_rows_says_nothing() -> None:
    days = dict(over_days(8)) | {FIRST + 8: day_of_rows(8, rows=10)}
    assert states(told_of(days)) == ["ok", "blind"]


# --- when it is worth an alarm -----------------------------------------------------------------------------------


def test_a_drift_is_an_alarm_since_the_day_it_began_and_ends_with_it() -> None:
    said = told_of(over_days(10, moved=2))
    course = after(Course(), said[:3], None, "")
    assert (course.alarm, course.episode) == (Alarm.NONE, 0)
    course = after(course, said, None, "")
    assert (course.alarm, course.episode, course.since) == (Alarm.DRIFT, 1, FIRST + 10)
    assert after(course, said, None, "").episode == 1
    over = after(course, said[:3], None, "")
    assert (over.alarm, over.episode) == (Alarm.NONE, 1)


def test_silence_is_an_alarm_and_a_drift_goes_on_in_silence() -> None:
    said = told_of(over_days(10, moved=2))
    blind = after(Course(), said[:3], SILENT, "")
    assert (blind.state, blind.alarm, blind.since, blind.reason) == ("blind", "blind", *SILENT)
    drifts = after(blind, said, SILENT, "")
    assert (drifts.state, drifts.alarm, drifts.episode) == ("drift", "drift", 2)
    assert drifts.reason.endswith("; no batch came for 30 hours")


def test_one_day_that_says_nothing_is_no_alarm_and_two_are() -> None:
    days = dict(over_days(8)) | {FIRST + at: day_of_rows(at, rows=10) for at in (8, 9)}
    said = told_of(days)
    assert after(Course(), said[:-1], None, "").alarm is Alarm.NONE
    course = after(Course(), said, None, "")
    assert (course.alarm, course.since) == (Alarm.BLIND, FIRST + 8)


def test_a_blind_alarm_is_there_since_the_first_blind_day_however_long_it_lasts() -> None:
    days = dict(over_days(8)) | {FIRST + at: day_of_rows(at, rows=10) for at in range(8, 13)}
    said, course = told_of(days), Course()
    for last in range(2, len(said) + 1):
        course = after(course, said[last - 2 : last], None, "")
    assert (course.alarm, course.since, course.episode) == (Alarm.BLIND, FIRST + 8, 1)


def test_a_module_that_gathers_its_reference_is_blind_and_no_alarm() -> None:
    course = after(Course(), (), None, "the reference is being gathered: 3 of 7 days")
    assert (course.state, course.alarm) == ("blind", "")
    assert course.reason == "the reference is being gathered: 3 of 7 days"


def test_a_new_alarm_forgets_what_was_done_about_the_last_but_the_issue() -> None:
    said = told_of(over_days(10, moved=2))
    course = after(Course(), said, None, "")
    acted = replace(course, acted=Acted(issue=7, pull=8, said="x"))
    assert acted.acted.pull == 8
    again = after(after(acted, said[:3], None, ""), said, None, "")
    assert (again.acted.issue, again.acted.pull, again.episode) == (7, None, 2)


def test_a_course_comes_back_as_it_was_and_is_shown_in_json_s_own_types() -> None:
    course = after(Course(), told_of(over_days(10, moved=1)), None, "")
    assert load(dump(course)) == course
    told = shown(dump(course), [])
    assert (told["state"], told["since"], told["first"]) == ("drift", told["features"][0]["first"], told["since"])


@pytest.mark.parametrize(("hours", "silent"), [(25.0, False), (27.0, True)])
def test_a_module_may_be_silent_for_as_long_as_its_rules_say(hours: float, silent: bool) -> None:
    found = silence(RANKING, 0.0, 3_600.0, (1 + hours) * 3_600.0)
    assert (found is not None) is silent


def test_a_module_of_which_nothing_ever_came_is_silent_since_it_is_watched() -> None:
    assert silence(RANKING, 0.0, None, 30 * 3_600.0) == (719163, "no batch ever came for 30 hours")


# --- the block ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "says"),
    [
        ({"name": "a b"}, "pattern"),
        ({"name": "a", "features": [{"name": "x", "kind": "numeric"}] * 2}, "the feature 'x' stands there twice"),
        ({"name": "a", "features": [{"name": "x", "kind": "text"}]}, "'numeric' or 'categorical'"),
        ({"name": "a", "reference": {"first": "2026-11-01"}}, "belong together"),
        ({"name": "a", "reference": {"first": "2026-11-03", "last": "2026-11-01"}}, "`last` comes 1 to 27 days after"),
        ({"name": "a", "reference": {"first": "soon", "last": "2026-11-01"}}, "'soon' is no day"),
        ({"name": "a", "remediation": {"files": [{"prepared": "../x", "live": "y"}]}}, "no path within"),
        ({"name": "a", "remediation": {"workflow": "a/b.yml"}}, "pattern"),
        ({"name": "a", "colour": 1}, "Extra inputs"),
    ],
)
def test_what_a_module_cannot_be_is_told(module: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Module.model_validate(module)


def test_a_module_has_its_name_alone() -> None:
    with pytest.raises(ValidationError, match="'a' stands there twice"):
        Config.model_validate({"modules": [{"name": "a"}, {"name": "a"}]})
