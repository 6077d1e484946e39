"""Cards as somebody writes them."""

from __future__ import annotations

QUOTES = '"""'


def card(binding: str, given: str, then: str, ident: str = "pay.one", tags: str = "", more: str = "") -> str:
    """A feature of one card, in which the Given's expression begins at line 7 and the Then's at line 12."""
    return f"""{tags}
Feature: Payments
  @spec-id:{ident}
  Scenario: {ident}
    Given {binding}
    And it applies
      {QUOTES}expr
      {given}
      {QUOTES}
    When it is called
    Then it holds
      {QUOTES}expr
      {then}
      {QUOTES}
{more}"""
