"""One shop in three frameworks, and the cards that guard each alike."""

from __future__ import annotations

from typing import Any

from speclive.cards import Cards, parse

TEXT = '''@critical
Feature: {name}
  Background:
    Given the endpoint "POST /orders/{{id}}"

  @spec-id:{name}.total
  Scenario: The total is told
    Given there are items
      """expr
      len(body['items']) > 0
      """
    When it is ordered
    Then the total is that of the items
      """expr
      result['body']['total'] == sum(body['items'])
      """
    And it is answered in the form that was asked for
      """expr
      result['status'] == 201 and params['id'] == '7' and query['as'] == headers['accept']
      """
    And inputs may be shown
      | allow | body |

  @spec-id:{name}.known
  Scenario: Only what is known goes wrong
    When it is ordered
    Then it only raises
      | raises | KeyError |

  @spec-id:{name}.answered @mode:{mode}
  Scenario: It is answered at all
    When it is ordered
    Then it is not called strange
      """expr
      result['status'] != 418
      """
'''
CALL = "/orders/7?as=json&as=xml"
HEADERS = {
    "Accept": "json",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "Content-Type": "application/json",
}


def cards(name: str, mode: str = "observe") -> Cards:
    """The cards of the shop; `name` begins their ids."""
    return parse(TEXT.format(name=name, mode=mode), f"{name}.feature")


def counted(report: dict[str, dict[str, Any]], name: str) -> dict[str, tuple[int, int, int]]:
    """By clause: evaluated, violated, errors."""
    return {
        clause.removeprefix(f"{name}."): (row["evaluated"], row["violated"], row["errors"])
        for clause, row in report.items()
        if clause.startswith(f"{name}.")
    }
