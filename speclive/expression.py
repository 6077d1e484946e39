"""Conditions of a card: Python expressions of which only what is harmless is allowed.

`vetted` says whether a text is such an expression; `tree` gives what is compiled of it. What no list allows is refused.
"""

from __future__ import annotations

import ast
import hashlib
import unicodedata
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from speclive.allowed import MOST_CHARACTERS, ExpressionError, check
from speclive.calls import CALLS, OPERATORS
from speclive.rewriting import PREFIX, Rewriting
from speclive.words import Expression

__all__ = ["FUNCTIONS", "ExpressionError", "tree", "vetted"]

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    PREFIX + name: function
    for name, function in ({name: call.function for name, call in CALLS.items()} | dict(OPERATORS)).items()
}
"""What a `tree` calls, by the names that it calls it by: no parameter of an endpoint can hide them."""

_SHAPELESS = frozenset({"ctx", "kind"})  # fields of a node that tell nothing of what it means


@lru_cache(maxsize=4096)
def vetted(source: str, names_allowed: frozenset[str] | None = None) -> Expression:
    """`source` as an expression that may be compiled.

    `names_allowed`: what it may read besides the table of functions; None where that is not known yet, and its `names`
    tell. Raises ExpressionError with the line within `source`.
    """
    root = _parsed(source)
    parts = check(root, source, names_allowed)
    _compiled(root)
    digest = hashlib.sha256(_canonical(root).encode()).hexdigest()[:12]
    return Expression(source.strip(), digest, parts.names, tuple(ast.unparse(call.args[0]) for call in parts.olds))


def tree(expression: Expression) -> ast.expr:
    """A tree of one's own to compile, with `old(e)` left in and all else called by the names of FUNCTIONS."""
    rewritten: ast.expr = Rewriting().visit(_parsed(expression.source))
    return rewritten


def _parsed(source: str) -> ast.expr:
    """The tree of a text that may have several lines. Brackets around it let it, and nothing else."""
    if len(source) > MOST_CHARACTERS:
        raise ExpressionError(1, f"longer than {MOST_CHARACTERS} characters: make it several steps")
    for number, line in enumerate(() if source.isprintable() else source.split("\n"), start=1):
        if strange := next((char for char in line if _is_hidden(char)), None):
            raise ExpressionError(number, f"it has the invisible character U+{ord(strange):04X}: take it out")
    return _only(_read(source), source)


def _is_hidden(char: str) -> bool:
    return char != "\t" and unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _read(source: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(f"[{source}\n]", mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(_within(error.lineno, source), f"not a Python expression: {error.msg}") from None
    except (ValueError, MemoryError, RecursionError, OverflowError):
        raise ExpressionError(1, "it is too deep to be read: make it several steps") from None


def _within(line: int | None, source: str) -> int:
    return min(max(line or 1, 1), source.count("\n") + 1)


def _only(outer: ast.expr, source: str) -> ast.expr:
    """The one element of the brackets. What closes ours, or is several, is no condition."""
    lines = f"[{source}\n]".split("\n")
    whole = isinstance(outer, ast.List) and outer.col_offset == 0 and outer.end_lineno == len(lines)
    if isinstance(outer, ast.List) and whole and not outer.elts:
        raise ExpressionError(1, "it is empty: write a condition")
    if not isinstance(outer, ast.List) or not whole or len(outer.elts) != 1:
        raise ExpressionError(1, "it must be one condition: join several with `and`, or make them several steps")
    only = outer.elts[0]
    last = (only.end_lineno or 1) - 1
    behind = [lines[last].encode()[only.end_col_offset :].decode(), *lines[last + 1 :]]
    if any("," in line.partition("#")[0] for line in behind):
        raise ExpressionError(last + 1, "a comma at its end makes it a tuple, which always holds: take it out")
    return only


def _compiled(root: ast.expr) -> None:
    """Python has the last word: it warns of `1[0]` and the like, which cannot be meant."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SyntaxWarning)
            compile(ast.Expression(root), "<card>", "eval")
    except SyntaxError as error:
        raise ExpressionError(error.lineno or 1, f"not a condition: {error.msg}") from None
    except (ValueError, MemoryError, RecursionError, OverflowError):
        raise ExpressionError(1, "it is too deep to be compiled: make it several steps") from None


def _canonical(part: Any) -> str:
    """A tree in one line, the same on every Python: `ast.dump` is written differently by each."""
    if isinstance(part, ast.AST):
        fields = [_canonical(getattr(part, name)) for name in part._fields if name not in _SHAPELESS]
        return f"{type(part).__name__}({','.join(fields)})"
    if isinstance(part, list):
        return f"[{','.join([_canonical(each) for each in part])}]"
    return f"{type(part).__name__}:{part!r}"
