"""The contracts of a pull request: which there are, what each asks for, and what was measured of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.render import words
from app.render.escape import line
from app.render.words import Word
from checks.model import Decision, Row, State

_ORIGINS = {
    "config": "of the configuration",
    "base": "of the base branch",
    "head": "added by this change",
    "body": "added by the description",
}
_DEEPEST = 6  # steps that the page moves to the right: three of nodes, three of conditions within conditions
_LONG = re.compile(r"\d+\.\d{4,}")  # a figure with more digits than anybody reads


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition with what was measured, `depth` below its contract.

    `margin`: how far its value lies from the limit; "" where nobody can say.
    """

    depth: int
    state: Word
    text: str
    margin: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a contract, `depth` below it: what it promises, in its author's words, and what it asks for."""

    id: str
    promise: str
    depth: int
    clauses: Sequence[Clause]


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract: what it promises and asks for, and its parts, each before those below it."""

    id: str
    origin: str
    path: str
    clauses: Sequence[Clause]
    promise: str = ""
    nodes: Sequence[Node] = ()

    @property
    def said(self) -> str:
        """Its name, and where it is from."""
        return f"{self.id}, {self.origin}"

    @property
    def plain(self) -> bool:
        """Does it say no more than a figure of the table does?"""
        return not (self.promise or self.nodes or any(clause.depth or clause.margin for clause in self.clauses))


def contracts_of(decision: Decision) -> tuple[str, Sequence[Contract]]:
    """Where the conditions of the only contract are from, whose figures say all else; or else every contract."""
    row = _row(decision)
    if row is None:
        return "", ()
    found: list[Contract] = []
    for one in row.result.detail.get("contracts", ()):
        if one.get("depth") and found:
            found[-1] = replace(found[-1], nodes=(*found[-1].nodes, _node(one)))
        else:
            found.append(_contract(one))
    return (found[0].said, ()) if len(found) == 1 and found[0].plain else ("", found)


def remarks_of(decision: Decision) -> Sequence[tuple[Word, str]]:
    """What is to be said of the contracts themselves."""
    row = _row(decision)
    notes = row.result.detail.get("notes", ()) if row else ()
    return [(words.STATES[State(one["state"])], one["text"]) for one in notes]


def _row(decision: Decision) -> Row | None:
    return next((row for row in decision.rows if row.result.name == words.CONTRACT), None)


def _contract(one: Mapping[str, Any]) -> Contract:
    origin, path = _ORIGINS[one["origin"]], line(one["path"] or "", 200)
    return Contract(line(one["id"], 100), origin, path, _clauses(one), line(one.get("promise", ""), 200))


def _node(one: Mapping[str, Any]) -> Node:
    return Node(line(one["id"], 400), line(one.get("promise", ""), 200), min(one["depth"], _DEEPEST), _clauses(one))


def _clauses(one: Mapping[str, Any]) -> Sequence[Clause]:
    return [
        Clause(
            min(said["depth"] + one.get("depth", 0), _DEEPEST),
            words.STATES[State(said["state"])],
            line(_LONG.sub(lambda it: words.number(float(it[0])), said["text"]), 300),
            line(said.get("margin", ""), 60),
        )
        for said in one["lines"]
    ]
