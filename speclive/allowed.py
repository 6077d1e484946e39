"""What an expression may be made of, and the reason that is given for everything else."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from speclive.calls import CALLS

MOST_CHARACTERS = 2_000
MOST_PARTS = 600  # nodes and operators
MOST_DEPTH = 40
MOST_GROWING = 16  # additions and multiplications: each may double what it is given
MOST_NUMBER = 2**63
OLD = "old"
# Ways from a value to the interpreter that need no underscore, and to what formats.
TRAPS = frozenset({
    "ag_await", "ag_code", "ag_frame", "co_code", "co_consts", "co_names", "cr_await", "cr_code", "cr_frame",
    "cr_origin", "f_back", "f_builtins", "f_code", "f_globals", "f_locals", "f_trace", "format", "format_map",
    "func_closure", "func_code", "func_defaults", "func_globals", "gi_code", "gi_frame", "gi_yieldfrom", "im_class",
    "im_func", "im_self", "mro", "tb_frame", "tb_next",
})  # fmt: skip
PLAIN = frozenset({
    ast.BoolOp, ast.And, ast.Or, ast.Not, ast.UAdd, ast.USub, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv,
    ast.Mod, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Is, ast.IsNot, ast.In, ast.NotIn, ast.IfExp,
    ast.Load, ast.Subscript, ast.Slice, ast.Tuple, ast.List, ast.Set, ast.keyword,
})  # fmt: skip
"""Allowed wherever Python allows them; the others are looked at one by one below."""

FORBIDDEN: Mapping[type[ast.AST], str] = {
    ast.Lambda: "a lambda is not allowed: write the condition itself",
    ast.NamedExpr: "`:=` is not allowed: write the condition itself",
    ast.Pow: "`**` is not allowed, for its result may fill the memory: multiply",
    ast.LShift: "`<<` is not allowed: multiply",
    ast.RShift: "`>>` is not allowed: use `//`",
    ast.BitOr: "`|` is not allowed: use `or`",
    ast.BitAnd: "`&` is not allowed: use `and`",
    ast.BitXor: "`^` is not allowed: use `!=`",
    ast.Invert: "`~` is not allowed: use `not`",
    ast.MatMult: "`@` is not allowed",
    ast.Starred: "`*` before a value is not allowed: write the values out",
    ast.JoinedStr: "an f-string is not allowed: compare the values themselves",
    ast.Await: "await is not allowed: a condition sees what is there",
    ast.Yield: "yield is not allowed",
    ast.YieldFrom: "yield is not allowed",
    **dict.fromkeys(
        (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
        "a comprehension is not allowed: use len, sum, min, max, any, all or sorted of a value that is there",
    ),
}


class ExpressionError(ValueError):
    """An expression that is refused: the line within it, from 1, and the reason in one line."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Parts:
    """What a tree is made of: the names that it reads, and its calls of `old` in the order in which they are met."""

    names: frozenset[str]
    olds: tuple[ast.Call, ...]


def check(root: ast.expr, source: str, names: frozenset[str] | None) -> Parts:
    """Raise ExpressionError at the first part of the tree that is not allowed. `names`: those it may read, or None."""
    if isinstance(root, ast.Tuple | ast.List | ast.Set | ast.Dict):
        raise ExpressionError(root.lineno, "several values together are no condition: join conditions with `and`")
    placed = _placed(root)
    called = {id(node.func) for node, _ in placed if isinstance(node, ast.Call)}
    lines = [] if source.isascii() else f"[{source}".split("\n")
    read: set[str] = set()
    for node, line in placed:
        reason = _reason(node)
        if isinstance(node, ast.Name) and id(node) not in called:
            read.add(node.id)
            reason = reason or _unreadable(node.id, names)
        if lines and isinstance(node, ast.Name | ast.Attribute):
            reason = reason or _misspelt(node, lines)
        if reason:
            raise ExpressionError(line, reason)
    return Parts(frozenset(read), tuple(node for node, _ in placed if isinstance(node, ast.Call) and _is_old(node)))


def _is_old(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == OLD


def _placed(root: ast.expr) -> list[tuple[ast.AST, int]]:
    """Every node with its line, the outer ones first; an operator has the line of what holds it."""
    level: list[tuple[ast.AST, int]] = [(root, _line(root, 1))]
    placed: list[tuple[ast.AST, int]] = []
    for _ in range(MOST_DEPTH):
        placed += level
        level = [child for node, line in level for child in _children(node, line)]
        if not level or len(placed) > MOST_PARTS:
            break
    if level or len(placed) > MOST_PARTS:
        raise ExpressionError(root.lineno, "it is too deep or has too many parts: make it several steps")
    if sum(isinstance(node, ast.Add | ast.Mult) for node, _ in placed) > MOST_GROWING:
        reason = f"more than {MOST_GROWING} additions and multiplications: use sum, or make it several steps"
        raise ExpressionError(root.lineno, reason)
    return placed


def _children(node: ast.AST, line: int) -> Iterator[tuple[ast.AST, int]]:
    for name in node._fields:
        value = getattr(node, name)
        for child in value if isinstance(value, list) else (value,):
            if isinstance(child, ast.AST) and not isinstance(child, ast.expr_context):
                yield child, _line(child, line)


def _line(node: ast.AST, above: int) -> int:
    """Where to look for what is wrong with a node: an attribute stands at its end."""
    return getattr(node, "end_lineno" if isinstance(node, ast.Attribute) else "lineno", above)


def _reason(node: ast.AST) -> str:
    if type(node) in PLAIN:
        return ""
    if type(node) in FORBIDDEN:
        return FORBIDDEN[type(node)]
    rule = _RULES.get(type(node))
    return rule(node) if rule else f"{type(node).__name__} is not allowed in an expression"


def _constant(node: ast.Constant) -> str:
    value = node.value
    if isinstance(value, complex) or value is ...:
        return f"{value!r} is not allowed"
    if isinstance(value, int) and abs(value) >= MOST_NUMBER:
        return "the number is too large: less than 2 to the power of 63"
    return ""


def _attribute(node: ast.Attribute) -> str:
    if node.attr.startswith("_"):
        return f"`.{node.attr}` is not allowed: no attribute that begins with an underscore is read"
    return f"`.{node.attr}` is not allowed: it leads out of the value" if node.attr in TRAPS else ""


def _call(node: ast.Call) -> str:
    if not isinstance(node.func, ast.Name):
        return f"only these may be called, and no method: {', '.join(sorted(CALLS))}, {OLD}"
    name, given = node.func.id, {keyword.arg for keyword in node.keywords}
    if name == OLD:
        return _old(node)
    if name not in CALLS:
        return f"`{name}` may not be called; these may: {', '.join(sorted(CALLS))}, {OLD}"
    call = CALLS[name]
    if not call.least <= len(node.args) <= call.most or not given <= call.named:
        return f"`{name}` takes {call.told()}"
    return ""


def _old(node: ast.Call) -> str:
    if len(node.args) != 1 or node.keywords:
        return "`old` takes one expression: what it was before the call"
    inside = [each for each in ast.walk(node.args[0]) if isinstance(each, ast.Name)]
    if any(each.id == OLD for each in inside):
        return "`old` within `old` is not allowed: all of it is of the same moment"
    if any(each.id == "result" for each in inside):
        return "`old(...)` is of the moment before the call: there is no `result` yet"
    return ""


def _compare(node: ast.Compare) -> str:
    for operator, right in zip(node.ops, node.comparators, strict=True):
        if isinstance(operator, ast.Is | ast.IsNot) and not _is_none(right):
            return "`is` is allowed with None only: use `==`"
        if isinstance(operator, ast.In | ast.NotIn) and len(node.ops) > 1:
            return "`in` is not allowed within a chain of comparisons: join two with `and`"
    return ""


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _dict(node: ast.Dict) -> str:
    return "`**` before a value is not allowed: write the keys out" if None in node.keys else ""


def _operation(node: ast.BinOp) -> str:
    if isinstance(node.op, ast.Mult) and (_is_sequence(node.left) or _is_sequence(node.right)):
        return "a text or a list is not multiplied, for the result may fill the memory: write it out"
    if isinstance(node.op, ast.Mod) and _is_sequence(node.left):
        return "formatting a text with `%` is not allowed: compare the values themselves"
    return ""


def _is_sequence(node: ast.expr) -> bool:
    literal = isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    return literal or isinstance(node, ast.List | ast.Tuple | ast.JoinedStr)


def _accepted(_node: Any) -> str:
    return ""


def _unreadable(name: str, names: frozenset[str] | None) -> str:
    if name == OLD:
        return "`old` is a word of the cards: write old(...) of an expression"
    if name.startswith("_"):
        return f"`{name}` is not allowed: no name that begins with an underscore is read"
    if names is not None and name not in names:
        return f"there is no `{name}` here; these are: {', '.join(sorted(names))}"
    return ""


def _misspelt(node: ast.Name | ast.Attribute, lines: list[str]) -> str:
    """Python reads letters that look alike as one; a person would not see which name it is."""
    name = node.id if isinstance(node, ast.Name) else node.attr
    if name.isascii() and all(line.isascii() for line in lines):
        return ""
    ending = lines[(node.end_lineno or 1) - 1].encode()[: node.end_col_offset].decode()
    return "" if ending.endswith(name) else f"it is read as `{name}`, but written in other letters: write it so"


_RULES: Mapping[type[ast.AST], Callable[[Any], str]] = {
    ast.Attribute: _attribute,
    ast.BinOp: _operation,
    ast.Call: _call,
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.Dict: _dict,
    ast.Name: _accepted,
    ast.UnaryOp: _accepted,
}
