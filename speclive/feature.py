"""From the parser's tree of a feature to its cards: what stands where, which tags it inherits, which rows it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from speclive.drafting import Draft
from speclive.refusing import Refusals
from speclive.steps import Fill, Raw, cells_of, filling, line_of, steps_of
from speclive.tags import Tag, heard, identity
from speclive.words import Card

MOST_STEPS = 200  # of a scenario
MOST_TAGS = 50


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scenario stands: the feature's name, the tags and the backgrounds above it."""

    feature: str
    tags: tuple[list[Tag], ...]
    backgrounds: tuple[Raw, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of examples, or what stands for a scenario that has none."""

    fill: Fill
    tags: list[Tag]
    line: int
    number: int = 0  # from 1; 0 where there are no examples


def cards_of(feature: Mapping[str, Any] | None, refusals: Refusals) -> Iterator[Card]:
    """The cards of a feature, in the order of the file. What is wrong goes to `refusals`."""
    if feature is None:
        return
    place = Place(feature["name"], (_tags(feature),))
    found = False
    for scenario, where in _scenarios(feature, place):
        found = True
        yield from _cards(scenario, where, refusals)
    if not found:
        refusals.refuse(line_of(feature), "it holds no Scenario: add one, or remove the file")


def _scenarios(holder: Raw, place: Place) -> Iterator[tuple[Raw, Place]]:
    for child in holder["children"]:
        if "background" in child:
            place = replace(place, backgrounds=(*place.backgrounds, child["background"]))
        elif "rule" in child:
            rule = child["rule"]
            yield from _scenarios(rule, replace(place, tags=(*place.tags, _tags(rule))))
        else:
            yield child["scenario"], place


def _cards(scenario: Raw, place: Place, refusals: Refusals) -> Iterator[Card]:
    steps = len(scenario["steps"]) + sum(len(each["steps"]) for each in place.backgrounds)
    if steps > MOST_STEPS:
        refusals.refuse(line_of(scenario), f"more than {MOST_STEPS} steps: make it several scenarios")
        return
    if not scenario["name"]:
        refusals.refuse(line_of(scenario), "it has no name: say in a few words what it promises")
    for holder in (*place.backgrounds, scenario):
        _no_steps_in_prose(holder, refusals)
    if sum(map(len, place.tags)) + len(scenario["tags"]) > MOST_TAGS:
        refusals.refuse(line_of(scenario), f"more than {MOST_TAGS} tags, those of its feature counted: take some out")
        return
    for row in _rows(scenario, refusals):
        refusals.count_steps(row.line, steps)
        yield _card(scenario, place, row, refusals)


def _no_steps_in_prose(holder: Raw, refusals: Refusals) -> None:
    """A first step whose keyword is misspelt is prose to the parser, its doc string too: nothing would look at it."""
    prose = holder["description"]
    if any(mark in prose for mark in ('"""', "```")):
        first = prose.strip().partition("\n")[0]
        refusals.refuse(line_of(holder), f"`{first}` begins with no keyword of a step, so it would not be looked at")


def _card(scenario: Raw, place: Place, row: Row, refusals: Refusals) -> Card:
    own = _tags(scenario)
    filled = [(row.fill(tag), line) for tag, line in own]
    told = heard((*place.tags, filled, row.tags))
    for reason, line in told.refused:
        refusals.refuse(line, reason)
    id_ = told.values.get("spec-id") or identity(place.feature, scenario["name"])
    named_by_row = any(tag.startswith("spec-id:") and (tag, line) not in filled for tag, line in own)
    if row.number and not named_by_row:
        id_ = f"{id_}[{row.number}]"
    blocks = [steps_of(each["steps"], _as_it_is) for each in place.backgrounds]
    return Draft(
        id_, row.fill(scenario["name"]), row.line, told, [*blocks, steps_of(scenario["steps"], row.fill)], refusals
    ).card()


def _rows(scenario: Raw, refusals: Refusals) -> Iterator[Row]:
    line = line_of(scenario)
    if not scenario["examples"]:
        yield Row(_as_it_is, [], line)
        return
    number = 0
    for examples in scenario["examples"]:
        header = cells_of(examples["tableHeader"]) if "tableHeader" in examples else []
        if len(set(header)) < len(header) or "" in header or not header:
            refusals.refuse(
                line_of(examples), "each of its columns needs a name of its own: begin it with a row of them"
            )
            continue
        for row in examples["tableBody"]:
            number += 1
            yield Row(_counted(filling(header, cells_of(row)), refusals, row), _tags(examples), line_of(row), number)
    if not number:
        refusals.refuse(line, "its examples have no row, so it guards nothing: add one")


def _counted(fill: Fill, refusals: Refusals, row: Raw) -> Fill:
    def counting(text: str) -> str:
        filled = fill(text)
        refusals.count_filled(line_of(row), len(filled))
        return filled

    return counting


def _as_it_is(text: str) -> str:
    return text


def _tags(holder: Raw) -> list[Tag]:
    return [(tag["name"].removeprefix("@"), line_of(tag)) for tag in holder["tags"]]
