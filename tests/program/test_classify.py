from dataclasses import replace
from typing import Any

import pytest

from checks.decide import Policy, decide
from checks.model import (
    CheckResult,
    Decision,
    Finding,
    Measure,
    Measurement,
    Missing,
    Mode,
    Pull,
    Row,
    Snapshot,
    State,
    TestFacts,
    TestRun,
    Verdict,
)
from program.classify import IMPOSSIBLE, UNREADABLE, Ran, awaited, failed, pending, troubles
from program.remediation import Failure

PULL = Pull("octo/shop", 7, "Pay", "robo[bot]", "a" * 40, "agent/pay", "b" * 40, "main")
CONTRACT = CheckResult("contract", State.BLOCK, "it does not hold")


def ran(*runs: tuple[str, str], **more: Any) -> Snapshot:
    """What the checks of the head ended with, by name; "" has not ended."""
    told = (TestRun(name, "completed" if end else "in_progress", end) for name, end in runs)
    return Snapshot(PULL, tests=TestFacts(tuple(told)), **more)


def decided(*results: CheckResult) -> Decision:
    every = {State.WAIT: Verdict.HOLD, State.UNMEASURED: Verdict.HOLD, State.BLOCK: Verdict.BLOCK}
    ends = {State.WAIT: None, State.BLOCK: "failure", State.UNMEASURED: "action_required"}
    rows = tuple(
        Row(one, Mode.BLOCK, every.get(one.state, Verdict.SHIP), ends.get(one.state, "success")) for one in results
    )
    return Decision(max((row.verdict for row in rows), key=list(Verdict).index), rows, PULL)


def found(decision: Decision, snapshot: Snapshot, **known: Any) -> list[Failure]:
    return [one.failure for one in troubles(decision, snapshot, Ran(**known))]


def test_a_check_that_fails_breaks_the_contract() -> None:
    assert found(decided(CONTRACT), ran(("unit", "failure"))) == [Failure.CONTRACT]


def test_a_check_that_passed_before_on_the_same_commit_is_flaky() -> None:
    assert found(decided(CONTRACT), ran(("unit", "failure")), passed=frozenset({("", "unit")})) == [Failure.FLAKY]


def test_a_check_of_another_app_that_passed_under_the_same_name_says_nothing() -> None:
    travis = (TestRun("test", "completed", "failure", app="travis"),)
    snapshot = Snapshot(PULL, tests=TestFacts(travis))
    assert found(decided(CONTRACT), snapshot, passed=frozenset({("circleci", "test")})) == [Failure.CONTRACT]


def test_one_check_that_never_passed_is_enough_for_the_contract() -> None:
    both = ran(("unit", "failure"), ("lint", "failure"))
    assert found(decided(CONTRACT), both, passed=frozenset({("", "unit")})) == [Failure.CONTRACT]


@pytest.mark.parametrize("end", ["cancelled", "timed_out", "startup_failure", "stale"])
def test_what_broke_off_is_the_runners(end: str) -> None:
    assert found(decided(CONTRACT), ran(("unit", end))) == [Failure.INFRA]


def test_what_broke_off_does_not_hide_what_failed() -> None:
    assert found(decided(CONTRACT), ran(("unit", "cancelled"), ("lint", "failure"))) == [Failure.CONTRACT]


def test_a_measurement_outside_is_the_contract_whatever_ran() -> None:
    slow = replace(CONTRACT, measures=(Measure("perf_p95_ms", 300.0, limit="< 250", state=State.BLOCK),))
    assert found(decided(slow), ran(("unit", "cancelled"))) == [Failure.CONTRACT]


def test_what_was_not_measured_though_all_has_run_is_the_contract() -> None:
    silent = replace(CONTRACT, state=State.UNMEASURED)
    assert found(decided(silent), ran(("unit", "success"))) == [Failure.CONTRACT]
    (one,) = troubles(decided(silent), ran(("unit", "success")), Ran())
    assert one.what == "everything has run, and what the contract promises was not measured"


def test_a_contract_that_nobody_could_fulfil_is_for_people() -> None:
    never = replace(CONTRACT, findings=(Finding(IMPOSSIBLE, "lt 1 and gt 2"),))
    assert found(decided(never), ran(("unit", "failure"))) == [Failure.POLICY]


def test_what_no_change_can_lift_is_for_people_whatever_else_fails() -> None:
    lost = Finding(UNREADABLE, "b.json cannot be read", state=State.UNMEASURED)
    assert found(decided(replace(CONTRACT, findings=(lost,))), ran(("unit", "failure"))) == [Failure.POLICY]
    unread = ran(("unit", "success"), contracts=Missing("more than 50 contract files"))
    assert found(decided(replace(CONTRACT, state=State.UNMEASURED)), unread) == [Failure.POLICY]
    brought = replace(lost, state=State.BLOCK)
    assert found(decided(replace(CONTRACT, findings=(brought,))), ran()) == [Failure.CONTRACT]


@pytest.mark.parametrize("value", [200.0, "fast"])
def test_a_figure_that_was_sent_and_does_not_count_is_for_people(value: float | str) -> None:
    told = ran(("unit", "success"), measurements=(Measurement("perf_p95_ms", value),))
    aside = replace(CONTRACT, state=State.UNMEASURED, measures=(Measure("perf_p95_ms", None, state=State.UNMEASURED),))
    assert found(decided(aside), told) == [Failure.POLICY]
    assert awaited(decided(aside), told), "its baseline may still come"


def test_a_measurement_may_come_after_the_checks_where_nothing_fails() -> None:
    silent = replace(CONTRACT, state=State.UNMEASURED)
    assert awaited(decided(silent), ran(("unit", "success")))
    assert not awaited(decided(silent), ran(("unit", "failure")))
    assert not awaited(decided(CONTRACT), ran(("unit", "success")))
    assert not awaited(decided(replace(CONTRACT, state=State.PASS)), ran(("unit", "success")))


@pytest.mark.parametrize("name", ["risk", "config", "drift", "experiment", "speclive"])
def test_rules_that_only_a_person_can_weigh(name: str) -> None:
    assert found(decided(CheckResult(name, State.BLOCK, "no")), ran()) == [Failure.POLICY]


def test_a_bill_is_a_bill() -> None:
    assert found(decided(CheckResult("sbom", State.BLOCK, "no")), ran()) == [Failure.SBOM]


def test_a_conflict_stands_in_the_way_of_what_may_ship() -> None:
    assert found(decided(replace(CONTRACT, state=State.PASS)), ran(), merges=False) == [Failure.CONFLICT]
    assert found(decided(replace(CONTRACT, state=State.PASS)), ran(), merges=None) == []


def test_our_own_failure_is_no_change_s() -> None:
    broken = Row(replace(CONTRACT, state=State.ERROR), Mode.BLOCK, Verdict.HOLD, "action_required")
    assert found(Decision(Verdict.HOLD, (broken,), PULL), ran()) == [Failure.INFRA]
    again = replace(broken, conclusion=None)
    assert pending(Decision(Verdict.HOLD, (again,), PULL), ran())


def test_what_runs_still_is_waited_for_though_something_failed() -> None:
    assert pending(decided(CONTRACT), ran(("unit", "failure"), ("lint", "")))
    assert not pending(decided(CONTRACT), ran(("unit", "failure"), ("lint", "success")))


def test_tests_that_are_coming_are_waited_for() -> None:
    assert pending(decided(CONTRACT), Snapshot(PULL, tests=Missing("too early", coming=True)))


def test_an_experiment_that_runs_for_days_is_waited_for_only_alone() -> None:
    canary = CheckResult("experiment", State.WAIT, "counting")
    assert pending(decided(canary), ran())
    assert not pending(decided(canary, CONTRACT), ran(("unit", "failure")))


def test_a_change_that_may_ship_has_no_trouble() -> None:
    decision = decide(ran(("unit", "success"), measurements=(), contracts=()), Policy({}), "test")
    assert (found(decision, ran()), pending(decision, ran())) == ([], False)


def test_a_fork_s_measurement_makes_nothing_green() -> None:
    """The contract itself sees to that, and so nothing is ever taken for mended by one."""
    from checks.contract import Config

    config = Config.model_validate({"post": {"perf_p95_ms": {"lt": 250}}})
    told = ran(("unit", "success"), contracts=(), measurements=(Measurement("perf_p95_ms", 9.0, trusted=False),))
    decision = decide(told, Policy({"contract": config}), "test")
    assert decision.verdict is not Verdict.SHIP
    assert found(decision, told) == [Failure.POLICY], "a maintainer measures it"


def test_only_what_ended_has_failed() -> None:
    assert [run.name for run in failed(ran(("a", "failure"), ("b", "success"), ("c", ""), ("d", "neutral")))] == ["a"]
