"""From a feature file to cards."""

from __future__ import annotations

import re

import pytest

import speclive
from speclive.cards import Binding, Card, Mode, Part, parse
from tests.speclive.features import PAY, feature, then


def one(text: str) -> Card:
    """The only card of a text."""
    (card,) = parse(text, "a.feature")
    return card


def test_the_card_of_the_documentation_is_read_whole() -> None:
    card = one(PAY)
    assert (card.id, card.path, card.line) == ("pay.balance", "a.feature", 6)
    assert card.binding == Binding("POST /pay", "shop.pay:pay")
    assert (card.mode, card.sample, card.critical, card.owner) == (Mode.OBSERVE, 1.0, True, "payments")
    assert [(c.id, c.part, c.line) for c in card.clauses] == [
        ("pay.balance#g1", Part.GIVEN, 7),
        ("pay.balance#t1", Part.THEN, 12),
        ("pay.balance#r1", Part.RAISES, 16),
    ]
    (then_,) = card.of(Part.THEN)
    assert then_.expression is not None
    assert then_.expression.names == {"result", "ctx", "amount"}
    assert then_.expression.old == ("ctx['balance']",)
    assert card.of(Part.RAISES)[0].raises == ("PaymentDeclined",)


def test_the_package_itself_has_what_a_service_needs() -> None:
    assert speclive.load.__name__ == "load"
    assert speclive.Mode is Mode


@pytest.mark.parametrize(
    ("step", "binding"),
    [
        ('the endpoint "POST /pay/{id}"', Binding("POST /pay/{id}")),
        ('the endpoint "GET /" handled by "shop:Api.home"', Binding("GET /", "shop:Api.home")),
        ('the function "shop.pay:pay"', Binding(handler="shop.pay:pay")),
        ('the task "shop.tasks:settle"', Binding(handler="shop.tasks:settle")),
        ('the class "shop.cart:Cart"', Binding(handler="shop.cart:Cart")),
    ],
)
def test_a_step_binds_a_card(step: str, binding: Binding) -> None:
    assert one(feature(then("result['status'] == 200"), binding=step)).binding == binding


NESTED = """\
@critical @mode:shadow @sample:0.5 @owner:shop @team
Feature: Shop
  Background:
    Given the task "shop:pay"
    And it is open
      '''expr
      hour > 8
      '''
  Scenario: Outside
    * it is paid
      | redact | email | |
      | allow | amount | |
    Then all is well
      '''expr
      result
      '''
    And nothing is raised
      | raises | nothing |
  @sample:0.1 @team
  Rule: At night
    Background:
      Given the function "shop:night"
      And it is late
        '''expr
        hour > 20
        '''
    @mode:off @require @each @spec-id:shop/night.1
    Scenario: Inside
      But it is dark
        '''expr
        dark
        '''
      When it is paid
      Then all is well
        '''expr
        result
        '''
        | raises | B | A.C | B |
        | watch | amount | result.total | |
""".replace("'''", '"""')


def test_tags_and_backgrounds_come_from_all_that_a_scenario_stands_in_and_the_nearest_counts() -> None:
    outside, inside = parse(NESTED, "a")
    assert (outside.mode, outside.sample, outside.owner, outside.critical) == (Mode.SHADOW, 0.5, "shop", True)
    assert (inside.mode, inside.sample, inside.owner, inside.critical) == (Mode.OFF, 0.1, "shop", True)
    assert (outside.require, inside.require) == (False, True)
    assert inside.tags[-3:] == ("require", "each", "spec-id:shop/night.1")
    assert inside.tags.count("team") == 1
    assert (outside.binding.handler, inside.binding.handler) == ("shop:pay", "shop:night")
    assert [clause.id for clause in inside.clauses] == [
        "shop/night.1#g1",
        "shop/night.1#g2",
        "shop/night.1#g3",
        "shop/night.1#t1",
        "shop/night.1#r1",
    ]


def test_tables_name_what_is_raised_shown_hidden_and_watched() -> None:
    outside, inside = parse(NESTED, "a")
    assert (outside.redact, outside.allow, outside.watch) == (("email",), ("amount",), ())
    assert inside.watch == ("amount", "result.total")
    assert outside.of(Part.RAISES)[0].raises == ()
    assert inside.of(Part.RAISES)[0].raises == ("B", "A.C")


OUTLINE = """\
Feature: Shop
  Scenario Outline: <who> pays
    Given the function "shop:pay"
    And a <who>
      '''expr
      role == '<who>' and amount <b> <least>
      '''
    Then it raises
      | raises | <error> |
    @critical
    Examples: staff
      | who   | least | error | b |
      | admin | 5     | E     | < |
      | clerk | 6     | E     | > |
    Examples: others
      | who   | least | error | b  |
      | guest | 7     | E     | != |
""".replace("'''", '"""')


def test_each_row_of_an_outline_is_a_card() -> None:
    admin, clerk, guest = parse(OUTLINE, "a")
    assert [card.id for card in (admin, clerk, guest)] == ["shop.who-pays[1]", "shop.who-pays[2]", "shop.who-pays[3]"]
    assert [card.line for card in (admin, clerk, guest)] == [13, 14, 17]
    assert [card.critical for card in (admin, clerk, guest)] == [True, True, False]
    assert (admin.name, admin.clauses[0].text, admin.clauses[0].id) == ("admin pays", "a admin", "shop.who-pays[1]#g1")
    assert guest.clauses[0].expression is not None
    assert guest.clauses[0].expression.source == "role == 'guest' and amount != 7"
    assert guest.of(Part.RAISES)[0].raises == ("E",)


def test_an_id_that_a_row_names_needs_no_number() -> None:
    named = OUTLINE.replace("  Scenario Outline", "  @spec-id:pay.<who>\n  Scenario Outline")
    assert [card.id for card in parse(named, "a")] == ["pay.admin", "pay.clerk", "pay.guest"]


def test_a_value_that_looks_like_a_column_stays_a_value() -> None:
    text = OUTLINE.replace("a <who>", "a <least>").replace(" 5 ", " <who> ").replace("amount <b> <least>", "True")
    assert parse(text, "a").cards[0].clauses[0].text == "a <who>"


def test_a_card_without_an_id_has_one_of_its_names_the_same_on_every_machine() -> None:
    text = feature(then("result"))
    assert one(text).id == "shop.one"
    assert one(text.replace("Scenario: One", "Scenario: Crème  brûlée, twice!")).id == "shop.creme-brulee-twice"
    assert one(text.replace("Scenario: One", "Scenario: 支付一次")).id == "24e1e72fd723"
    assert re.fullmatch("[0-9a-f]{12}", one(text.replace("Scenario: One", "Scenario: " + "long " * 50)).id)


def test_what_a_person_checks_is_listed_and_what_is_checked_by_machine_still_counts() -> None:
    steps = "Given a printer\nThen paper comes out\n  '''\n  all of it\n  '''\n".replace("'''", '"""') + then("result")
    card = one(feature(steps, "@manual"))
    assert card.manual == ("a printer", "paper comes out")
    assert [clause.id for clause in card.clauses] == ["shop.one#t1"]
    by_hand = one("Feature: Shop\n  @manual\n  Scenario: By hand\n    Then paper comes out\n")
    assert (by_hand.manual, by_hand.clauses, by_hand.binding.target) == (("paper comes out",), (), "")


def test_another_language_and_other_ends_of_lines_make_no_difference() -> None:
    words = {
        "Feature:": "Funktionalität:",
        "Background:": "Grundlage:",
        "Scenario:": "Szenario:",
        "Given ": "Gegeben sei ",
    }
    words |= {"When ": "Wenn ", "Then ": "Dann ", "And ": "Und "}
    german = PAY
    for english, word in words.items():
        german = german.replace(english, word)
    expected = one(PAY)
    assert one("\ufeff" + PAY.replace("\n", "\r\n")) == expected
    assert [clause.digest for clause in one("# language: de\n" + german).clauses] == [
        clause.digest for clause in expected.clauses
    ]


def test_the_digest_of_what_may_be_raised_is_of_the_names_in_any_order() -> None:
    digests = [
        one(feature(f"Then it raises\n  {rows}\n")).clauses[0].digest
        for rows in ("| raises | A | B |", "| raises | B |\n  | raises | A |", "| raises | A |", "| raises | nothing |")
    ]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3
