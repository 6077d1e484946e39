"""A Then by itself: what it says of a call that somebody recorded, outside of any guard."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from types import CodeType
from typing import Any

from speclive.cards import Card, Clause, Expression, Part
from speclive.expression import FUNCTIONS, tree

_WORLD: dict[str, Any] = {"__builtins__": {}, **FUNCTIONS}


class Said(StrEnum):
    """What a clause says of a call."""

    HOLDS = "holds"
    VIOLATED = "violated"
    UNDECIDED = "undecided"  # it cannot be evaluated


@dataclass(frozen=True, slots=True)
class Condition:
    """An expression, compiled once. What it wants of the moment before the call is evaluated by `before`."""

    code: CodeType
    olds: tuple[CodeType, ...]

    def before(self, arguments: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values of each `old(e)`. Raises whatever the expression raises."""
        return tuple(_evaluated(code, arguments) for code in self.olds)

    def of(self, names: Mapping[str, Any], olds: tuple[Any, ...] = ()) -> Said:
        """What it says, given the arguments and `result`, and the values of before."""
        found = {_OLD + str(number): value for number, value in enumerate(olds)}
        try:
            return Said.HOLDS if _evaluated(self.code, {**names, **found}) else Said.VIOLATED
        except Exception:  # whatever an expression meets in values that it was not written for
            return Said.UNDECIDED


@dataclass(frozen=True, slots=True)
class Judged:
    """A card whose conditions are compiled: `given` in their order, `then` with their clauses."""

    card: Card
    given: tuple[Condition, ...]
    then: tuple[tuple[Clause, Condition], ...]

    def applies(self, arguments: Mapping[str, Any]) -> bool:
        """Whether every Given holds; one that cannot be evaluated does not."""
        return all(condition.of(arguments) is Said.HOLDS for condition in self.given)

    def before(self, arguments: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
        """By clause, what each Then wants of the moment before the call; without those that could not be had."""
        values: dict[str, tuple[Any, ...]] = {}
        for clause, condition in self.then:
            with suppress(Exception):  # as of a condition: the clause is undecided then
                values[clause.id] = condition.before(arguments)
        return values

    def says(self, arguments: Mapping[str, Any], olds: Mapping[str, tuple[Any, ...]], result: Any) -> dict[str, Said]:
        """What each Then says of a result, by clause."""
        names = {**arguments, "result": result}
        return {
            clause.id: condition.of(names, olds[clause.id]) if clause.id in olds else Said.UNDECIDED
            for clause, condition in self.then
        }


def judged(card: Card) -> Judged:
    """A card, compiled."""
    given = tuple(compiled(clause.expression) for clause in card.of(Part.GIVEN) if clause.expression)
    then = tuple((clause, compiled(clause.expression)) for clause in card.of(Part.THEN) if clause.expression)
    return Judged(card, given, then)


def compiled(expression: Expression) -> Condition:
    """A condition of an expression that was found harmless."""
    taken = _Taken()
    body = taken.visit(tree(expression))
    return Condition(_code(body), tuple(map(_code, taken.olds)))


_OLD = "_old_"


@dataclass
class _Taken(ast.NodeTransformer):
    """Takes each `old(e)` out of a tree, and leaves a name for it."""

    olds: list[ast.expr] = field(default_factory=list)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == "old":
            self.olds.append(node.args[0])
            return ast.Name(f"{_OLD}{len(self.olds) - 1}", ast.Load())
        return self.generic_visit(node)


def _code(body: ast.expr) -> CodeType:
    return compile(ast.fix_missing_locations(ast.Expression(body)), "<speclive>", "eval")


def _evaluated(code: CodeType, names: Mapping[str, Any]) -> Any:
    return eval(code, _WORLD, dict(names))  # noqa: S307 - of a tree in which only what is harmless is left
