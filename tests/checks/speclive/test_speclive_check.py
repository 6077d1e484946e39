"""What the check says of the guards of a head: how much they cover, how strong they are, what they saw."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from app.config import parse
from app.config.model import Config as Configuration
from app.record import again, read, write
from app.render.checkrun import check_run
from app.render.decision_json import decision_json
from app.render.sections import section
from checks.decide import Policy, decide
from checks.guarded import Feature, Guarded, Live, Mutants, Target, Unread
from checks.judge import Case, judge
from checks.model import Missing, Mode, Snapshot, State, Verdict
from checks.registry import CHECKS
from checks.speclive import CHECK, Config
from tests.checks.speclive.guards import (
    CARD,
    FEATURE,
    GIVEN,
    LIVE,
    MUTANTS,
    PATH,
    PAY,
    PULL,
    SERVING,
    THEN,
    WELL,
    facts,
    judged,
)

PLAIN = CARD.replace(" @critical", "")
OTHER = Target("POST /refund", True, (), "shop/refund.py", 3)
VIOLATED = replace(LIVE, clauses=(GIVEN, replace(THEN, violated=2)))


def test_a_critical_path_that_is_bound_called_and_strong_passes_and_the_row_says_how_many() -> None:
    found = judged()
    assert (found.state, found.title) == (State.PASS, "1/1 critical path, 0 violations")
    told = {one.name: (one.value, one.limit, one.n) for one in found.measures}
    assert told == {
        "coverage": (100, ">= 98", 1),
        "live": (100, ">= 98", 100),
        "strength": (70, ">= 60", 10),
        "violations": (0, "= 0", 100),
    }
    intervals = {one.name: one.interval for one in found.measures}
    assert intervals["live"] == pytest.approx((96.3, 100), abs=0.1)
    assert intervals["strength"] == pytest.approx((39.7, 89.2), abs=0.1)
    assert any("`aaaaaaa` in tests within 24 h" in reason for reason in found.reasons)


CASES: list[tuple[str, dict[str, Any], State, str]] = [
    ("a path that nothing is bound to", {"targets": (PAY, OTHER)}, State.BLOCK, "guards POST /refund"),
    (
        "calls that no Then saw",
        {"live": replace(LIVE, targets=(replace(PAY, calls=100, guarded=97),))},
        State.BLOCK,
        "97",
    ),
    (
        "a card that met no call",
        {"live": replace(LIVE, clauses=(GIVEN,))},
        State.BLOCK,
        "pay.balance applied to no call",
    ),
    (
        "cards that are off",
        {"features": (Feature(PATH, CARD, CARD.replace("observe", "off")),)},
        State.BLOCK,
        "guards POST /pay",
    ),
    ("raises alone", {"targets": (replace(PAY, clauses=("pay.balance#r1",)),)}, State.BLOCK, "guards POST /pay"),
    ("weak cards", {"mutants": Mutants(10, 5, (("POST /pay", 5),))}, State.BLOCK, "5 of 10 wrong results"),
    ("cards whose strength nobody told", {"mutants": None}, State.UNMEASURED, "how many wrong results"),
    ("nobody who told of calls", {"live": None, "serving": None}, State.WARN, "what is bound counts alone"),
    ("no call of a critical path", {"live": replace(LIVE, targets=(PAY,))}, State.WARN, "no critical path was called"),
    ("what serves alone", {"live": None}, State.PASS, "`ccccccc` in production"),
    ("no report of the head", {"told": False}, State.UNMEASURED, "nobody told what guards `aaaaaaa`"),
    ("a report that may come", {"told": False, "coming": True}, State.WAIT, "CI may still send it"),
    ("a violated critical clause", {"live": VIOLATED}, State.BLOCK, "did not hold in 2 of 100 calls"),
    (
        "a violated clause of no critical card",
        {
            "features": (Feature(PATH, PLAIN, PLAIN),),
            "live": replace(LIVE, clauses=(GIVEN, replace(THEN, violated=2, critical=False))),
        },
        State.WARN,
        "did not hold",
    ),
    (
        "a guard that fails",
        {"live": replace(LIVE, clauses=(GIVEN, replace(THEN, errors=1)))},
        State.WARN,
        'the guard of "the balance drops" failed 1 time',
    ),
    (
        "a violation of what serves",
        {"serving": replace(SERVING, clauses=(replace(THEN, violated=9),))},
        State.PASS,
        "what serves violates pay.balance#t1",
    ),
    (
        "a card that does not compile",
        {"features": (Feature(PATH, CARD, CARD + "  Scenario:\n"),)},
        State.BLOCK,
        "no name",
    ),
    (
        "a card that did not compile before either",
        {"features": (Feature(PATH, CARD + "  Scenario:\n", CARD + "  Scenario:\n"),)},
        State.WARN,
        "no name",
    ),
    ("a file of cards that nobody read", {"unread": (Unread(PATH, "too large", True),)}, State.BLOCK, "too large"),
    (
        "two cards of one id",
        {"features": (FEATURE, Feature("specs/z.feature", None, CARD))},
        State.BLOCK,
        "is taken by",
    ),
    (
        "a critical card of a path that nobody knows",
        {"targets": (replace(PAY, name="POST /other", handler="x:y", clauses=("z#t1",)),)},
        State.BLOCK,
        "guards POST /pay",
    ),
    (
        "critical paths that are gone",
        {"targets": (), "features": (Feature(PATH, CARD, PLAIN),)},
        State.WARN,
        "any more",
    ),
]


@pytest.mark.parametrize(("changes", "state", "said"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_worst_of_what_is_known_counts_and_is_said(changes: dict[str, Any], state: State, said: str) -> None:
    found = judged(**changes)
    assert found.state is state
    assert any(said in reason for reason in found.reasons), found.reasons
    assert found.next_step or state in {State.PASS, State.WAIT, State.WARN}


@pytest.mark.parametrize(
    ("config", "changes", "state"),
    [
        ({"coverage": 0.5}, {"targets": (PAY, OTHER)}, State.PASS),
        ({"strength": 0}, {"mutants": None}, State.PASS),
        ({"live": "none"}, {"live": None, "serving": None}, State.PASS),
        ({"critical": ["POST /*"]}, {"targets": (PAY, replace(OTHER, critical=False))}, State.BLOCK),
        ({"critical": ["GET /**"]}, {"targets": (PAY, replace(OTHER, critical=False))}, State.PASS),
    ],
)
def test_the_block_says_what_is_critical_and_how_much_is_enough(
    config: dict[str, Any], changes: dict[str, Any], state: State
) -> None:
    assert judged(config=config, **changes).state is state


def test_a_card_that_the_change_mends_is_not_vacuous_for_what_serves_still() -> None:
    idle = replace(SERVING, clauses=(GIVEN,))
    mended = CARD.replace("role == 'customer'", "role == 'client'")
    assert judged(live=None, serving=idle).state is State.BLOCK
    assert judged(live=None, serving=idle, features=(Feature(PATH, CARD, mended),)).state is State.WARN


def test_a_violation_is_annotated_at_the_code_and_at_the_card_with_its_tests() -> None:
    decision = decide(facts(live=VIOLATED), Policy({"speclive": Config()}), "1")
    (row,) = decision.rows
    run = check_run(row, decision)
    assert {(one.path, one.line, one.level) for one in run.annotations} == {
        ("shop/pay.py", 12, "failure"),
        (PATH, 12, "failure"),
    }
    assert all("tests/test_pay.py::test_it_drops" in one.message for one in run.annotations)
    assert (decision.verdict, row.conclusion) == (Verdict.BLOCK, "failure")


# --- absent ------------------------------------------------------------------------------------------------------


def rows(guarded: Guarded, config: Config | None = None) -> tuple[list[str], tuple[str, ...]]:
    decision = decide(Snapshot(PULL, guarded=guarded), Policy({"speclive": config or Config()}, notes=("x",)), "1")
    return [row.result.name for row in decision.rows], decision.notes


PLAIN_PAY = replace(PAY, critical=False)
UNCRITICAL = Guarded((Feature(PATH, PLAIN, PLAIN),), told=True, targets=(PLAIN_PAY,), mutants=MUTANTS)


def test_without_any_critical_path_the_check_is_absent_and_a_note_says_why() -> None:
    names, notes = rows(UNCRITICAL)
    assert names == []
    assert notes[0] == "x"
    assert "`speclive` is absent: no path is known to be critical" in notes[1]
    assert rows(Guarded())[0] == []
    assert rows(replace(UNCRITICAL, told=False))[0] == []


@pytest.mark.parametrize(
    ("guarded", "config"),
    [
        (UNCRITICAL, Config(critical=("POST /**",))),
        (replace(UNCRITICAL, features=(Feature(PATH, CARD, PLAIN),)), Config()),
        (replace(UNCRITICAL, features=(Feature(PATH, PLAIN, None),)), Config()),
        (replace(UNCRITICAL, serving=SERVING), Config()),
        (Guarded(), Config(critical=("POST /**",))),
    ],
    ids=["a glob names one", "a card was critical", "a card is gone", "one serves", "a glob, and no report yet"],
)
def test_it_takes_part_where_something_is_critical_or_a_card_is_lost(guarded: Guarded, config: Config) -> None:
    assert rows(guarded, config)[0] == ["speclive"]


def test_what_cannot_be_had_is_not_measured() -> None:
    missing = Snapshot(PULL, guarded=Missing("the database is away", ours=True))
    assert CHECK.evaluate(missing, Config(), {}).state is State.ERROR


# --- what a reader sees, and what is kept --------------------------------------------------------------------------


def test_foreign_words_are_escaped_in_the_evidence_and_the_annotations() -> None:
    evil = "<img src=x> [click](javascript:x) | @all"
    clause = replace(THEN, text=evil, target=evil, code=f"{evil}#L1", tests=(evil,), violated=1)
    live = Live(LIVE.sha, (replace(PAY, name=evil, calls=1),), (clause,), (evil,))
    snapshot = facts(live=live, mutants=Mutants(1, 0, ((evil, 1),)), targets=(replace(OTHER, name=evil),))
    decision = decide(snapshot, Policy({"speclive": Config()}), "1")
    shown = section(decision.rows[0], PULL)
    assert "<img" not in shown
    assert "](javascript" not in shown
    assert "Seen of the head" in shown
    json.dumps(decision_json(decision))


def test_a_decision_is_made_again_from_its_record_to_the_same_bytes_and_older_records_without_cards_still_are() -> None:
    for snapshot in (facts(live=VIOLATED, features=(Feature(PATH, CARD, PLAIN),)), Snapshot(PULL)):
        case = Case(snapshot, Policy({"speclive": Config()}), None, "1")
        decision = judge(case)
        assert decision is not None
        record = write(case, decision)
        assert read(record) == case
        assert again(record) == decision
    older = json.loads(record)
    del older["case"]["snapshot"]["guarded"]
    assert again(json.dumps(older, separators=(",", ":")).encode()) == decision


def test_the_block_is_read_and_what_it_cannot_mean_is_refused() -> None:
    guards = "guards: [{cards: 'pay.*', mode: off, sample: 0.5}, {cards: '*', mode: observe}]"
    config = parse(f"version: 1\nspeclive: {{mode: warn, {guards}}}", checks=CHECKS)
    assert isinstance(config, Configuration)
    block = config.checks["speclive"]
    assert isinstance(block, Config)
    assert (block.mode, block.guards[0].mode, block.guards[0].sample) == (Mode.WARN, "off", 0.5)
    for wrong in (
        "guards: [{cards: 'x'}]",
        "coverage: 1.2",
        "live: always",
        "cards: []",
        "guards: [{cards: x, sample: 0}]",
    ):
        assert not isinstance(parse(f"version: 1\nspeclive: {{{wrong}}}", checks=CHECKS), Configuration), wrong


def test_well_known_facts_are_well() -> None:
    assert judged(WELL).findings == ()


def test_places_of_another_commit_are_not_linked_at_the_head() -> None:
    broken = replace(SERVING, clauses=(replace(THEN, violated=9),))
    decision = decide(facts(live=None, serving=broken), Policy({"speclive": Config()}), "1")
    shown = section(decision.rows[0], PULL)
    assert "Seen of what serves" in shown
    assert "/blob/" not in shown
    assert "/blob/" in section(decide(facts(live=VIOLATED), Policy({"speclive": Config()}), "1").rows[0], PULL)


def test_one_clause_is_counted_once_however_many_places_it_has() -> None:
    reasons = judged(live=VIOLATED).reasons
    assert reasons[0].startswith('"the balance drops" (pay.balance#t1) did not hold in 2 of 100 calls')


def test_a_change_does_not_excuse_what_it_breaks_by_calling_it_less() -> None:
    broken = replace(LIVE, clauses=(replace(THEN, critical=False, violated=50),))
    said = judged(live=broken, features=(Feature(PATH, CARD, PLAIN),))
    assert {finding.state for finding in said.findings if finding.rule == "violated clause"} == {State.BLOCK}
    assert said.state is State.BLOCK


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ((PAY, Target("POST /refund", False)), "POST /refund, critical in what serves, is critical no more"),
        ((PAY,), "POST /refund, critical in what serves, is not known to the report of the head"),
    ],
)
def test_a_path_that_is_critical_no_more_is_said(targets: tuple[Target, ...], said: str) -> None:
    serving = replace(SERVING, targets=(*SERVING.targets, Target("POST /refund", True, calls=100)))
    told = judged(targets=targets, serving=serving)
    assert [finding.message for finding in told.findings] == [said]
    assert told.state is State.WARN
    assert judged(config={"weakened": "block"}, targets=targets, serving=serving).state is State.BLOCK
    assert judged(config={"critical": ["POST /**"]}, targets=targets[:1], serving=SERVING).findings == ()


def test_of_a_report_no_then_counts_that_the_card_at_the_head_has_not() -> None:
    bare = CARD[: CARD.index("    Then")] + CARD[CARD.index("    And it only") :].replace("And it", "Then it")
    said = judged(features=(Feature(PATH, CARD, bare),))
    assert [measure.value for measure in said.measures if measure.name == "coverage"] == [0]


@pytest.mark.parametrize("path", ["specs/a.feature", "specs/z.feature"])
def test_of_two_cards_with_one_id_the_one_that_the_change_brings_is_to_blame(path: str) -> None:
    said = judged(features=(FEATURE, Feature(path, None, CARD)))
    assert {(finding.rule, finding.path, finding.state) for finding in said.findings} == {
        ("broken card", path, State.BLOCK)
    }


def test_a_path_that_only_the_rules_call_critical_is_missed_as_well() -> None:
    serving = replace(SERVING, targets=(*SERVING.targets, Target("POST /refund", False, calls=100)))
    said = judged(config={"critical": ["POST /**"]}, serving=serving)
    assert [finding.id for finding in said.findings] == ["POST /refund"]
