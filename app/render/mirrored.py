"""What mirrored answers say, as the page of an experiment shows it: a row for each endpoint and field that differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from checks.shadow import FieldRow, Told, title
from checks.shadow.words import evidence, noise, share, ways

ROWS, CASES, ROUTES = 25, 5, 10  # fields, flagged fields whose cases are told, endpoints


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one endpoint, in words. `mark`: what it does to the canary, "" for nothing."""

    row: FieldRow
    mark: str
    differs: str
    by_itself: str
    beyond: str
    evidence: str
    ways: str


@dataclass(frozen=True, slots=True)
class Mirror:
    """All of it. `more`: fields that differ and have no row."""

    told: Told
    title: str
    fields: Sequence[Field]
    more: int
    cases: Sequence[FieldRow]


def mirror(told: Told) -> Mirror:
    """The worst first, as they were told."""
    shown = tuple(_field(row) for row in told.rows[:ROWS])
    flagged = [row for row in told.rows if row.flagged and row.exemplars]
    return Mirror(told, title(told), shown, told.differing - len(shown), flagged[:CASES])


def _field(row: FieldRow) -> Field:
    mark = "critical" if row.blocks and row.critical else "blocks" if row.blocks else "flagged" if row.flagged else ""
    differs, beyond = share(row.raw_rate, 3), share(row.effect, 3)
    return Field(row, mark, differs, noise(row), beyond, evidence(row), ways(row))
