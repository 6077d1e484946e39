"""A batch as it is sent: sketches by feature, or rows that are sketched here."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from typing import Any

from checks.drift.column import Kind, column, is_missing, name, number
from checks.drift.reference import MOST_FEATURES
from checks.drift.sketch import NameSketch, NumberSketch, Sketch, SketchError, says_nothing, sketch_of

MOST_ROWS = 100_000  # of a batch that is sent as rows
LONGEST_FEATURE = 200  # characters of its name

Row = Mapping[str, Any]


class BatchError(ValueError):
    """What was sent is no batch, and where it goes wrong."""


def sketches(features: object, kinds: Mapping[str, Kind]) -> dict[str, Sketch]:
    """`features` is JSON: a sketch by the name of each. `kinds`: of those whose kind is known. Raises BatchError."""
    if not isinstance(features, dict):
        raise BatchError('`features` is an object: {"<name>": <sketch>, ...}')
    _checked_names(list(features))
    return {feature: _of_kind(feature, _sketch(feature, sent), kinds) for feature, sent in features.items()}


def sketched(rows: Sequence[object], kinds: Mapping[str, Kind]) -> dict[str, Sketch]:
    """The same of rows, each an object of values by feature. Of features without a kind it is told by their values."""
    if len(rows) > MOST_ROWS:
        raise BatchError(f"more than {MOST_ROWS:,} rows at a time")
    for at, row in enumerate(rows):
        if not isinstance(row, dict):
            raise BatchError(f"row {at + 1} is no object")
    names = list(dict.fromkeys(feature for row in rows for feature in row))  # type: ignore[attr-defined]
    _checked_names(names)
    return {feature: _told([row.get(feature) for row in rows], kinds.get(feature)) for feature in names}  # type: ignore[attr-defined]


def rows_of_csv(text: str) -> list[Row]:
    """The rows of a table whose first line names the features. Raises BatchError."""
    lines = csv.reader(text.splitlines(), strict=True)
    try:
        head = next(lines, [])
        rows = [_row(head, cells, lines.line_num) for cells in lines if cells]
    except csv.Error as error:
        raise BatchError(f"line {lines.line_num}: {error}") from None
    if len(set(head)) != len(head):
        raise BatchError("line 1: two columns have the same name")
    return rows


def _row(head: Sequence[str], cells: Sequence[str], line: int) -> Row:
    if len(cells) != len(head):
        raise BatchError(f"line {line} has {len(cells)} cells, the first has {len(head)}")
    return dict(zip(head, cells, strict=True))


def _checked_names(names: Sequence[object]) -> None:
    if not names:
        raise BatchError("there is no feature in it")
    if len(names) > MOST_FEATURES:
        raise BatchError(f"more than {MOST_FEATURES} features")
    for feature in names:
        if not isinstance(feature, str) or not 0 < len(feature) <= LONGEST_FEATURE or not feature.isprintable():
            raise BatchError(f"{json.dumps(feature)[:80]} is no name of a feature")


def _sketch(feature: str, sent: object) -> Sketch:
    try:
        return sketch_of(sent)
    except SketchError as error:
        raise BatchError(f"`{feature}` is no sketch: {error}") from None


def _of_kind(feature: str, sketch: Sketch, kinds: Mapping[str, Kind]) -> Sketch:
    sent = Kind.NUMERIC if isinstance(sketch, NumberSketch) else Kind.CATEGORICAL
    if kinds.get(feature, sent) is not sent and not says_nothing(sketch):
        raise BatchError(f"`{feature}` is {kinds[feature]} by the configuration, and came as {sent}")
    return sketch


def _told(cells: list[Any], kind: Kind | None) -> Sketch:
    if (kind or column(_numbers(cells)).kind) is Kind.NUMERIC:
        return NumberSketch().add_many([number(cell) for cell in cells])
    return NameSketch().add_many([None if is_missing(cell) else name(cell) for cell in cells])


def _numbers(cells: list[Any]) -> list[Any]:
    """Text that reads as a number as one: a table has nothing but text."""
    return [_read(cell) if isinstance(cell, str) else cell for cell in cells]


def _read(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell
