"""Wrong results made of right ones, and which of them a card notices."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

import pytest

from speclive.cards import Cards, parse
from speclive.judging import Judged, Said, judged
from speclive.mutants import MOST, Trials, joined, mutants, strength

CARD = '''
Feature: Payments
  Background:
    Given the endpoint "POST /pay" handled by "shop.pay:pay"
  @spec-id:pay.balance
  Scenario: Paid
    Given an amount
      """expr
      amount > 0
      """
    When it is paid
    Then the balance drops
      """expr
      result['balance'] == old(ctx['balance']) - amount
      """
    And it is well
      """expr
      result['status'] == 200
      """
'''


class Colour(Enum):
    RED = 1
    BLUE = 2


@dataclass(frozen=True)
class Told:
    status: int
    why: str = ""

    def __post_init__(self) -> None:
        if self.why == "unheard of" or not isinstance(self.status, int):
            raise ValueError("not told so")


class Pair(NamedTuple):
    left: int
    right: bool


class Answer:
    """As a web framework has it."""

    status, body = 202, b"{}"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (None, ""),
        (True, " is None; is the contrary"),
        (3, " is None; is one more; is one less"),
        ("", " is None"),
        ("ab", " is None; is empty"),
        (Colour.RED, " is None; is BLUE"),
        ([1], " is None; is empty;[0] is None;[0] is one more;[0] is one less"),
        ({"ok": False}, " is None; lacks 'ok';['ok'] is None;['ok'] is the contrary"),
        ({"status": 404}, " is None; lacks 'status';['status'] is None;['status'] is 200;['status'] is 500"),
        (Told(404, "x"), " is None;.status is 200;.status is 500;.why is None;.why is empty"),
        (
            Pair(1, True),
            " is None;.left is None;.left is one more;.left is one less;.right is None;.right is the contrary",
        ),
        (
            Answer(),
            " is None;.body is None;.body is empty;.status is None;.status is 200;.status is 404;.status is 500",
        ),
    ],
)
def test_each_mutant_is_one_mistake_and_none_is_equal_to_the_right_result(result: Any, expected: str) -> None:
    made = mutants(result)
    assert ";".join(mutant.name.removeprefix("result") for mutant in made) == expected
    assert all(mutant.result != result for mutant in made)


def test_a_large_result_has_a_bounded_number_of_mutants_those_near_the_surface_first() -> None:
    made = mutants({"deep": {str(key): [1] for key in range(300)}})
    assert len(made) == MOST
    assert [mutant.name for mutant in made[:2]] == ["result is None", "result lacks 'deep'"]


def _judged(text: str = CARD) -> list[Judged]:
    return [judged(card) for card in parse(text, "pay.feature")]


def _tried(cards: list[Judged], result: Any) -> Trials:
    trials, arguments = Trials(), {"ctx": {"balance": 10}, "amount": 4}
    olds = {clause: values for card in cards for clause, values in card.before(arguments).items()}
    arguments["ctx"] = {"balance": 6}
    trials.try_all(cards, arguments, olds, result)
    return trials


def test_a_clause_by_itself_says_of_a_call_what_its_guard_would() -> None:
    (card,) = _judged()
    arguments: dict[str, Any] = {"ctx": {"balance": 10}, "amount": 4}
    olds = card.before(arguments)
    assert card.applies(arguments)
    assert not card.applies({"ctx": {}, "amount": 0})
    assert not card.applies({})
    assert card.says(arguments, olds, {"balance": 6, "status": 200}) == {
        "pay.balance#t1": Said.HOLDS,
        "pay.balance#t2": Said.HOLDS,
    }
    assert card.says(arguments, olds, {"balance": 7})["pay.balance#t1"] is Said.VIOLATED
    assert card.says(arguments, olds, {"balance": 7})["pay.balance#t2"] is Said.UNDECIDED
    assert card.says(arguments, {}, {"balance": 6, "status": 200})["pay.balance#t1"] is Said.UNDECIDED


def test_what_no_then_notices_survives_and_is_named_with_its_target() -> None:
    told = _tried(_judged(), {"balance": 6, "status": 200, "receipt": "r-1"}).report()
    assert [survivor["mutant"] for survivor in told["survivors"]] == [
        "result lacks 'receipt'",
        "result['receipt'] is None",
        "result['receipt'] is empty",
    ]
    assert told["survivors"][0] == {
        "target": "POST /pay",
        "mutant": "result lacks 'receipt'",
        "clauses": ["pay.balance#t1", "pay.balance#t2"],
    }
    assert (told["made"], told["killed"]) == (12, 9)
    assert strength(told) == 0.75


def test_a_clause_that_was_violated_anyway_kills_nothing() -> None:
    told = _tried(_judged(), {"balance": 1, "status": 500}).report()
    assert told["killed"] == 0
    assert strength(Trials().report()) is None


def test_a_mutant_is_killed_where_any_call_of_any_process_killed_it() -> None:
    cards = _judged()
    here, there = _tried(cards, {"balance": 6, "status": 200}), _tried(cards, {"balance": 1, "status": 200})
    there.add(here.killed, here.clauses)
    assert there.report() == here.report()
    assert here.report(critical=("GET *",))["made"] == 0
    assert here.report(critical=("POST *",)) == here.report()
    assert joined([here.report(), here.report()])["made"] == 2 * here.report()["made"]


def test_only_so_many_calls_of_a_target_are_tried() -> None:
    trials, cards = Trials(most=1), _judged()
    for balance in (1, 6):
        trials.try_all(
            cards,
            {"ctx": {"balance": 10}, "amount": 4},
            cards[0].before({"ctx": {"balance": 10}}),
            {"balance": balance},
        )
    assert trials.report()["killed"] == 0


def test_cards_that_speak_of_nothing_are_tried_on_nothing() -> None:
    trials = Trials()
    trials.try_all([judged(card) for card in Cards()], {}, {}, {"a": 1})
    assert trials.report() == {"made": 0, "killed": 0, "survivors": []}
