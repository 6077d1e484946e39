"""Whatever is given as a condition: it is an expression or it is refused, and what is accepted stays small."""

from __future__ import annotations

import ast
import math
import sys
import time
from decimal import Decimal
from types import CodeType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from speclive.calls import CALLS
from speclive.expression import FUNCTIONS, ExpressionError, tree, vetted
from speclive.words import Expression
from tests.speclive.test_expression_escapes import ESCAPES, written

WORDS = """
a b result n ctx old len sum str int round sorted min max any all isclose float abs bool ( ) [ ] { } , . : ; = == != <
<= + - * / // % ** << | & ~ @ := -> not and or in is if else for lambda await yield None True 0 1 1.5 1e999 1j ' " 'x'
'%99d' f'{a}' b'' __class__ .__dict__ .mro ... # \\ \0 ａ $ ? !
"""
TOKENS = st.sampled_from([*WORDS.split(), "\n", "\t", " "])
LETTERS = "abｃ_.()[]{}'\"\\#,:=<>+-*/%@!~|&^0189ef \n\t\r\0\x0c\x7f\u202e\u2028\ud800\U0001f600é"
LEAVES = st.sampled_from(
    ["a", "b", "s", "big", "deep", "text", "rows", "price", "nan", "1", "2.5", "9007199254740993", "''", "None", "[]"]
)


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Larger expressions from smaller ones, most of them allowed."""
    operator = st.sampled_from(["+", "-", "*", "/", "//", "%", "==", "<", "and", "or", "in", "not in"])
    function = st.sampled_from([*CALLS, "old"])
    return st.one_of(
        st.builds("({} {} {})".format, inner, operator, inner),
        st.builds("{}({})".format, function, inner),
        st.builds("round({}, {})".format, inner, inner),
        st.builds("{}[{}:]".format, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("(not {})".format, inner),
        st.builds("(-{})".format, inner),
    )


CONDITIONS = st.recursive(LEAVES, combined, max_leaves=25)


def nested(depth: int) -> list[Any]:
    """A list in a list, and so on."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


HOSTILE: dict[str, Any] = {
    "a": 10**4000,
    "b": -(2**63),
    "s": "%999999999d{0.__class__}" * 4_000,
    "big": list(range(50_000)),
    "deep": nested(5_000),
    "text": "\\'\"" * 30_000,
    "rows": [[0]] * 1_000,
    "price": Decimal("1e999999999"),
    "nan": math.nan,
}


def read(source: str) -> Expression | None:
    """The expression; None where it is refused in one line, with a line that is in it."""
    try:
        return vetted(source)
    except ExpressionError as error:
        refused = error
    assert refused.reason
    assert 1 <= refused.line <= source.count("\n") + 1
    return None


class _Before(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        """What `old(e)` is of a call that changes nothing."""
        self.generic_visit(node)
        return node.args[0] if isinstance(node.func, ast.Name) and node.func.id == "old" else node


def code_of(expression: Expression) -> CodeType:
    """What is compiled of an expression. It says nothing on the way: a warning is an error in the tests."""
    return compile(ast.Expression(_Before().visit(tree(expression))), "<card>", "eval")


def only_does_what_it_says(expression: Expression) -> None:
    """It reads what it names and calls what is in the table; no code is in it that runs later, or elsewhere."""
    code = code_of(expression)
    assert {name for name in code.co_names if name.startswith("_")} <= FUNCTIONS.keys()
    assert expression.names & {"__builtins__", "old"} == set()
    assert not any(isinstance(constant, CodeType) for constant in code.co_consts)
    assert code.co_varnames == code.co_freevars == ()


SOUPS = st.lists(TOKENS, max_size=12)


@given(st.one_of(st.text(LETTERS, max_size=60), SOUPS.map(" ".join), SOUPS.map("".join)))
def test_any_text_is_an_expression_or_is_refused(source: str) -> None:
    expression = read(source)
    if expression is not None:
        only_does_what_it_says(expression)


@given(st.sampled_from([written(each) for _, each in ESCAPES]), CONDITIONS, st.integers(0, 50), st.integers(0, 50))
def test_no_mutant_of_the_corpus_gets_out(escape: str, condition: str, cut: int, end: int) -> None:
    for source in (
        escape[:cut] + escape[cut + end :],
        f"{condition} and {escape}",
        escape[:cut] + condition + escape[cut:],
    ):
        expression = read(source)
        if expression is not None:
            only_does_what_it_says(expression)


@given(CONDITIONS)
def test_what_is_accepted_neither_grows_nor_lasts_whatever_it_is_given(source: str) -> None:
    expression = read(source)
    if expression is None:
        return
    began = time.thread_time()
    try:
        value = eval(code_of(expression), {"__builtins__": {}, **FUNCTIONS}, HOSTILE)
    except Exception:  # a guard counts it, and the endpoint goes on
        value = None
    assert time.thread_time() - began < 5
    assert sys.getsizeof(value) < 50_000_000


@given(CONDITIONS, st.sampled_from([" ", "\n", "\n\t ", " # remark\n "]))
def test_the_digest_is_of_the_tree_and_not_of_the_layout(source: str, blank: str) -> None:
    expression = read(source)
    if expression is None:
        return
    again = vetted(f"({blank}{source.replace(' ', blank)}{blank})" if " " in source else f"({source})")
    assert again.digest == expression.digest
    assert vetted(ast.unparse(ast.parse(source, mode="eval"))).digest == expression.digest
    assert vetted(f"not ({source})").digest != expression.digest
