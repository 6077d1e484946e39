"""Cards for the tests of guards, and how to look at what they saw."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from speclive import control
from speclive.cards import Cards, parse
from speclive.guards import report
from speclive.sites import REGISTRY
from speclive.state import STATE

_NUMBERS = itertools.count()
STEPS = {"Given": "Given it is so", "Then": "Then it holds"}


def cards(
    *conditions: str, tags: str = "", binding: str = 'the function "shop:pay"', name: str = "", tables: str = ""
) -> Cards:
    """One card with an id of its own. A condition begins with its word: `Given amount > 0`, `Then result`."""
    lines = ["Feature: Shop", "  Background:", f"    Given {binding}"]
    lines += [f"  @spec-id:{name or f'card{next(_NUMBERS)}'} {tags}", "  Scenario: One"]
    whens = 0
    for condition in conditions:
        word, _, source = condition.partition(" ")
        if word != "Given" and not whens:
            lines.append("    When it is called")
            whens += 1
        if word == "Raises":
            lines += ["    Then it only raises", f"      | raises | {' | '.join(source.split())} |"]
        else:
            lines += [f"    {STEPS[word]}", '      """expr', textwrap.indent(source, " " * 6), '      """']
    if tables:
        lines += ["    And an example shows", *(f"      {table}" for table in tables.splitlines())]
    return parse("\n".join(lines) + "\n", "specs/shop.feature")


def seen(given: Cards) -> dict[str, tuple[int, int, int]]:
    """Of each clause of the cards, by the end of its id: evaluated, violated, errors."""
    told = report()
    return {
        clause.id.partition("#")[2]: (row["evaluated"], row["violated"], row["errors"])
        for card in given
        for clause in card.clauses
        if (row := told.get(clause.id))
    }


def examples(given: Cards) -> list[dict[str, Any]]:
    """All examples of the cards."""
    told = report()
    return [one for card in given for clause in card.clauses for one in told[clause.id]["exemplars"]]


def outcome(call: Callable[[], Any]) -> tuple[str, Any]:
    """What a call gives back, or the very exception that it raises."""
    try:
        return "returned", call()
    except BaseException as error:
        return "raised", error


@contextmanager
def as_before() -> Iterator[None]:
    """Whatever is set within is not set after."""
    side, settings = STATE.side, STATE.settings
    seated = [(site, site.cards) for site in tuple(REGISTRY.sites)]
    try:
        yield
    finally:
        for site, held in seated:
            site.take(site.plan(held))
        control.settings(settings)
        control.configure(side=side)
        control.obey({"version": 1, "off": False, "settings": list(settings)})
        control.on()
