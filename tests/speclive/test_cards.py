"""From a feature file to cards."""

from __future__ import annotations

import speclive
from speclive.cards import Binding, Mode, Part, parse
from tests.speclive.features import PAY


def test_the_card_of_the_documentation_is_read_whole() -> None:
    (card,) = parse(PAY, "specs/pay.feature")
    assert (card.id, card.path, card.line) == ("pay.balance", "specs/pay.feature", 6)
    assert card.binding == Binding("POST /pay", "shop.pay:pay")
    assert (card.mode, card.sample, card.critical, card.owner) == (Mode.OBSERVE, 1.0, True, "payments")
    assert [(c.id, c.part, c.line) for c in card.clauses] == [
        ("pay.balance#g1", Part.GIVEN, 7),
        ("pay.balance#t1", Part.THEN, 12),
        ("pay.balance#r1", Part.RAISES, 16),
    ]
    (then,) = card.of(Part.THEN)
    assert then.expression is not None
    assert then.expression.names == {"result", "ctx", "amount"}
    assert then.expression.old == ("ctx['balance']",)
    assert card.of(Part.RAISES)[0].raises == ("PaymentDeclined",)


def test_the_package_itself_has_what_a_service_needs() -> None:
    assert speclive.load.__name__ == "load"
    assert speclive.Mode is Mode
