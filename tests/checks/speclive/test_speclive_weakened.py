"""What the check says of a change to the cards themselves."""

from __future__ import annotations

from typing import Any

import pytest

from checks.decide import Policy, decide
from checks.guarded import Feature
from checks.model import State, Verdict
from checks.speclive import Config
from tests.checks.speclive.guards import CARD, PATH, edited, facts, judged

NOTHING_LOST = CARD.split("    And nothing is lost")[0] + "    And it only raises\n      | raises | Declined |\n"
ENFORCED = CARD.replace("@mode:observe", "@mode:enforce @sample:0.5")
GIVEN_MORE = CARD.replace(
    "    When the payment", '    And in euro\n      """expr\n      currency == "EUR"\n      """\n    When the payment'
)
REQUIRED = CARD.replace("@mode:observe", "@mode:observe @require")

WEAKER = [
    ("a clause is gone", NOTHING_LOST, 'Then "nothing is lost" is gone', 6),
    ("its mode is lower", CARD.replace("observe", "shadow"), "mode observe became shadow", 6),
    ("fewer calls are looked at", CARD.replace("@mode:observe", "@sample:0.1"), "0.1 are looked at, before 1", 6),
    ("it is critical no more", CARD.replace(" @critical", ""), "`@critical` is gone", 6),
    ("more may be raised", CARD.replace("| Declined |", "| Declined | Exception |"), "Exception may be raised now", 20),
    ("anything may be raised", CARD.split("    And it only")[0], "whatever is raised is allowed now", 6),
    ("it applies less often", GIVEN_MORE, 'it applies less often: Given "in euro" is new', 11),
    ("it is bound elsewhere", CARD.replace("shop.pay:pay", "shop.pay:pay2"), "shop.pay:pay2`, no longer", 6),
    (
        "a person checks it",
        CARD.replace("@mode:observe", "@manual") + "    And the customer is happy\n",
        "a person is to check what was decided: the customer is happy",
        6,
    ),
    (
        "it demands something else",
        CARD.replace("- amount", "- 0"),
        "Then \"the balance drops\" demands something else: result['balance'] == old(balance) - amount → "
        "result['balance'] == old(balance) - 0",
        12,
    ),
    (
        "it applies to others",
        CARD.replace("'customer'", "'root'"),
        'Given "a customer" became another: it applies to other calls',
        7,
    ),
    ("the card is gone", CARD.replace("pay.balance", "pay.other").replace("- amount", "- 1"), "`POST /pay` is gone", 1),
]


@pytest.mark.parametrize(("text", "said", "line"), [case[1:] for case in WEAKER], ids=[case[0] for case in WEAKER])
def test_whatever_lessens_a_card_is_said_at_its_line(text: str, said: str, line: int) -> None:
    found = edited(text)
    assert {finding.state for finding in found.findings} == {State.WARN}
    told = [one for one in found.findings if said in one.message]
    assert [(one.path, one.line, one.state) for one in told] == [(PATH, line, State.WARN)], found.findings
    assert "1 card weakened" in found.title


def test_a_file_that_is_gone_is_said_without_a_line_to_show() -> None:
    found = judged(features=(Feature(PATH, CARD, None),))
    (told,) = found.findings
    assert (told.path, told.line, told.kind) == ("", None, "removed")
    assert f"pay.balance: its file {PATH} is gone" in told.message


STRONGER = [
    ("a clause is new", NOTHING_LOST, CARD, "1 card strengthened: pay.balance"),
    ("it enforces", ENFORCED.replace("enforce", "observe"), ENFORCED, "1 card strengthened"),
    ("a Given more that is required", REQUIRED, GIVEN_MORE.replace("@mode:observe", "@require"), "1 card strengthened"),
    ("fewer may be raised", CARD.replace("| Declined |", "| Declined | E |"), CARD, "1 card strengthened"),
    ("a card is new", None, CARD, "1 card added: pay.balance"),
]


@pytest.mark.parametrize(("base", "head", "said"), [one[1:] for one in STRONGER], ids=[one[0] for one in STRONGER])
def test_whatever_demands_more_is_said_and_weighs_nothing(base: str | None, head: str, said: str) -> None:
    found = judged(features=(Feature(PATH, base, head),))
    assert (found.state, found.findings) == (State.PASS, ())
    assert any(said in reason for reason in found.reasons)


SAME: list[tuple[str, tuple[Feature, ...]]] = [
    (
        "laid out otherwise",
        (Feature(PATH, CARD, CARD.replace("== old(balance) - amount", "==  ( old(balance) - amount )")),),
    ),
    ("moved to another file", (Feature(PATH, CARD, None), Feature("specs/new.feature", None, CARD))),
    ("called otherwise", (Feature(PATH, CARD, CARD.replace("pay.balance", "pay.debit")),)),
    ("told otherwise", (Feature(PATH, CARD, CARD.replace("the balance drops", "the balance falls")),)),
]


@pytest.mark.parametrize("features", [one[1] for one in SAME], ids=[one[0] for one in SAME])
def test_a_card_that_demands_the_same_is_not_weakened(features: tuple[Feature, ...]) -> None:
    assert not [one for one in judged(features=features).findings if one.rule == "weakened card"]


def test_cards_of_a_file_that_nobody_can_read_are_not_called_removed() -> None:
    found = edited("Feature: x\n")
    assert {one.rule for one in found.findings} == {"broken card"}
    assert "1 file of cards cannot be read" in found.title


@pytest.mark.parametrize(("config", "verdict"), [({}, Verdict.SHIP), ({"weakened": "block"}, Verdict.BLOCK)])
def test_what_follows_is_the_base_branchs_to_say(config: dict[str, Any], verdict: Verdict) -> None:
    snapshot = facts(features=(Feature(PATH, CARD, CARD.replace("- amount", "- 0")),))
    policy = Policy({"speclive": Config.model_validate(config)})
    assert decide(snapshot, policy, "1").verdict is verdict


def test_both_ends_of_an_expression_stand_side_by_side() -> None:
    (turn,) = edited(CARD.replace("- amount", "- 0")).detail["turns"]
    assert (turn["way"], turn["place"]) == ("changed", f"{PATH}#L12")
    assert (turn["was"][-6:], turn["now"][-3:]) == ("amount", "- 0")


def test_more_findings_than_github_takes_are_counted() -> None:
    cards = "".join(
        f'  @spec-id:c{n}\n  Scenario: S{n}\n    Then it is\n      """expr\n      result == {n}\n      """\n'
        for n in range(60)
    )
    text = f'Feature: F\n  Background:\n    Given the function "a.b:c"\n{cards}'
    found = judged(features=(Feature("specs/many.feature", text, None),))
    assert len(found.findings) == 50
    assert "10 more findings are not listed" in found.reasons
    assert found.detail["beyond"]["turns"] == 20
