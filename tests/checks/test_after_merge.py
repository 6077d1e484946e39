"""A merged change: what had been decided stays, and what its deployment did is told beside that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app import record
from app.render import words
from checks.after_merge import after_merge
from checks.decide import Policy
from checks.impact.block import Config
from checks.impact.check import NAME as IMPACT
from checks.impact.outcome import Outcome
from checks.impact.told import MetricTold, Told, dump
from checks.judge import Case, Unreadable, judge
from checks.model import ChangeFacts, Decision, FileChange, Finding, Mode, Pull, Snapshot, State, Verdict
from checks.studied import Studied

PULL = Pull("octo/shop", 7, "Faster", "alice", "a" * 40, "topic", "b" * 40, "main")
RULES = Config.model_validate({"mode": "block", "metrics": [{"name": "p95", "better": "lower"}], "risk_at_least": 0.0})
CHANGE = ChangeFacts((FileChange("a.py", 1, 1),))
BEFORE = Case(Snapshot(PULL, change=CHANGE, studies=()), Policy({IMPACT: RULES}), None, "1.5.0")


def studied(outcome: Outcome) -> tuple[Studied, ...]:
    told = Told(outcome, 1.0, (MetricTold("p95", outcome),), 0.05, 0.1, "auto", "d", "m")
    return (Studied(1, "production", "c" * 40, 1.0, 2.0, (7,), dump(told), True),)


def since(case: Case, decided: Verdict, outcome: Outcome = Outcome.LIKELY_WORSE, rules: Config = RULES) -> Decision:
    decision = judge(after_merge(case, decided, studied(outcome), rules))
    assert decision is not None
    return decision


@pytest.mark.parametrize("decided", list(Verdict))
@pytest.mark.parametrize("outcome", [Outcome.LIKELY_WORSE, Outcome.LIKELY_BETTER])
def test_whatever_the_deployment_did_the_verdict_stays_as_it_was(decided: Verdict, outcome: Outcome) -> None:
    decision = since(BEFORE, decided, outcome)
    assert (decision.verdict, decision.merged) == (decided, True)
    (row,) = (row for row in decision.rows if row.result.name == IMPACT)
    assert (row.result.state is State.BLOCK) == (outcome is Outcome.LIKELY_WORSE)


def test_a_second_word_keeps_the_verdict_of_before_the_merge() -> None:
    once = after_merge(BEFORE, Verdict.SHIP, studied(Outcome.LIKELY_WORSE), RULES)
    assert since(once, Verdict.BLOCK, Outcome.LIKELY_BETTER).verdict is Verdict.SHIP


def test_it_is_replayed_to_the_same_bytes() -> None:
    case = after_merge(BEFORE, Verdict.SHIP, studied(Outcome.LIKELY_WORSE), RULES)
    decision = judge(case)
    assert decision is not None
    assert record.again(record.write(case, decision)) == decision


def test_where_the_block_was_missing_or_nothing_could_be_read_the_rules_of_the_study_stand_in() -> None:
    for policy in (Policy({}), None, Unreadable((Finding("config", "no YAML"),))):
        assert [row.result.name for row in since(replace(BEFORE, policy=policy), Verdict.HOLD).rows] == [IMPACT]


def test_the_words_are_of_what_is_known_since_and_ask_nobody_to_merge() -> None:
    decision = since(BEFORE, Verdict.SHIP)
    assert words.headline(decision).startswith("SHIP · merged, ")
    assert "What had been decided stays. Since then: p95" in words.why(decision)
    assert "disagree" in words.next_step(decision)
    assert "in the way" not in words.headline(decision)
    quiet = since(BEFORE, Verdict.SHIP, rules=RULES.model_copy(update={"mode": Mode.WARN}))
    assert not any("in mode `block`" in note for note in words.notes(quiet))
