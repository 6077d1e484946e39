"""What an expression may be, and what is compiled of it."""

from __future__ import annotations

import ast

import pytest

from speclive.expression import ExpressionError, tree, vetted


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


def test_a_name_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ExpressionError, match="there is no `amout` here; these are: amount, result") as refused:
        vetted("result\n  == amout", frozenset({"amount", "result"}))
    assert refused.value.line == 2
