"""What an expression may be, and what is compiled of it."""

from __future__ import annotations

import ast
from array import array
from collections import UserString, deque
from decimal import Decimal
from typing import Any

import pytest

from speclive.expression import FUNCTIONS, ExpressionError, tree, vetted


@pytest.mark.parametrize(
    ("source", "compiled"),
    [
        ("result['balance'] == old(ctx['balance']) - amount", "result['balance'] == old(ctx['balance']) - amount"),
        ("len(items) * 2 <= 3.5 * price", "_do_len(items) * 2 <= 3.5 * price"),
        ("price * count > 0", "_do_times(price, count) > 0"),
        ("(a - b) % 7 == name % 7", "(a - b) % 7 == _do_modulo(name, 7)"),
        ("'id' not in result", "not _do_within('id', result)"),
        ("role in ('admin', 'owner')", "role in ('admin', 'owner')"),
    ],
)
def test_only_what_can_grow_is_looked_at_while_it_runs(source: str, compiled: str) -> None:
    assert ast.unparse(tree(vetted(source))) == compiled


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("sum", (range(10**12),)),
        ("all", (range(1, 10**12),)),
        ("max", (range(10**12),)),
        ("within", (0.5, range(10**12))),
        ("times", (deque([1]), 10**12)),
        ("times", (10**12, array("b", b"a"))),
    ],
)
def test_what_would_never_end_or_fill_the_memory_is_not_begun(name: str, given: tuple[Any, ...]) -> None:
    with pytest.raises((TypeError, ValueError)):
        FUNCTIONS[f"_do_{name}"](*given)


def test_what_is_laid_out_already_is_looked_at_however_long_it_is() -> None:
    many = [1] * 200_000
    assert FUNCTIONS["_do_sum"](many) == 200_000
    assert FUNCTIONS["_do_sum"](dict.fromkeys(range(200_000), 1).values()) == 200_000
    assert FUNCTIONS["_do_times"](Decimal(2), 3) == 6


def test_a_name_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ExpressionError, match="there is no `amout` here; these are: amount, result") as refused:
        vetted("result\n  == amout", frozenset({"amount", "result"}))
    assert refused.value.line == 2


def test_a_remainder_is_of_numbers_whatever_formats_itself() -> None:
    assert FUNCTIONS["_do_modulo"](7, 4) == 3
    with pytest.raises(TypeError, match="for numbers"):
        FUNCTIONS["_do_modulo"](UserString("%9d"), 2)
