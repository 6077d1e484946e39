"""What a Given says of a number by itself, `0 <= percent <= 100`: so few made-up inputs have to be thrown away."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from speclive.cards import Card, Part

_TURNED = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Eq: ast.Eq}


class Range(NamedTuple):
    """The least and the most that a whole number may be; None: there is no end."""

    least: int | None = None
    most: int | None = None


def ranges(card: Card) -> dict[str, Range]:
    """By parameter, the range of whole numbers outside of which the card does not apply."""
    found: dict[str, Range] = {}
    for clause in card.of(Part.GIVEN):
        if clause.expression is not None:
            for name, one in _said(ast.parse(clause.expression.source, mode="eval").body):
                found[name] = _both(found.get(name, Range()), one)
    return found


def _said(node: ast.expr) -> Iterator[tuple[str, Range]]:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        for value in node.values:
            yield from _said(value)
    elif isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
            yield from _compared(left, type(operator), right)
            yield from _compared(right, _TURNED.get(type(operator), ast.NotEq), left)


def _compared(name: ast.expr, operator: type[ast.cmpop], bound: ast.expr) -> Iterator[tuple[str, Range]]:
    value = _whole(bound)
    if not isinstance(name, ast.Name) or value is None:
        return
    by_operator = {
        ast.Lt: Range(most=value - 1),
        ast.LtE: Range(most=value),
        ast.Gt: Range(least=value + 1),
        ast.GtE: Range(least=value),
        ast.Eq: Range(value, value),
    }
    if operator in by_operator:
        yield name.id, by_operator[operator]


def _whole(node: ast.expr) -> int | None:
    try:
        value: Any = ast.literal_eval(node)
    except ValueError:
        return None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _both(left: Range, right: Range) -> Range:
    return Range(_pick(max, left.least, right.least), _pick(min, left.most, right.most))


def _pick(choose: Any, *values: int | None) -> int | None:
    given: Iterable[int] = [value for value in values if value is not None]
    return choose(given, default=None)  # type: ignore[no-any-return]
