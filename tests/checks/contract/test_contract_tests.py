"""`tests: pass`: many check runs, one answer."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from checks.contract import evaluate
from checks.model import CheckResult, Missing, State, TestRun

from .facts import GREEN_RUN, HEAD, config, snapshot


def run(name: str, conclusion: str = "success", status: str = "completed") -> TestRun:
    return TestRun(name, status, conclusion, f"https://ci.example/{name}")


def running(name: str, status: str = "in_progress") -> TestRun:
    return run(name, "", status)


def judged(*runs: TestRun, include: list[str] | None = None, exclude: list[str] | None = None) -> CheckResult:
    selection = {"include": include or ["*"], "exclude": exclude or []}
    return evaluate(snapshot(runs=runs), config({"tests": "pass"}, tests=selection), {})


def test_green_tests_pass_and_show_how_many() -> None:
    result = judged(run("unit"), run("lint"), run("docs", "skipped"))
    (measure,) = result.measures
    assert (result.state, result.title, result.reasons) == (State.PASS, "1 postcondition holds", ())
    assert (measure.name, measure.value, measure.limit, measure.n) == ("tests", "pass", "pass", 3)
    assert measure.evidence == "https://ci.example/lint"
    assert result.detail["contracts"][0]["lines"][0]["text"] == "2 of 3 tests passed"


@pytest.mark.parametrize(
    "conclusion", ["timed_out", "cancelled", "action_required", "startup_failure", "stale", "tomorrow's", ""]
)
def test_every_other_end_of_a_run_is_a_failure_and_says_which(conclusion: str) -> None:
    result = judged(run("unit", conclusion), GREEN_RUN)
    assert (result.state, result.title) == (State.BLOCK, f"1 of 2 tests failed: unit ({conclusion or 'no conclusion'})")


def test_a_failure_blocks_names_the_test_and_links_it() -> None:
    result = judged(run("unit", "failure"))
    (measure,) = result.measures
    assert (result.state, result.title) == (State.BLOCK, "1 of 1 test failed: unit")
    assert (measure.value, measure.state, measure.n) == ("fail", State.BLOCK, 1)
    assert measure.evidence == "https://ci.example/unit"
    assert result.reasons == ("1 of 1 test failed: unit",)
    assert result.next_step == "Make the failing tests pass."


def test_a_failure_answers_though_others_still_run() -> None:
    assert judged(running("slow"), run("unit", "failure")).state is State.BLOCK


@pytest.mark.parametrize("status", ["queued", "in_progress", "waiting", "requested", "pending"])
def test_running_tests_wait_and_never_fail(status: str) -> None:
    result = judged(running("slow", status), run("unit"), run("lint"))
    assert (result.state, result.title) == (State.WAIT, "tests: 1 of 3 still running: slow")
    assert (result.measures[0].value, result.measures[0].evidence) == (None, "https://ci.example/slow")


def test_of_many_names_three_are_said() -> None:
    assert judged(*(running(name) for name in "dcba")).title == "tests: 4 of 4 still running: a, b, c and 1 more"
    assert judged(*(running(name) for name in "cba")).title == "tests: 3 of 3 still running: a, b, c"


def test_a_name_stays_on_one_line_and_short() -> None:
    assert judged(run("a\n\tb" + "x" * 100, "failure")).title == "1 of 1 test failed: a b" + "x" * 77


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        ((), ""),
        ((run("a", "skipped"),), " (skipped or neutral)"),
        ((run("a", "skipped"), run("b", "neutral")), " (all 2 skipped or neutral)"),
    ],
)
def test_where_no_test_says_anything_nothing_is_measured(runs: tuple[TestRun, ...], why: str) -> None:
    result = judged(*runs)
    assert (result.state, result.title) == (State.UNMEASURED, f"no test has reported on a1b2c3d{why}")
    assert "contract.tests.include" in result.next_step


def test_only_selected_runs_count() -> None:
    runs = (run("unit (3.11)"), run("lint", "failure"), running("deploy"))
    assert judged(*runs, include=["unit*"]).state is State.PASS
    assert judged(*runs, exclude=["lint", "deploy"]).state is State.PASS
    assert judged(*runs, include=["unit*", "lint"]).state is State.BLOCK
    assert judged(*runs, exclude=["lint"]).state is State.WAIT
    assert judged(*runs, include=["Unit*"]).title == "no test has reported on a1b2c3d (3 reported, none selected)"


@pytest.mark.parametrize(
    ("missing", "state"),
    [
        (Missing("GitHub is not asked here"), State.UNMEASURED),
        (Missing("the suite is being made", coming=True), State.WAIT),
        (Missing("rate-limited", ours=True), State.ERROR),
    ],
)
def test_tests_that_could_not_be_read_give_their_reason(missing: Missing, state: State) -> None:
    result = evaluate(snapshot(runs=missing), config({"tests": "pass"}), {})
    assert (result.state, result.title) == (state, f"tests: {missing.reason}")


def test_the_order_of_runs_does_not_matter() -> None:
    runs = (run("a", "failure"), run("b", "stale"), running("c"), run("d"))
    assert len({repr(judged(*order)) for order in permutations(runs)}) == 1
    assert HEAD[:7] == "a1b2c3d"


def test_workflows_that_wait_for_a_persons_leave_say_so() -> None:
    held = TestRun("github-actions suite: a maintainer must approve its workflows", "waiting", of_suite=True)
    result = judged(held)
    assert (result.state, result.title) == (State.WAIT, f"tests: not begun: {held.name}")
    assert result.next_step.startswith("A maintainer approves")
    assert judged(held, running("slow")).title.startswith("tests: 2 of 2 still running")


def test_a_suite_with_more_to_come_counts_whatever_is_selected() -> None:
    more = TestRun("github-actions suite: more to come", "in_progress", of_suite=True)
    assert judged(run("unit"), more, include=["unit"]).state is State.WAIT
    ended = replace(more, status="completed", conclusion="failure")
    assert judged(run("unit"), ended, include=["unit"]).state is State.PASS


def test_a_pass_without_a_single_test_is_unmeasured() -> None:
    result = judged(replace(run("unit"), n=0))
    words = 'tests is "pass", but nothing was observed (n 0)'
    assert (result.state, result.title, result.reasons) == (State.UNMEASURED, words, (words,))
    assert judged(replace(run("unit"), n=0), run("lint")).state is State.PASS


def test_a_run_that_failed_before_its_first_test_has_failed() -> None:
    result = judged(replace(run("unit", "failure"), n=0))
    assert (result.state, result.title) == (State.BLOCK, "tests failed before any was counted: unit")
