"""Cards, and what guards saw of them, for the tests of the check."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from checks.guarded import Feature, Guarded, Live, Mutants, Seen, Target
from checks.model import CheckResult, Pull, Snapshot
from checks.speclive import CHECK, Config

HEAD = "a" * 40
PULL = Pull(
    "acme/shop", 7, "A title", "mona", HEAD, "topic", "b" * 40, "main", url="https://github.com/acme/shop/pull/7"
)
PATH = "specs/pay.feature"
CARD = '''\
@speclive @critical
Feature: Payments
  Background:
    Given the endpoint "POST /pay" handled by "shop.pay:pay"
  @spec-id:pay.balance @mode:observe
  Scenario: Customer pays
    Given a customer
      """expr
      role == 'customer'
      """
    When the payment is made
    Then the balance drops
      """expr
      result['balance'] == old(balance) - amount
      """
    And nothing is lost
      """expr
      result['total'] == old(total)
      """
    And it only raises
      | raises | Declined |
'''

PAY = Target("POST /pay", True, ("pay.balance#t1", "pay.balance#t2"), "shop/pay.py", 12, handler="shop.pay:pay")
GIVEN = Seen("pay.balance#g1", "pay.balance", "given", "POST /pay", "a customer", PATH, 7, True, 100)
THEN = Seen(
    "pay.balance#t1",
    "pay.balance",
    "then",
    "POST /pay",
    "the balance drops",
    PATH,
    12,
    True,
    100,
    code="shop/pay.py#L12",
    tests=("tests/test_pay.py::test_it_drops",),
)
LIVE = Live(HEAD, (replace(PAY, calls=100, guarded=100),), (GIVEN, THEN), ("tests",))
SERVING = replace(LIVE, sha="c" * 40, environments=("production",))
MUTANTS = Mutants(10, 7, (("POST /pay", 3),))
FEATURE = Feature(PATH, CARD, CARD)
WELL = Guarded((FEATURE,), told=True, targets=(PAY,), mutants=MUTANTS, live=LIVE, serving=SERVING)


def facts(guarded: Guarded = WELL, **changes: Any) -> Snapshot:
    """A snapshot of these facts, some of them changed."""
    return Snapshot(PULL, guarded=replace(guarded, **changes))


def judged(guarded: Guarded = WELL, config: dict[str, Any] | None = None, **changes: Any) -> CheckResult:
    """What the check says of these facts."""
    return CHECK.evaluate(facts(guarded, **changes), Config.model_validate(config or {}), {})


def edited(text: str, config: dict[str, Any] | None = None) -> CheckResult:
    """What it says of a change that leaves the card so."""
    return judged(config=config, features=(Feature(PATH, CARD, text),))
