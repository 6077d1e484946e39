"""A selector is read exactly, and whatever else is written is not sent."""

import pytest

from app.sources import BadSelector, selector


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("http_requests_total", "http_requests_total{}"),
        ('a:b{c="d"}', 'a:b{c="d"}'),
        (' x { code =~ "5.." , job!="y" } ', 'x{code =~ "5.." , job!="y"}'),
        ('{__name__="x"}', '{__name__="x"}'),
        ('x{a="}\\"]"}', 'x{a="}\\"]"}'),
        ('x{a="b",}', 'x{a="b"}'),
        ("x{}", "x{}"),
    ],
)
def test_selectors(text: str, one: str) -> None:
    assert selector(text) == one


def test_what_the_operator_demands_is_added_and_quoted() -> None:
    assert selector("x", {"team": 'a"b\\', "env": "p"}) == 'x{env="p",team="a\\"b\\\\"}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "x[5m]",
        "rate(x[5m])",
        "x offset 1w",
        "x or y",
        'x{a="b"} or y',
        'x{a="b"',
        "x{a=b}",
        "x{a='b'}",
        'x{a="b\n"}',
        "x # comment",
        "1x",
        "x" * 3_000,
        'x{a="' + "\\" * 1_001 + '"}',
    ],
)
def test_what_is_more_or_less_than_a_selector_is_refused(text: str) -> None:
    with pytest.raises(BadSelector):
        selector(text)
