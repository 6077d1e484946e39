"""What is done about a failing change, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.render.remediated import cost, said, telling, told, tone, word
from app.render.words import lasted
from program.remediation import Course, Failure, Result, Step

from .remedied import ASKING, BEGAN, COURSES, HANDED_OVER, LEFT, MENDED, RERUN, SMALL, STOPPED, WORKING, spoilt

URL = "https://github.com/acme/shop/pull/7"


def test_while_an_arm_tries_it_says_which_attempt_it_is_why_that_arm_until_when_and_how_to_stop_it() -> None:
    assert said(WORKING) == (
        "attempt 3 of at most 3: arm `impl@medium`: $0.25, expected chain $0.34"
        " · until 2026-11-23 07:40 UTC at the latest · `/maestro remediate stop`"
    )


def test_an_arm_of_which_nothing_is_expected_is_named() -> None:
    silent = replace(WORKING, attempts=(replace(WORKING.attempts[-1], n=1, expected=""),))
    assert said(silent).startswith("attempt 1 of at most 3: `impl@medium` tries · ")


@pytest.mark.parametrize(
    ("step", "what"),
    [(Step.RERUN, "what failed runs again"), (Step.UPDATE, "the base is merged"), (Step.FIX, "a fix is proposed")],
)
def test_what_is_no_arm_is_said_as_what_it_does(step: Step, what: str) -> None:
    first = replace(RERUN, step=step, result=Result.OPEN, ended=None)
    assert said(replace(WORKING, attempts=(first,))).startswith(f"attempt 1 of at most 3: {what}")


def test_between_two_attempts_it_names_the_next() -> None:
    assert said(replace(WORKING, attempts=(RERUN,))).startswith("attempt 2 of at most 3 is about to begin · until ")


def test_the_bounds_are_those_of_its_beginning_and_what_never_was_is_no_attempt() -> None:
    refused = replace(RERUN, result=Result.REFUSED)
    hour = replace(WORKING, attempts=(refused,), most=1, seconds=3_600.0)
    assert said(hour).startswith("attempt 1 of at most 1 is about to begin · until 2026-11-22 08:40 UTC at the latest")


def test_one_that_waits_for_a_maintainer_says_what_they_may_write() -> None:
    assert said(ASKING) == "waits for the word of a maintainer · `/maestro remediate`"
    assert said(replace(ASKING, why="the change is a fork's.")) == "the change is a fork's · `/maestro remediate`"


def test_what_was_mended_says_by_which_attempt_after_how_long_and_for_how_much() -> None:
    assert said(MENDED) == "mended by attempt 3 (`impl@medium`) after 14 min · $0.33"


def test_what_mends_itself_without_an_attempt_names_none() -> None:
    assert said(replace(MENDED, attempts=())) == "mended after 14 min"


def test_what_was_handed_over_says_why_and_what_it_cost() -> None:
    assert said(HANDED_OVER) == (
        "handed over to people: 3 attempts failed; it is a draft now, with the label `needs-human`"
        " · $0.08 as far as it was reported"
    )


def test_a_person_who_stopped_it_or_took_over_is_said_once() -> None:
    assert said(STOPPED).startswith("stopped by alice · 3 attempts")
    assert said(LEFT).startswith("left to a person: octocat pushed to it · ")


def test_of_what_nobody_reported_no_cost_is_said() -> None:
    assert cost(replace(MENDED, attempts=(replace(SMALL, usd=None),))) == ""
    assert cost(replace(MENDED, attempts=(replace(SMALL, usd=0.0),))) == "$0.00"
    assert cost(replace(MENDED, attempts=(replace(SMALL, usd=0.0042),))) == "$0.0042"


def test_what_was_mended_tells_nothing_of_a_change_that_fails_again_nor_a_failed_repair_of_one_that_ships() -> None:
    assert telling(None, ships=True) == ""
    assert telling(MENDED, ships=False) == ""
    assert telling(HANDED_OVER, ships=True) == ""
    assert telling(STOPPED, ships=True) == ""
    assert telling(MENDED, ships=True) == said(MENDED)
    assert telling(HANDED_OVER, ships=False) == said(HANDED_OVER)
    assert telling(WORKING, ships=False) == telling(WORKING, ships=True) == said(WORKING)


def test_every_attempt_is_told_with_its_run_on_the_pages_of_the_pull_request() -> None:
    first, second, third = told(MENDED, URL)
    assert (first.step, first.failure, first.result, first.tone) == (
        "what failed runs again",
        "flaky",
        "fails still",
        "bad",
    )
    assert second.run == "https://github.com/acme/shop/actions/runs/42"
    assert (second.step, second.usd, second.note) == (
        "`impl@small` tries",
        0.08,
        "`perf_p95_ms` is 255 ms, limit < 250",
    )
    assert (third.result, third.tone, third.n) == ("mended", "good", 3)


def test_a_run_without_a_pull_request_page_has_no_link() -> None:
    assert {one.run for one in told(MENDED, "")} == {""}


@pytest.mark.parametrize("course", Course)
def test_each_course_has_its_word_and_tone(course: Course) -> None:
    one = replace(WORKING, course=course)
    assert word(one)
    assert tone(one) in {"good", "bad", "open", "calm"}
    assert (tone(one) == "good") is (course is Course.MENDED)


@pytest.mark.parametrize("failure", Failure)
@pytest.mark.parametrize("result", Result)
def test_each_failure_and_result_has_its_word(failure: Failure, result: Result) -> None:
    (one,) = told(replace(WORKING, attempts=(replace(RERUN, failure=failure, result=result),)), URL)
    assert one.failure
    assert one.result
    assert (one.tone == "good") is (result is Result.MENDED)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59, "59 s"), (840, "14 min"), (7_199, "119 min"), (7_200, "2 h")]
)
def test_a_time_is_said_as_people_say_it(seconds: float, text: str) -> None:
    assert lasted(seconds) == text


@pytest.mark.parametrize("course", Course)
def test_what_anybody_wrote_stays_one_line_of_bounded_length(course: Course) -> None:
    hostile = "`x` \n\r\u202e" + "y" * 10_000
    text = said(spoilt(hostile, course))
    assert len(text) < 700
    assert text.isprintable()
    assert all(len(one.note) <= 300 and "`" not in one.arm for one in told(spoilt(hostile), URL))


def test_one_remediation_of_each_course_is_there_to_be_shown() -> None:
    assert {one.course for one in COURSES.values()} == set(Course)
    assert all(one.began == BEGAN for one in COURSES.values())
