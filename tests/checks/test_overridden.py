"""A check that a person overrode: it keeps its state, stops nothing, and lets nobody else through."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from checks import contract, risk
from checks.decide import Policy, decide, overruled, sharing_a_head, weigh
from checks.judge import Case, Unreadable, judge
from checks.model import (
    ChangeFacts,
    CheckResult,
    Decision,
    FileChange,
    Finding,
    Mode,
    Pull,
    Row,
    Snapshot,
    State,
    TestFacts,
    TestRun,
    Verdict,
)
from checks.overridden import Overridden

PULL = Pull("acme/shop", 7, "A title", "mona", "a" * 40, "topic", "b" * 40, "main")
RED = TestFacts((TestRun("unit", "completed", "failure"),))
SNAPSHOT = Snapshot(PULL, change=ChangeFacts((FileChange("a.py", 3, 1),)), tests=RED, measurements=(), contracts=())
POLICY = Policy(
    {"risk": risk.Config(limit=0.0), "contract": contract.Config.model_validate({"post": {"tests": "pass"}})}
)
SAID = Overridden("contract", "root", "the runner is broken, see OPS-12", 1_764_000_000.0)


def decided(*overrides: Overridden, snapshot: Snapshot = SNAPSHOT, policy: Policy = POLICY) -> Decision:
    return decide(replace(snapshot, overrides=overrides), policy, "1.5.0")


def rows(decision: Decision) -> dict[str, Row]:
    return {row.result.name: row for row in decision.rows}


def test_it_keeps_its_state_and_ships_and_every_other_row_is_as_it_was() -> None:
    before, after = rows(decided()), rows(decided(SAID))
    assert (before["contract"].result.state, before["contract"].verdict) == (State.BLOCK, Verdict.BLOCK)
    assert after["contract"].result == before["contract"].result
    assert (after["contract"].verdict, after["contract"].conclusion) == (Verdict.SHIP, "success")
    assert after["contract"].overridden == SAID
    assert after["risk"] == before["risk"]
    assert decided(SAID).verdict is Verdict.BLOCK, "the risk still stands in the way"


def test_with_all_that_stood_in_the_way_overridden_the_change_may_ship() -> None:
    both = decided(SAID, replace(SAID, check="risk"))
    assert (both.verdict, both.conclusion) == (Verdict.SHIP, "success")


@pytest.mark.parametrize("state", [state for state in State if state not in {State.PASS, State.WARN}])
def test_whatever_would_hold_or_stop_does_not(state: State) -> None:
    row = overruled(weigh(CheckResult("contract", state, "A title", rollback=True), Mode.BLOCK), SAID)
    assert (row.result.state, row.verdict, row.conclusion, row.overridden) == (state, Verdict.SHIP, "success", SAID)


@pytest.mark.parametrize(
    ("state", "mode"), [(State.PASS, Mode.BLOCK), (State.WARN, Mode.BLOCK), (State.BLOCK, Mode.WARN)]
)
def test_what_stops_nothing_by_itself_is_not_called_overridden(state: State, mode: Mode) -> None:
    row = weigh(CheckResult("contract", state, "A title"), mode)
    assert overruled(row, SAID) == row


def test_an_override_of_a_check_that_is_not_there_changes_nothing() -> None:
    assert decided(replace(SAID, check="sbom")) == decided()


def test_a_check_that_this_version_lacks_can_be_overridden_like_any_other() -> None:
    policy = Policy({}, {"speclive": Mode.BLOCK})
    assert decided(policy=policy).verdict is Verdict.HOLD
    assert decided(replace(SAID, check="speclive"), policy=policy).verdict is Verdict.SHIP


@pytest.mark.parametrize("edited", [None, Unreadable((Finding("config", "no such key"),))])
def test_a_configuration_that_cannot_be_read_is_not_overridden_by_any_name(edited: Any) -> None:
    policy = POLICY if edited else Unreadable((Finding("config", "no such key"),))
    said = (SAID, replace(SAID, check="risk"), replace(SAID, check="config"))
    decision = judge(Case(replace(SNAPSHOT, overrides=said), policy, edited, "1.5.0"))
    assert decision is not None
    assert decision.verdict is not Verdict.SHIP
    assert rows(decision)["config"].overridden is None


# --- a head that several share ----------------------------------------------------------------------------------


def at(number: int, *overrides: Overridden, **more: Any) -> Decision:
    """The decision of a pull request at the same head; its risk is fine."""
    pull = replace(PULL, number=number, **more)
    policy = replace(POLICY, checks={"contract": POLICY.checks["contract"]})
    return decided(*overrides, snapshot=replace(SNAPSHOT, pull=pull), policy=policy)


def test_a_twin_onto_another_branch_is_not_let_through_by_it() -> None:
    mine, twin = at(7, SAID), at(8, base_ref="release")
    assert (mine.verdict, twin.verdict) == (Verdict.SHIP, Verdict.BLOCK)
    shared = sharing_a_head([mine, twin])
    assert (shared.verdict, shared.conclusion) == (Verdict.BLOCK, "failure")
    assert rows(shared)["contract"].overridden is None
    assert sharing_a_head([twin, mine]) == shared
    assert sharing_a_head([mine, at(8, SAID, base_ref="release")]).verdict is Verdict.SHIP


def test_nor_is_the_pull_request_of_a_fork_that_would_not_count_otherwise() -> None:
    mine, fork = at(7, SAID), at(8, from_fork=True, base_ref="release")
    shared = sharing_a_head([mine, fork])
    assert (shared.verdict, shared.pull.number) == (Verdict.BLOCK, 7)
    assert sharing_a_head([fork, mine]) == shared
    assert shared.notes[-1].startswith("#7 onto `main`, #8 onto `release` share this head")


def test_a_fork_has_a_say_on_nothing_but_what_was_overridden() -> None:
    mine, fork = at(7, SAID), at(8, SAID, from_fork=True)
    held = weigh(CheckResult("sbom", State.UNMEASURED, "No bill"), Mode.BLOCK)
    stranger = replace(fork, rows=(*fork.rows, held), verdict=Verdict.HOLD)
    assert sharing_a_head([mine, stranger]).verdict is Verdict.SHIP
    assert sharing_a_head([at(7), stranger]) == at(7), "where nothing is overridden it has none at all"
