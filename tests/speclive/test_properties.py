"""Cards as properties: made-up inputs, and the smallest that violate a card."""

from __future__ import annotations

from typing import Any

import pytest

from speclive.cards import Card, parse
from speclive.mutants import Trials
from speclive.narrowing import ranges
from speclive.properties import Property, Vacuous, Violated, property_of
from tests.speclive import market
from tests.speclive.written import card

HERE = "tests.speclive.market"
LESS = "0 <= result and result <= amount"


def _card(function: str, given: str, then: str, tags: str = "", more: str = "") -> Card:
    (one,) = parse(card(f'the function "{HERE}:{function}"', given, then, tags=tags, more=more), "specs/pay.feature")
    return one


def _property(*words: str, **more: str) -> Property:
    found = property_of(_card(*words, **more))
    assert found is not None
    return found


def _seen(found: Property) -> list[Any]:
    results: list[Any] = []
    found.run(lambda _card, _arguments, _olds, result: results.append(result))
    return results


def test_a_card_that_holds_of_all_made_up_inputs_is_seen_on_many() -> None:
    assert len(set(_seen(_property("discounted", "amount >= 0 and percent >= 0 and percent <= 100", LESS)))) > 10
    assert _seen(_property("largest", "len(amounts) > 0", "result >= 0"))


def test_the_smallest_inputs_that_violate_a_card_are_told_with_clause_file_and_line() -> None:
    with pytest.raises(Violated) as violated:
        _seen(_property("discounted", "percent >= 0 and percent <= 100", LESS))
    assert str(violated.value) == (
        "pay.one#t1 does not hold: it holds\nspecs/pay.feature:11\n(amount=-1, percent=0) -> -1"
    )


@pytest.mark.parametrize("given", ["amount > 0 and amount < 0", "percent > 100", "percent != percent"])
def test_a_card_that_no_call_came_to_a_result_for_is_vacuous(given: str) -> None:
    with pytest.raises(Vacuous, match=r"pay\.one: no input was found"):
        _seen(_property("discounted", given, LESS))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("0 <= percent <= 100 and amount > 3", {"percent": (0, 100), "amount": (4, None)}),
        ("-5 < percent and percent == 7", {"percent": (7, 7)}),
        ("percent > 0 or amount > 0", {}),
        ("percent > amount and percent > True and percent > 1.5", {}),
    ],
)
def test_the_range_that_a_given_leaves_to_a_number_is_read_of_it(given: str, expected: dict[str, Any]) -> None:
    assert ranges(_card("discounted", given, LESS)) == expected


def test_what_a_card_names_may_be_raised_and_nothing_else() -> None:
    rows = "    And it only raises\n      | raises | {} |\n"
    assert _seen(_property("discounted", "amount >= 0", LESS, more=rows.format("ValueError")))
    with pytest.raises(Violated, match=r"pay\.one#r1 does not hold"):
        _seen(_property("discounted", "amount >= 0", LESS, more=rows.format("KeyError")))


def test_what_may_have_effects_is_called_only_where_its_author_says_so() -> None:
    assert property_of(_card("sold", "len(name) > 0", "result > 0")) is None
    assert _seen(_property("sold", "len(name) > 0", "result > 0", tags="@property"))
    assert market.SOLD
    market.SOLD.clear()
    assert property_of(_card("waited", "amount > 0", "result == amount")) is None
    assert _seen(_property("waited", "amount > 0", "result == amount", tags="@property"))


@pytest.mark.parametrize("function", ["untyped", "Till.pay", "nothing"])
def test_what_has_no_types_is_no_property_and_said_where_it_is_tagged_as_one(function: str) -> None:
    assert property_of(_card(function, "True", "result")) is None
    with pytest.raises(ValueError, match="parameters all have types"):
        property_of(_card(function, "True", "result", tags="@property"))


def test_results_that_were_made_are_tried_with_their_mutants() -> None:
    trials = Trials()
    found = _property("discounted", "amount > 0 and percent == 0", "result <= amount")
    found.run(lambda one, *call: trials.try_all([one], *call))
    assert [survivor["mutant"] for survivor in trials.report()["survivors"]] == ["result is one less"]
    assert trials.report()["made"] == 3
