"""The contracts of a pull request, beside the figures that they judge: which there are, and what each asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.render import words
from app.render.escape import line
from app.render.words import Word
from checks.model import Decision, Measure, Row, State

_ORIGINS = {
    "config": "of the configuration",
    "base": "of the base branch",
    "head": "added by this change",
    "body": "added by the description",
}
_LONG = re.compile(r"\d+\.\d{4,}")  # a figure with more digits than anybody reads


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition, `depth` below its contract."""

    depth: int
    state: Word
    text: str


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract and what it asks for."""

    id: str
    origin: str
    path: str
    clauses: Sequence[Clause]

    @property
    def said(self) -> str:
        """Its name, and where it is from."""
        return f"{self.id}, {self.origin}"


def contracts_of(decision: Decision) -> tuple[str, Sequence[Contract]]:
    """Where the conditions of the only contract are from, whose figures say all else; or else every contract."""
    row = _row(decision)
    found = [_contract(one, row) for one in row.result.detail.get("contracts", ())] if row else []
    plain = len(found) == 1 and not any(clause.depth for clause in found[0].clauses)
    return (found[0].said, ()) if plain else ("", found)


def remarks_of(decision: Decision) -> Sequence[tuple[Word, str]]:
    """What is to be said of the contracts themselves."""
    row = _row(decision)
    notes = row.result.detail.get("notes", ()) if row else ()
    return [(words.STATES[State(one["state"])], one["text"]) for one in notes]


def _row(decision: Decision) -> Row | None:
    return next((row for row in decision.rows if row.result.name == words.CONTRACT), None)


def _contract(one: Mapping[str, Any], row: Row) -> Contract:
    clauses = [
        Clause(min(said["depth"], 4), words.STATES[State(said["state"])], _clause(said["text"], row.result.measures))
        for said in one["lines"]
    ]
    return Contract(line(one["id"], 100), _ORIGINS[one["origin"]], line(one["path"] or "", 200), clauses)


def _clause(text: str, measures: Sequence[Measure]) -> str:
    """What is asked for, where a figure of the table tells what was measured; else what the check says."""
    asked = {
        f"{one.name} {words.limit(one)}"
        for one in measures
        if one.limit and text.startswith(f"{one.name} ") and one.limit in text
    }
    return line(asked.pop() if len(asked) == 1 else _LONG.sub(lambda it: words.number(float(it[0])), text), 300)
