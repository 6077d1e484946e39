from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import contract, decide, risk, sbom
from checks.decide import Policy, asked, assess, weigh, worst
from checks.model import (
    ChangeFacts,
    CheckConfig,
    CheckResult,
    Decision,
    FileChange,
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
from checks.registry import BY_NAME, CHECKS

PULL = Pull(
    "acme/shop", 7, "A title", "mona", "a" * 40, "topic", "b" * 40, "main", url="https://github.com/acme/shop/pull/7"
)
SMALL = ChangeFacts((FileChange("README.md", 1, 1),))
GREEN = TestFacts((TestRun("unit", "completed", "success"),))
SNAPSHOT = Snapshot(PULL, change=SMALL, tests=GREEN, measurements=(), contracts=(), sboms=())

# The whole table: state → mode `block` (verdict, conclusion); None is "in progress".
BLOCKING: Mapping[State, tuple[Verdict, str | None]] = {
    State.PASS: (Verdict.SHIP, "success"),
    State.WARN: (Verdict.SHIP, "success"),
    State.WAIT: (Verdict.HOLD, None),
    State.UNMEASURED: (Verdict.HOLD, "action_required"),
    State.BLOCK: (Verdict.BLOCK, "failure"),
    State.ERROR: (Verdict.HOLD, "action_required"),
}


def result(state: State, name: str = "risk") -> CheckResult:
    return CheckResult(name, state, "a title")


def decided(snapshot: Snapshot = SNAPSHOT, **policy: Any) -> Decision:
    return decide.decide(snapshot, Policy(**({"checks": {}} | policy)), "1.5.0")


def rows(decision: Decision) -> dict[str, Row]:
    return {row.result.name: row for row in decision.rows}


# --- the table -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", State)
def test_in_mode_block_every_state_weighs_what_the_table_says(state: State) -> None:
    row = weigh(result(state), Mode.BLOCK)
    assert (row.verdict, row.conclusion) == BLOCKING[state]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("attempts_left", [0, 3])
def test_in_mode_warn_every_state_ships_and_keeps_saying_what_it_found(state: State, attempts_left: int) -> None:
    row = weigh(result(state), Mode.WARN, attempts_left)
    assert (row.verdict, row.conclusion, row.result.state) == (Verdict.SHIP, "success", state)


def test_our_own_failure_waits_while_we_retry_and_then_asks_for_a_person() -> None:
    assert [weigh(result(State.ERROR), Mode.BLOCK, left).conclusion for left in (2, 1, 0)] == [
        None,
        None,
        "action_required",
    ]


@pytest.mark.parametrize("state", [state for state in State if state is not State.ERROR])
def test_attempts_left_change_nothing_but_our_own_failures(state: State) -> None:
    assert weigh(result(state), Mode.BLOCK, 3) == weigh(result(state), Mode.BLOCK, 0)


@given(st.lists(st.tuples(st.sampled_from(State), st.sampled_from([Mode.BLOCK, Mode.WARN]), st.integers(0, 2))))
def test_nothing_is_ever_published_that_github_counts_as_passed_by_mistake(
    found: list[tuple[State, Mode, int]],
) -> None:
    weighed = tuple(weigh(result(state), mode, left) for state, mode, left in found)
    whole = Decision(worst(row.verdict for row in weighed), weighed, PULL)
    said = [*(row.conclusion for row in weighed), whole.conclusion]
    assert set(said) <= {None, "success", "failure", "action_required"}
    assert (whole.conclusion == "success") == all(row.conclusion == "success" for row in weighed)


# --- the whole -------------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(Verdict)))
def test_the_worst_verdict_wins_in_any_order(verdicts: list[Verdict]) -> None:
    ranks = [Verdict.SHIP, Verdict.HOLD, Verdict.BLOCK, Verdict.ROLLBACK]
    expected = max((ranks.index(verdict) for verdict in verdicts), default=0)
    assert {worst(order) for order in (verdicts, verdicts[::-1])} == {ranks[expected]}


@pytest.mark.parametrize(
    ("states", "conclusion"),
    [
        ([], "success"),
        ([State.PASS, State.WARN], "success"),
        ([State.WAIT], None),
        ([State.PASS, State.WAIT], None),
        ([State.UNMEASURED], "action_required"),
        ([State.WAIT, State.UNMEASURED], "action_required"),
        ([State.WAIT, State.BLOCK], "failure"),
        ([State.UNMEASURED, State.BLOCK], "failure"),
    ],
)
def test_the_decision_concludes_as_its_worst_row_and_waiting_is_never_red(
    states: list[State], conclusion: str | None
) -> None:
    weighed = tuple(weigh(result(state), Mode.BLOCK) for state in states)
    assert Decision(worst(row.verdict for row in weighed), weighed, PULL).conclusion == conclusion


def test_a_rollback_concludes_as_a_failure() -> None:
    assert Decision(Verdict.ROLLBACK, (), PULL).conclusion == "failure"


def test_one_more_row_weighs_in() -> None:
    shipped = decided()
    blocked = decide.with_row(shipped, weigh(result(State.BLOCK), Mode.BLOCK))
    assert (shipped.verdict, blocked.verdict) == (Verdict.SHIP, Verdict.BLOCK)
    assert len(blocked.rows) == len(shipped.rows) + 1


# --- which checks speak ----------------------------------------------------------------------------------------


def test_with_nothing_configured_nothing_is_said_and_it_ships() -> None:
    assert (decided().verdict, decided().rows) == (Verdict.SHIP, ())


@pytest.mark.parametrize("name", BY_NAME)
def test_a_check_that_is_off_is_absent(name: str) -> None:
    config = BY_NAME[name].config.model_validate({"mode": "off"})
    assert decided(checks={name: config}).rows == ()


NAMES = [check.name for check in CHECKS]
ORDERS = [[*way[at:], *way[:at]] for way in (NAMES, NAMES[::-1]) for at in range(len(NAMES))]
"""Any two checks in both orders, and each check in every place."""


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_checks_run_in_the_order_of_the_registry_whatever_the_file_says(order: list[str]) -> None:
    decision = decided(checks={name: BY_NAME[name].config() for name in order})
    assert [row.result.name for row in decision.rows] == [check.name for check in CHECKS]


def test_names_in_the_registry_are_single() -> None:
    assert len(BY_NAME) == len(CHECKS)


@pytest.mark.parametrize(
    ("mode", "verdict", "conclusion"),
    [(Mode.BLOCK, Verdict.HOLD, "action_required"), (Mode.WARN, Verdict.SHIP, "success")],
)
def test_a_check_this_version_lacks_holds_in_block_and_ships_in_warn(
    mode: Mode, verdict: Verdict, conclusion: str
) -> None:
    decision = decided(reserved={"speclive": mode})
    row = rows(decision)["speclive"]
    assert (decision.verdict, row.conclusion, row.result.state) == (verdict, conclusion, State.UNMEASURED)
    assert "not available in this version" in row.result.title
    assert "mode: warn" in row.result.next_step


def test_a_check_this_version_lacks_is_absent_when_off() -> None:
    assert decided(reserved={"speclive": Mode.OFF}).rows == ()


def test_checks_this_version_lacks_come_last_by_name() -> None:
    decision = decided(checks={"risk": risk.Config()}, reserved={"speclive": Mode.WARN, "drift": Mode.WARN})
    assert [row.result.name for row in decision.rows] == ["risk", "drift", "speclive"]


def test_an_agent_gets_the_contract_check_asked_or_not() -> None:
    decision = decided(agent="author `bot[bot]`")
    assert rows(decision)["contract"].result.state is State.BLOCK
    assert (decision.verdict, decision.agent) == (Verdict.BLOCK, "author `bot[bot]`")


def test_an_agent_is_held_to_the_repositorys_own_contract_where_there_is_one() -> None:
    config = contract.Config.model_validate({"post": {"tests": "pass"}})
    assert list(asked(Policy({"contract": config}, agent="label"))) == [(contract.CHECK, config)]
    assert decided(checks={"contract": config}, agent="label").verdict is Verdict.SHIP


def test_switching_the_contract_off_is_the_repositorys_word_for_agents_too() -> None:
    config = contract.Config(mode=Mode.OFF)
    assert decided(checks={"contract": config}, agent="label").rows == ()


def test_the_agent_of_the_policy_counts_not_the_one_in_the_facts() -> None:
    claimed = replace(SNAPSHOT, agent="claimed by the reader")
    assert (decided(claimed).agent, decided(claimed).rows) == ("", ())


def test_a_person_without_a_contract_is_asked_for_none() -> None:
    assert "contract" not in rows(decided(checks={"risk": risk.Config()}))


# --- what checks know of each other ----------------------------------------------------------------------------


def test_a_contract_may_name_the_risk_though_no_risk_check_is_configured() -> None:
    config = contract.Config.model_validate({"post": {"risk": {"lt": 0.0}}})
    decision = decided(checks={"contract": config})
    assert decision.risk is not None
    assert rows(decision)["contract"].result.state is State.BLOCK


def test_a_contract_may_name_what_another_check_measured() -> None:
    config = contract.Config.model_validate({"post": {"risk.score": {"lt": 0.0}}})
    both: dict[str, CheckConfig] = {"contract": config, "risk": risk.Config()}
    assert rows(decided(checks=both))["contract"].result.state is State.BLOCK
    assert rows(decided(checks={"contract": config}))["contract"].result.state is State.UNMEASURED


def test_the_risk_shown_is_the_risk_under_the_repositorys_settings() -> None:
    hot = risk.Config(hot=("**",), hot_raise=0.3)
    plain, raised = decided().risk, decided(checks={"risk": hot}).risk
    assert plain is not None
    assert raised is not None
    assert raised.score == pytest.approx(plain.score + 0.3)


@pytest.mark.parametrize("change", [None, Missing("not comparable"), ChangeFacts((FileChange("a", -1, 0),))])
def test_without_usable_sizes_there_is_no_risk_and_no_crash(change: ChangeFacts | Missing | None) -> None:
    snapshot = replace(SNAPSHOT, change=change)
    assert assess(snapshot, Policy({})) is None
    assert decided(snapshot, checks={"contract": contract.Config(), "sbom": sbom.Config()}).risk is None


def test_our_failure_to_read_is_in_progress_while_attempts_are_left() -> None:
    failed = replace(SNAPSHOT, change=Missing("GitHub did not answer", ours=True))
    config: dict[str, CheckConfig] = {"risk": risk.Config()}
    trying = decided(replace(failed, attempts_left=2), checks=config)
    given_up = decided(failed, checks=config)
    assert rows(trying)["risk"].result.state is State.ERROR
    assert (trying.verdict, trying.conclusion) == (Verdict.HOLD, None)
    assert (given_up.verdict, given_up.conclusion) == (Verdict.HOLD, "action_required")


def test_the_same_case_is_decided_the_same_twice() -> None:
    config = contract.Config.model_validate({"post": {"tests": "pass", "p95": {"lt": 250}}})
    snapshot = replace(SNAPSHOT, measurements=(Measurement("p95", 249.9, "ms"),))
    policy: dict[str, Any] = {"checks": {"contract": config}, "digest": "d", "notes": ("a note",)}
    assert decided(snapshot, **policy) == decided(snapshot, **policy)
    assert decided(snapshot, **policy).notes == ("a note",)
