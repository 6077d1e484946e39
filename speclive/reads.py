"""What of a request and its answer the cards of an endpoint read: nothing else of it is made."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from speclive.cards import Card

REQUEST = ("method", "path", "params", "query", "headers", "body")
RESULT = ("status", "headers", "body")


@dataclass(frozen=True, slots=True)
class Reads:
    """`request`: those of its names that are read; `result`: those of its keys."""

    request: frozenset[str] = frozenset()
    result: frozenset[str] = frozenset()

    @staticmethod
    def of(cards: Iterable[Card]) -> Reads:
        """What the cards read, show or watch."""
        paths = [path for card in cards for path in _paths(card)]
        request = {path[0] for path in paths} & set(REQUEST)
        result = {key for path in paths if path[0] == "result" for key in (path[1:2] or RESULT)}
        return Reads(frozenset(request), frozenset(result & set(RESULT)))


def _paths(card: Card) -> Iterator[tuple[str, ...]]:
    for clause in card.clauses:
        if clause.expression is not None:
            yield from _read(ast.parse(f"({clause.expression.source}\n)", mode="eval"))
    for told in (*card.watch, *card.allow):
        yield tuple(told.split("."))


def _read(node: ast.AST) -> Iterator[tuple[str, ...]]:
    """`body['a']` as (body, a), and what is named without a constant key by its name alone."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and isinstance(node.slice, ast.Constant):
        yield node.value.id, str(node.slice.value)
        return
    if isinstance(node, ast.Name):
        yield (node.id,)
    for child in ast.iter_child_nodes(node):
        yield from _read(child)
