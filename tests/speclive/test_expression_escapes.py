"""Expressions that try to get out: all refused, each for its reason."""

from __future__ import annotations

import re
from pathlib import Path

from speclive.expression import ExpressionError, vetted

LINES = Path(__file__).parents[1].joinpath("data", "speclive", "escapes.txt").read_text("utf-8").splitlines()


def written(expression: str) -> str:
    """The expression that a line of the corpus stands for."""
    short = {"n": "\n", "0": "\0"}
    return re.sub(r"\\(n|0|u([0-9a-f]{4}))", lambda m: short.get(m[1]) or chr(int(m[2], 16)), expression)


ESCAPES = [line.split(" :: ", 1) for line in LINES if line and not line.startswith("#")]


def answer(expression: str) -> str:
    """The line and the reason of a refusal; "" where there is none."""
    try:
        vetted(written(expression))
    except ExpressionError as error:
        return str(error)
    return ""


def test_no_expression_of_the_corpus_gets_out() -> None:
    assert len({expression for _, expression in ESCAPES}) == len(ESCAPES) >= 60
    answers = [(reason, expression, answer(expression)) for reason, expression in ESCAPES]
    assert [each for each in answers if not each[2].startswith("line 1: ") or each[0] not in each[2]] == []
