"""Feature files for the tests of the cards."""

from __future__ import annotations

import textwrap

PAY = '''\
@speclive @critical @owner:payments
Feature: Payments debit exactly once
  Background:
    Given the endpoint "POST /pay" handled by "shop.pay:pay"
  @spec-id:pay.balance @mode:observe @sample:1.0
  Scenario: Customer pays from balance
    Given a signed-in customer
      """expr
      ctx['user']['role'] == 'customer'
      """
    When the payment is made
    Then the balance drops by the amount
      """expr
      result['balance'] == old(ctx['balance']) - amount
      """
    And it only raises
      | raises | PaymentDeclined |
'''
"""The card of the documentation."""


def feature(steps: str, tags: str = "", binding: str = 'the function "shop.pay:pay"') -> str:
    """A feature of one scenario: its steps begin on line 6."""
    head = f"Feature: Shop\n  Background:\n    Given {binding}\n  {tags or '# no tags'}\n  Scenario: One\n"
    return head + textwrap.indent(textwrap.dedent(steps), "    ")


def then(condition: str, media: str = "expr") -> str:
    """A Then with a doc string: a condition of one line stands on line 8 of `feature(then(...))`."""
    return f'Then it holds\n  """{media}\n' + textwrap.indent(condition, "  ") + '\n  """\n'
