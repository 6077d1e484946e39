from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from program.bounds import MOST_HEADS, Bounds
from program.classify import Trouble
from program.next_step import Over, Signs, Try, Wait, begins, free_at, next_step, recent, settled, unjudged
from program.outcome import Limits, Outcome, Since, outcome
from program.remediation import (
    LONGEST,
    MOST_ATTEMPTS,
    MOST_TRIES,
    Attempted,
    Course,
    Failure,
    Remediation,
    Result,
    Step,
)

NOW = 1_800_000_000.0
HEAD, NEXT = "a" * 40, "b" * 40
BOUNDS = Bounds()
MADE = Remediation(1, "octo/shop", 7, HEAD, NOW, Failure.CONTRACT, "maestro")
LIMITS = Limits(BOUNDS.patience, NOW + LONGEST)


def signs(*failures: Failure, **more: Any) -> Signs:
    return Signs(HEAD, tuple(Trouble(one, f"{one.value} it is") for one in failures), **more)


def attempt(step: Step, result: Result = Result.FAILED, head: str = HEAD, n: int = 1, began: float = NOW) -> Attempted:
    return Attempted(n, step, Failure.CONTRACT, head, f"{n:032x}", began, result=result)


def step(shown: Signs, *made: Attempted, bounds: Bounds = BOUNDS, now: float = NOW) -> Step | Course | None:
    """What is next: a step, an end, or None where it waits."""
    found = next_step(shown, replace(MADE, attempts=made), made, bounds, now)
    return None if isinstance(found, Wait) else found.step if isinstance(found, Try) else found.course


# --- the order -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [Failure.FLAKY, Failure.INFRA, Failure.CONTRACT])
def test_what_failed_runs_again_first(failure: Failure) -> None:
    assert step(signs(failure, rerunnable=True)) is Step.RERUN


def test_a_measurement_outside_is_not_run_again_but_mended() -> None:
    assert step(signs(Failure.CONTRACT)) is Step.AGENT


def test_what_fails_again_is_the_agents() -> None:
    assert step(signs(Failure.CONTRACT, rerunnable=True), attempt(Step.RERUN)) is Step.AGENT


def test_what_fails_by_chance_runs_twice_and_then_the_chance_is_mended() -> None:
    shown = signs(Failure.FLAKY, rerunnable=True)
    assert step(shown, attempt(Step.RERUN)) is Step.RERUN
    assert step(shown, attempt(Step.RERUN), attempt(Step.RERUN, n=2)) is Step.AGENT


def test_what_broke_off_is_never_an_agents() -> None:
    shown = signs(Failure.INFRA, rerunnable=True)
    assert step(shown, attempt(Step.RERUN), attempt(Step.RERUN, n=2)) is Step.RERUN
    assert step(signs(Failure.INFRA)) is Course.HANDED_OVER


def test_an_agents_push_that_fails_is_the_agents_again() -> None:
    shown = replace(signs(Failure.CONTRACT, rerunnable=True), head_sha=NEXT)
    assert step(shown, attempt(Step.AGENT)) is Step.AGENT


def test_a_branch_that_is_behind_is_updated_before_an_agent_is_sent() -> None:
    shown = signs(Failure.CONFLICT, behind=True)
    assert step(shown) is Step.UPDATE
    assert step(shown, attempt(Step.UPDATE, Result.REFUSED)) is Step.AGENT
    assert step(signs(Failure.CONFLICT)) is Step.AGENT


def test_a_package_is_moved_before_an_agent_is_sent() -> None:
    shown = signs(Failure.SBOM, mendable=True)
    assert step(shown) is Step.FIX
    assert step(shown, attempt(Step.FIX)) is Step.AGENT
    assert step(signs(Failure.SBOM)) is Step.AGENT


def test_of_two_troubles_the_cheaper_repair_comes_first() -> None:
    assert step(signs(Failure.CONTRACT, Failure.SBOM, mendable=True)) is Step.FIX


def test_what_only_a_person_can_weigh_is_never_tried() -> None:
    found = next_step(signs(Failure.CONTRACT, Failure.POLICY, rerunnable=True), MADE, (), BOUNDS, NOW)
    assert found == Over(Course.HANDED_OVER, "nothing that we try could help: contract it is; policy it is")


def test_steps_may_be_switched_off() -> None:
    no_rerun = Bounds(steps=frozenset({Step.AGENT}))
    assert step(signs(Failure.FLAKY, rerunnable=True), bounds=no_rerun) is Step.AGENT
    assert step(signs(Failure.CONTRACT), bounds=Bounds(steps=frozenset({Step.RERUN}))) is Course.HANDED_OVER


def test_without_an_arm_people_have_it_and_are_told_so() -> None:
    found = next_step(signs(Failure.CONTRACT, arms=False), MADE, (), BOUNDS, NOW)
    assert found == Over(Course.HANDED_OVER, "the configuration has no arm of an agent to try: contract it is")


def test_a_person_s_change_is_run_again_and_no_agent_sent() -> None:
    assert step(signs(Failure.FLAKY, rerunnable=True, agent=False)) is Step.RERUN
    assert step(signs(Failure.CONTRACT, agent=False)) is Course.HANDED_OVER


# --- the bounds ------------------------------------------------------------------------------------------------


def test_checks_that_run_still_are_no_failure() -> None:
    assert step(signs(Failure.CONTRACT, pending=True)) is None
    assert not begins(signs(Failure.CONTRACT, pending=True), (), BOUNDS)


def test_what_may_ship_is_mended_where_anything_was_tried() -> None:
    assert step(signs(), attempt(Step.RERUN)) is Course.MENDED
    assert next_step(signs(), MADE, (), BOUNDS, NOW) == Over(
        Course.LAPSED, "the change may ship, and nothing was tried"
    )


def test_after_three_attempts_people_have_it() -> None:
    made = [attempt(Step.AGENT, n=n) for n in (1, 2, 3)]
    assert step(signs(Failure.CONTRACT), *made) is Course.HANDED_OVER
    assert step(signs(Failure.CONTRACT), *made[:1], bounds=Bounds(attempts=1)) is Course.HANDED_OVER


def test_attempts_of_an_earlier_remediation_count_for_a_day() -> None:
    lately = recent([replace(MADE, attempts=tuple(attempt(Step.RERUN, n=n) for n in (1, 2, 3)))], NOW + 60)
    again = replace(MADE, id=2, began=NOW + 60)
    assert isinstance(next_step(signs(Failure.CONTRACT), again, lately, BOUNDS, NOW + 60), Over)
    assert recent([replace(MADE, attempts=lately)], NOW + LONGEST) == ()


def test_after_a_day_people_have_it_whatever_is_waited_for() -> None:
    assert step(signs(Failure.CONTRACT, pending=True), now=NOW + LONGEST) is Course.HANDED_OVER
    found = next_step(signs(Failure.CONTRACT), MADE, (), Bounds(seconds=7_200), NOW + 7_200)
    assert found == Over(Course.HANDED_OVER, "2 hours have passed: contract it is")


def test_bots_that_push_for_ever_are_named() -> None:
    shown = signs(Failure.CONTRACT, heads=MOST_HEADS + 1, bots=("a[bot]", "b[bot]"))
    found = next_step(shown, MADE, (), BOUNDS, NOW)
    assert isinstance(found, Over)
    assert found.why == "ping-pong: `a[bot]`, `b[bot]` pushed 7 heads within a day, and no person any"
    assert step(replace(shown, heads=MOST_HEADS)) is Step.AGENT


def test_a_fork_is_only_run_again() -> None:
    assert step(signs(Failure.CONTRACT, rerunnable=True, fork=True)) is Step.RERUN
    found = next_step(signs(Failure.CONTRACT, fork=True), MADE, (), BOUNDS, NOW)
    assert isinstance(found, Over)
    assert found.why.startswith("nothing else can be tried on a fork, where nobody but its owner pushes")


def test_who_asks_waits_and_is_left_after_a_day() -> None:
    asking = replace(MADE, course=Course.ASKING)
    assert next_step(signs(Failure.CONTRACT), asking, (), BOUNDS, NOW) == Wait(NOW + LONGEST)
    found = next_step(signs(Failure.CONTRACT), asking, (), BOUNDS, NOW + LONGEST)
    assert found == Over(Course.UNANSWERED, "nobody said within 24 hours that it may begin")


@pytest.mark.parametrize("course", [Course.LEFT, Course.STOPPED, Course.HANDED_OVER])
def test_what_people_have_in_hand_does_not_begin_again_by_itself(course: Course) -> None:
    assert not begins(signs(Failure.CONTRACT), [replace(MADE, course=course)], BOUNDS)


@pytest.mark.parametrize("course", [Course.MENDED, Course.LAPSED])
def test_what_was_mended_or_lapsed_begins_anew(course: Course) -> None:
    assert begins(signs(Failure.CONTRACT), [replace(MADE, course=course)], BOUNDS)


def test_what_nobody_answered_is_asked_of_the_next_head() -> None:
    unanswered, shown = [replace(MADE, course=Course.UNANSWERED)], signs(Failure.CONTRACT)
    assert not begins(shown, unanswered, BOUNDS)
    assert begins(replace(shown, head_sha=NEXT), unanswered, BOUNDS)


def test_a_head_that_is_never_judged_is_not_waited_for_longer_than_anything() -> None:
    assert unjudged(NEXT, MADE, Bounds(seconds=7_200), NOW + 7_199) is None
    why = "2 hours have passed, and `bbbbbbb` could not be judged"
    assert unjudged(NEXT, MADE, Bounds(seconds=7_200), NOW + 7_200) == Over(Course.HANDED_OVER, why)
    asking = unjudged(NEXT, replace(MADE, course=Course.ASKING), BOUNDS, NOW + LONGEST)
    assert asking is not None
    assert asking.course is Course.UNANSWERED


def test_another_attempt_may_be_made_a_day_after_the_one_that_fills_the_bound() -> None:
    lately = [attempt(Step.AGENT, n=n, began=NOW + n) for n in (1, 2, 3)]
    assert free_at(lately[:2], BOUNDS) == 0.0
    assert free_at(lately, BOUNDS) == NOW + 1 + LONGEST
    assert free_at(lately, Bounds(attempts=1)) == NOW + 3 + LONGEST


def test_a_person_s_change_begins_only_where_everybody_s_do() -> None:
    assert not begins(signs(Failure.CONTRACT, agent=False), (), BOUNDS)
    assert begins(signs(Failure.CONTRACT, agent=False), (), Bounds(everybody=True))


FAILURES = st.lists(st.sampled_from(Failure), min_size=1, max_size=3)
SHOWN = st.builds(
    lambda failures, rerunnable, behind, mendable: signs(
        *failures, rerunnable=rerunnable, behind=behind, mendable=mendable
    ),
    FAILURES,
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
MOMENTS = st.lists(st.tuples(SHOWN, st.floats(0, 20_000), st.sampled_from(Result), st.booleans()), max_size=40)


@given(MOMENTS, st.integers(1, MOST_ATTEMPTS))
def test_never_more_than_three_attempts_a_day_whatever_happens(
    moments: Sequence[tuple[Signs, float, Result, bool]], most: int
) -> None:
    """However it fails, ends and is begun again by whoever asks; what GitHub refused has a bound of its own."""
    bounds, now, every, made = Bounds(attempts=most), NOW, list[Remediation](), MADE
    for shown, seconds, result, anew in moments:
        now += seconds
        found = next_step(shown, made, recent([*every, made], now), bounds, now)
        if isinstance(found, Try):
            one = attempt(found.step, result, n=len(made.attempts) + 1, began=now)
            made = replace(made, attempts=(*made.attempts, one))
        elif isinstance(found, Over) or anew:
            every, made = [*every, made], replace(MADE, began=now)
        assert len(made.attempts) <= MOST_TRIES
        began = [one.began for each in [*every, made] for one in each.attempts if one.counts]
        assert all(sum(0 <= later - first < LONGEST for later in began) <= most for first in began)


@given(MOMENTS)
def test_it_always_ends(moments: Sequence[tuple[Signs, float, Result, bool]]) -> None:
    made, now = MADE, NOW
    for shown, seconds, result, _ in moments:
        now += seconds
        found = next_step(shown, made, made.attempts, BOUNDS, now)
        if not isinstance(found, Try):
            break
        one = attempt(found.step, result, n=len(made.attempts) + 1, began=now)
        made = replace(made, attempts=(*made.attempts, one))
    assert len(made.attempts) <= MOST_ATTEMPTS
    assert isinstance(next_step(signs(Failure.CONTRACT), made, made.attempts, BOUNDS, NOW + LONGEST), Over)


# --- what came of an attempt -----------------------------------------------------------------------------------


def came(made: Attempted, shown: Signs, since: Since = Since(), after: float = 60) -> Outcome | None:  # noqa: B008
    return outcome(made, shown, since, LIMITS, NOW + after)


def result(made: Attempted, shown: Signs, since: Since = Since(), after: float = 60) -> Result | None:  # noqa: B008
    found = came(made, shown, since, after)
    return found.result if found else None


RERUN, AGENT = attempt(Step.RERUN, Result.OPEN), attempt(Step.AGENT, Result.OPEN)
BAD = signs(Failure.CONTRACT)


def test_a_rerun_that_passes_has_mended_it() -> None:
    assert result(RERUN, signs()) is Result.MENDED


def test_a_rerun_has_failed_once_it_has_ended() -> None:
    assert result(replace(RERUN, run=5), BAD) is None
    assert result(replace(RERUN, run=5), BAD, Since(ran_on=True)) is Result.FAILED
    assert result(replace(RERUN, run=5), replace(BAD, pending=True), Since(ran_on=True)) is None


def test_a_check_of_another_app_has_time_to_begin() -> None:
    assert result(RERUN, BAD) is None
    assert result(RERUN, BAD, after=121) is Result.FAILED


def test_a_push_with_the_trace_is_measured() -> None:
    pushed = Since(moved=True, ours=True)
    assert result(AGENT, replace(BAD, pending=True), pushed) is None
    assert result(AGENT, BAD, pushed) is Result.FAILED
    assert result(AGENT, signs(), pushed) is Result.MENDED


def test_a_person_who_pushes_takes_over() -> None:
    found = came(AGENT, BAD, Since(moved=True, who="alice", person=True))
    assert found == Outcome(Result.OVERTAKEN, "`alice` pushed `aaaaaaa` first", left=True)


def test_another_bot_that_pushes_overtakes_it_and_takes_nothing_over() -> None:
    found = came(AGENT, signs(), Since(moved=True, who="renovate[bot]"))
    assert found is not None
    assert (found.result, found.left) == (Result.OVERTAKEN, False)


def test_an_agent_that_says_nothing_is_silent_after_its_patience() -> None:
    assert result(AGENT, BAD, after=3_599) is None
    assert came(AGENT, BAD, after=3_600) == Outcome(Result.SILENT, "nothing came of it within 60 minutes")


@pytest.mark.parametrize(
    ("end", "what"), [("cancelled", Result.INFRA), ("failure", Result.FAILED), ("success", Result.FAILED)]
)
def test_an_agents_run_that_ended_without_a_push(end: str, what: Result) -> None:
    assert result(AGENT, BAD, Since(run=end, ended=NOW)) is None, "its push may not have been heard of yet"
    assert result(AGENT, BAD, Since(run=end, ended=NOW), after=120) is what


def test_a_fix_that_a_person_closed_has_failed() -> None:
    fix = attempt(Step.FIX, Result.OPEN)
    assert result(fix, BAD, Since(fix="open")) is None
    assert result(fix, BAD, Since(fix="closed")) is Result.FAILED


def test_what_is_pending_for_ever_is_given_up_when_the_time_is_up() -> None:
    assert result(AGENT, replace(BAD, pending=True), Since(moved=True, ours=True), after=LONGEST) is Result.SILENT


def test_what_others_spoiled_says_nothing_of_an_arm() -> None:
    assert [one for one in Result if settled(one)] == [Result.MENDED, Result.FAILED, Result.SILENT]
