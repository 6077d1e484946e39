"""The steps of a scenario as a card reads them, with the values of a row put in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Raw = Mapping[str, Any]
"""A node of the parser's tree."""

Fill = Callable[[str], str]
"""Puts the values of a row into a text."""


class Kind(StrEnum):
    """What a step tells, as the parser names it."""

    GIVEN = "Context"
    WHEN = "Action"
    THEN = "Outcome"


@dataclass(frozen=True, slots=True)
class Doc:
    """A doc string: its media type, its text, and the line that opens it."""

    media: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `rows`: of its table, each with its line."""

    kind: Kind
    text: str
    line: int
    doc: Doc | None = None
    rows: tuple[tuple[int, list[str]], ...] = ()


def steps_of(raw: Sequence[Raw], fill: Fill) -> tuple[Step, ...]:
    """The steps of a scenario or a background: `And`, `But` and `*` go on with what stands before them."""
    steps: list[Step] = []
    kind = Kind.GIVEN
    for each in raw:
        named = each.get("keywordType")
        kind = Kind(named) if named in set(Kind) else kind
        steps.append(Step(kind, fill(each["text"]), line_of(each), _doc(each, fill), _rows(each, fill)))
    return tuple(steps)


def line_of(raw: Raw) -> int:
    """Where a node begins."""
    return int(raw["location"]["line"])


def cells_of(row: Raw) -> list[str]:
    """The texts of a row of a table."""
    return [cell["value"] for cell in row["cells"]]


def filling(header: Sequence[str], row: Sequence[str]) -> Fill:
    """Puts `row` in where `<name>` of its header stands, in one go: a value that looks like a name stays a value."""
    values = dict(zip(header, row, strict=True))
    place = re.compile(f"<({'|'.join(map(re.escape, header))})>")
    return lambda text: place.sub(lambda match: values[match[1]], text) if "<" in text else text


def _doc(raw: Raw, fill: Fill) -> Doc | None:
    doc = raw.get("docString")
    return Doc(fill(doc.get("mediaType") or "").strip(), fill(doc["content"]), line_of(doc)) if doc else None


def _rows(raw: Raw, fill: Fill) -> tuple[tuple[int, list[str]], ...]:
    rows = raw["dataTable"]["rows"] if "dataTable" in raw else ()
    return tuple((line_of(row), [fill(cell) for cell in cells_of(row)]) for row in rows)
