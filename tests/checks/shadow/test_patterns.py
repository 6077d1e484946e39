"""A pattern names fields as its docstring says, and never runs away."""

import time

import pytest

from checks.shadow.patterns import names


@pytest.mark.parametrize(
    ("pattern", "field", "named"),
    [
        ("body.price", "body.price", True),
        ("body.price", "body.prices", False),
        ("body.*", "body.price", True),
        ("body.*", "body.a.b", False),
        ("body.*", "body.items[*]", False),
        ("body.**", "body.items[*].price", True),
        ("body.**.price", "body.price", True),
        ("body.**.price", "body.items[*].price", True),
        ("body.**.price", "body.items[*].fullprice", False),
        ("body.items[*].price", "body.items[*].price", True),
        ("body.items[*].p*", "body.items[*].price", True),
        ("**", "anything at all", True),
        ("body.a.b", "body.axb", False),
    ],
)
def test_which_fields_a_pattern_names(pattern: str, field: str, named: bool) -> None:
    assert names((pattern,), field) is named


def test_no_patterns_name_nothing() -> None:
    assert not names((), "")
    assert not names((), "body")


@pytest.mark.parametrize(
    ("pattern", "field"),
    [("*".join("abcdefghij") + "!", "abcdefghij" * 40), (".**" * 50 + ".x", ".".join("a" * 200))],
)
def test_a_pattern_of_many_stars_answers_at_once(pattern: str, field: str) -> None:
    started = time.process_time()
    assert not names((pattern,), field)
    assert time.process_time() - started < 2
