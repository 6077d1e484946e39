"""Heavier tests that somebody had run: their result is one of the contract's tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.render.templates import render
from checks.contract import Config, escalation, evaluate
from checks.dispatching import Dispatching
from checks.model import CheckResult, Missing, Snapshot, State, TestFacts
from checks.tested import Escalated

from .facts import GREEN_RUN, HEAD, SLOW, config, snapshot, written

OTHER = "0" * 40
URL = "https://ci.example/runs/41"
PASSED = Escalated("high.yml", 41, HEAD, "completed", "success", URL)
FAILED = replace(PASSED, conclusion="failure")
RUNNING = replace(PASSED, status="in_progress", conclusion="")
UNSEEN = Escalated("high.yml", None, "", "queued")
ASTRAY = replace(PASSED, head_sha=OTHER)
OFFERED = Dispatching(escalates=True)


def facts(*escalated: Escalated, acting: Dispatching | None = OFFERED) -> Snapshot:
    return replace(snapshot(), tests=TestFacts((GREEN_RUN,), "check runs", escalated), dispatching=acting)


def judged(*escalated: Escalated, post: dict[str, Any] | None = None, **selection: Any) -> CheckResult:
    return evaluate(facts(*escalated), config(post or {"tests": "pass"}, tests=selection), {})


def test_they_are_waited_for_while_they_run() -> None:
    result = judged(RUNNING)
    assert (result.state, result.title) == (State.WAIT, "tests: 1 of 2 still running: high.yml (escalated)")
    assert result.measures[0].evidence == URL


def test_they_are_waited_for_before_github_shows_their_run() -> None:
    assert judged(UNSEEN).state is State.WAIT


def test_they_block_where_they_failed() -> None:
    result = judged(FAILED)
    assert (result.state, result.title) == (State.BLOCK, "1 of 2 tests failed: high.yml (escalated)")


@pytest.mark.parametrize("conclusion", ["timed_out", "cancelled", "startup_failure", "tomorrow's", ""])
def test_every_other_end_blocks_too(conclusion: str) -> None:
    assert judged(replace(PASSED, conclusion=conclusion)).state is State.BLOCK


def test_a_run_that_was_cancelled_is_not_told_as_failed() -> None:
    (told,) = escalation.told(facts(replace(PASSED, conclusion="cancelled")))
    assert (told["state"], told["text"]) == ("fail", "was cancelled")


def test_they_are_said_where_they_passed() -> None:
    result = judged(PASSED)
    assert (result.state, result.title) == (State.PASS, "1 postcondition holds; tests escalated")
    (line,) = result.detail["contracts"][0]["lines"]
    assert line["text"] == "2 of 2 tests passed, high.yml (escalated) among them"


def test_they_count_whatever_tests_are_selected() -> None:
    assert judged(FAILED, include=["unit"]).state is State.BLOCK
    assert judged(RUNNING, exclude=["*"]).state is State.WAIT


def test_what_was_skipped_whole_proves_nothing() -> None:
    result = judged(replace(PASSED, conclusion="skipped"))
    assert (result.state, result.title) == (State.PASS, "1 postcondition holds")
    assert result.detail["escalate"] is True


def test_the_newest_run_stands_for_those_before_it() -> None:
    assert judged(FAILED, replace(PASSED, run=42)).state is State.PASS
    assert judged(PASSED, replace(FAILED, run=42)).state is State.BLOCK
    assert "a newer run counts" in judged(FAILED, replace(PASSED, run=42)).detail["escalated"][0]["text"]


def test_a_run_on_another_commit_does_not_count_and_is_said() -> None:
    result = judged(ASTRAY)
    assert result.state is State.WARN
    assert f"ran on {OTHER[:7]}, which is not the head {HEAD[:7]}: it does not count" in result.title
    assert result.detail["escalate"] is True
    assert judged(RUNNING, ASTRAY).state is State.WAIT, "one that does count stands"


def test_a_contract_that_asks_for_no_tests_is_left_alone() -> None:
    result = evaluate(replace(facts(FAILED), measurements=(SLOW,)), config({"p95": {"lt": 300}}), {})
    assert (result.state, result.title) == (State.PASS, "1 postcondition holds")
    assert result.detail["escalated"][0]["state"] == "fail"


def test_a_number_that_the_heavier_tests_may_bring_is_waited_for() -> None:
    assert evaluate(facts(RUNNING), config({"p95": {"lt": 300}}), {}).state is State.WAIT
    assert evaluate(facts(PASSED), config({"p95": {"lt": 300}}), {}).state is State.UNMEASURED


@pytest.mark.parametrize(
    ("escalated", "offered"),
    [((), True), ((RUNNING,), False), ((UNSEEN,), False), ((PASSED,), False), ((FAILED,), True), ((ASTRAY,), True)],
)
def test_they_are_offered_until_they_run_or_have_passed(escalated: tuple[Escalated, ...], offered: bool) -> None:
    assert judged(*escalated).detail.get("escalate", False) is offered


def test_they_are_offered_only_where_the_rules_have_some() -> None:
    assert "escalate" not in evaluate(facts(acting=Dispatching(arm="a")), Config(), {}).detail


def test_the_next_arm_and_the_one_in_use_are_told() -> None:
    acting = Dispatching("impl@small", 0.08, stated=True, next_arm="impl@large")
    detail = evaluate(facts(acting=acting), Config(), {}).detail
    assert detail["arms"] == "impl@large"
    assert (detail["arm"], detail["arm_cost_usd"], detail["arm_stated"]) == ("impl@small", 0.08, True)
    free = evaluate(facts(acting=Dispatching("impl@small", 0.0)), Config(), {}).detail
    assert (free["arm_cost_usd"], "arm_stated" in free) == (0.0, False)
    assert not {"arm", "arms", "escalated"} & evaluate(facts(), Config(), {}).detail.keys()


def test_where_nothing_is_dispatched_nothing_is_told() -> None:
    detail = evaluate(facts(acting=None), Config(), {}).detail
    assert not {"arm", "arms", "escalated", "escalate"} & detail.keys()


def test_tests_that_cannot_be_read_say_nothing_of_heavier_ones() -> None:
    lost = replace(facts(), tests=Missing("away", ours=True))
    assert evaluate(lost, config({"tests": "pass"}), {}).state is State.ERROR


def test_the_evidence_shows_the_run_and_the_arm() -> None:
    acting = Dispatching("impl@small", 0.08, stated=True)
    shown = replace(facts(FAILED, acting=acting), contracts=(written({"tests": "pass"}),))
    text = render("checks/contract.md.j2", detail=evaluate(shown, Config(), {}).detail)
    assert f"- Escalated: [high.yml failed]({URL})\n" in text
    assert "Arm: <code>impl@<!-- -->small</code>, declared at 0.08 US dollars a try, as the change itself says." in text
