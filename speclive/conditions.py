"""A condition in the names of the wrapper that decides it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from speclive.allowed import OLD
from speclive.expression import FUNCTIONS, tree
from speclive.words import Card, Clause, Part

RESULT = "result"


class Unfit(ValueError):
    """A card that reads what its function has not, with file and line."""


@dataclass(frozen=True, slots=True)
class Names:
    """What a card may read, by the name that the wrapper has for it, and what begins every name of ours."""

    prefix: str  # of the wrapper, and of one card in it
    card_prefix: str
    there: Mapping[str, str]

    def with_result(self) -> Mapping[str, str]:
        """After the call there is its result, whatever a parameter is called."""
        return {**self.there, RESULT: f"{self.prefix}_result"}


@dataclass(slots=True)
class Conditions:
    """The conditions of one card, by the index of the clause. `olds`: of each e of an `old(e)`, in our names, the local
    that keeps it.
    """

    card: Card
    names: Names
    olds: dict[str, str] = field(default_factory=dict)
    sources: dict[int, str] = field(default_factory=dict)

    @staticmethod
    def of(card: Card, names: Names) -> Conditions:
        """Those of a card, to read only. Raises Unfit where the card reads what is not there."""
        return _conditions(card, names.prefix, names.card_prefix, tuple(names.there.items()))

    def old(self, source: str) -> str:
        """The local that keeps what `source` was before the call."""
        return self.olds.setdefault(source, f"{self.names.card_prefix}_o{len(self.olds)}")

    def refused(self, index: int, name: str, there: Mapping[str, str]) -> Unfit:
        """Why a name cannot be read."""
        clause: Clause = self.card.clauses[index]
        known = ", ".join(there) or "no parameter"
        return Unfit(f"{self.card.path}:{clause.line}: {clause.id} reads {name!r}, and there is {known}")


@lru_cache(maxsize=512)  # most of the time that it takes to guard anew what the same cards guarded before
def _conditions(card: Card, prefix: str, card_prefix: str, there: tuple[tuple[str, str], ...]) -> Conditions:
    names = Names(prefix, card_prefix, dict(there))
    written = Conditions(card, names)
    for index, clause in enumerate(card.clauses):
        if clause.expression is not None:
            seen = names.with_result() if clause.part is Part.THEN else names.there
            renamed = _Renamed(written, index, seen).visit(tree(clause.expression))
            written.sources[index] = ast.unparse(renamed)
    return written


class _Renamed(ast.NodeTransformer):
    def __init__(self, written: Conditions, index: int, there: Mapping[str, str]) -> None:
        self.written, self.index, self.there = written, index, there

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """A function of ours is ours even where a parameter is called like it."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == OLD:
            before = _Renamed(self.written, self.index, self.written.names.there)
            source = ast.unparse(before.visit(node.args[0]))
            return ast.Name(self.written.old(source), ast.Load())
        function = self._function(name) if name in FUNCTIONS else self.visit(node.func)
        arguments = [self.visit(argument) for argument in node.args]
        return ast.Call(function, arguments, [self.visit(keyword) for keyword in node.keywords])

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.there:
            return ast.Name(self.there[node.id], ast.Load())
        if node.id in FUNCTIONS:
            return self._function(node.id)
        raise self.written.refused(self.index, node.id, self.there)

    def _function(self, name: str) -> ast.expr:
        return ast.Name(f"{self.written.names.prefix}{name}", ast.Load())
