"""A change may tighten what its base demands, never loosen it."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.contract.judge import RANK, judge
from checks.contract.parse import parse_post
from checks.contract.predicate import AllOf, Clause, Postcondition, say
from checks.contract.reading import Known, Reading, Unknown
from checks.contract.tighten import implies, loosened
from checks.model import State

from .strategies import SCALARS, demands, posts


@pytest.mark.parametrize(
    ("strong", "weak"),
    [
        ({"lt": 5}, {"lt": 5}),
        ({"lt": 5}, {"lte": 5}),
        ({"lt": 4}, {"lt": 5}),
        ({"lte": 4}, {"lt": 5}),
        ({"lte": 5}, {"lte": 5}),
        ({"gt": 5}, {"gte": 5}),
        ({"gt": 5}, {"gt": 5}),
        ({"gte": 6}, {"gt": 5}),
        ({"between": [1, 5]}, {"lte": 5}),
        ({"between": [1, 5]}, {"gt": 0}),
        ({"between": [2, 3]}, {"between": [1, 5]}),
        ({"between": [3, 3]}, {"eq": 3}),
        ({"gte": 1, "lt": 5}, {"between": [0, 5]}),
        ({"eq": 3}, {"between": [1, 5]}),
        ({"in": [1, 2]}, {"lt": 5}),
        ({"in": [1, 2]}, {"in": [1, 2, 3]}),
        ({"eq": "a"}, {"in": ["a", "b"]}),
        ({"eq": "a"}, {"ne": "b"}),
        ({"lt": 5}, {"ne": 5}),
        ({"lt": 5}, {"ne": 7}),
        ({"between": [1, 5]}, {"ne": 6}),
        ({"ne": 5}, {"ne": 5}),
        ({"eq": True}, {"ne": False}),
    ],
)
def test_a_limit_that_lets_less_through_keeps_the_other(strong: dict[str, Any], weak: dict[str, Any]) -> None:
    assert implies(parse_post({"x": strong}), parse_post({"x": weak}))


@pytest.mark.parametrize(
    ("loose", "base"),
    [
        ({"lt": 6}, {"lt": 5}),
        ({"lte": 5}, {"lt": 5}),
        ({"gte": 5}, {"gt": 5}),
        ({"gt": 4}, {"gt": 5}),
        ({"gt": 4}, {"lt": 5}),
        ({"lt": 5}, {"gt": 4}),
        ({"lt": 5}, {"between": [0, 5]}),
        ({"gte": 1}, {"between": [0, 5]}),
        ({"between": [0, 6]}, {"between": [0, 5]}),
        ({"between": [-1, 5]}, {"between": [0, 5]}),
        ({"between": [1, 5]}, {"lt": 5}),
        ({"between": [1, 5]}, {"gt": 1}),
        ({"between": [1, 5]}, {"eq": 3}),
        ({"between": [1, 5]}, {"ne": 3}),
        ({"in": [1, 9]}, {"lt": 5}),
        ({"lt": 5}, {"in": [1, 2]}),
        ({"lt": 5}, {"ne": 4}),
        ({"lt": 5}, {"eq": 4}),
        ({"gte": 5}, {"eq": 5}),
        ({"lte": 5}, {"in": [5, 6]}),
        ({"ne": 5}, {"lt": 5}),
        ({"ne": 5}, {"ne": 6}),
        ({"ne": "a"}, {"eq": "b"}),
        ({"eq": "1"}, {"eq": 1}),
        ({"eq": True}, {"eq": 1}),
        ({"eq": 1}, {"eq": True}),
    ],
)
def test_a_limit_that_lets_more_through_does_not(loose: dict[str, Any], base: dict[str, Any]) -> None:
    assert not implies(parse_post({"x": loose}), parse_post({"x": base}))


def test_another_measurement_keeps_nothing() -> None:
    assert not implies(parse_post({"x": {"lt": 1}}), parse_post({"y": {"lt": 1}}))


A, B, C = {"a": {"lt": 1}}, {"b": {"lt": 1}}, {"c": {"lt": 1}}
A0 = {"a": {"lt": 0}}


@pytest.mark.parametrize(
    ("strong", "weak", "kept"),
    [
        (A | B, A, True),
        (A, A | B, False),
        (A, {"any": [A, B]}, True),
        ({"any": [A, B]}, A, False),
        ({"any": [A0, B]}, {"any": [A, B, C]}, True),
        ({"any": [A, B, C]}, {"any": [A, B]}, False),
        ({"any": [A0, A]}, A, True),
        ({"any": [A0 | B, A | C]}, A, True),
        (C | {"any": [A, B]}, {"any": [B, A]}, True),
        (C, {"any": [A, B]}, False),
        ({"any": [A | B, C]}, {"any": [A, C]}, True),
        (A | B, {"any": [{"all": [A, B]}, C]}, True),
        (A | {"tests": "pass"}, {"tests": "pass"}, True),
    ],
)
def test_groups_are_weighed_as_logic_has_it(strong: dict[str, Any], weak: dict[str, Any], kept: bool) -> None:
    assert implies(parse_post(strong), parse_post(weak)) is kept


def test_what_is_lost_is_named_conjunct_by_conjunct() -> None:
    base = parse_post({"tests": "pass", "p95": {"lt": 250}, "any": [A, B]})
    edition = parse_post({"p95": {"lt": 300}} | A)
    assert [say(clause) for clause in loosened(base, edition)] == ["tests pass", "p95 < 250"]


def known(values: dict[str, object]) -> Any:
    return lambda name: Known(values[name])  # type: ignore[arg-type]


VALUES = [-3, -2, -1, -0.5, 0, 0.5, 1, 2, 3, "x", "y", "z", True, False]


def true(clause: Clause, values: dict[str, object]) -> bool:
    """Two-valued truth, said once more and independently of the judge."""
    if isinstance(clause, Postcondition):
        return clause.holds(values[clause.name]) is True
    parts = [true(part, values) for part in clause.clauses]
    return all(parts) if isinstance(clause, AllOf) else any(parts)


@given(posts(nesting=1), posts(nesting=1))
def test_implies_never_says_yes_wrongly(strong: dict[str, Any], weak: dict[str, Any]) -> None:
    first, second = parse_post(strong), parse_post(weak)
    if implies(first, second):
        for a, b, tests in product(VALUES, VALUES, ("pass", "fail")):
            values = {"a": a, "b": b, "tests": tests}
            assert not true(first, values) or true(second, values)


@given(demands(), demands())
def test_of_two_single_limits_it_says_yes_whenever_it_is_so(strong: dict[str, Any], weak: dict[str, Any]) -> None:
    """Complete for one numeric limit each, where a grid finer than the limits shows every counterexample."""
    first, second = parse_post({"a": strong}), parse_post({"a": weak})
    single = isinstance(first, Postcondition) and isinstance(second, Postcondition)
    if single and first.kind is second.kind and str(first.kind) == "number" and second.operator != "in":  # type: ignore[union-attr]
        grid = [step / 8 for step in range(-24, 25)] + [-1e9, 1e9]
        kept = all(true(second, {"a": value}) for value in grid if true(first, {"a": value}))
        empty = not any(true(first, {"a": value}) for value in grid)
        assert implies(first, second) is kept or empty


READINGS: st.SearchStrategy[Reading] = st.builds(Known, SCALARS, trusted=st.booleans()) | st.builds(
    Unknown, st.sampled_from([State.WAIT, State.UNMEASURED, State.ERROR]), st.just("why")
)


@given(posts(nesting=1), posts(nesting=1), READINGS, READINGS, READINGS)
def test_an_implied_clause_is_never_in_a_worse_state(
    strong: dict[str, Any], weak: dict[str, Any], a: Reading, b: Reading, tests: Reading
) -> None:
    first, second = parse_post(strong), parse_post(weak)
    if implies(first, second):
        readings = {"a": a, "b": b, "tests": tests}
        assert RANK[judge(second, readings.__getitem__).state] <= RANK[judge(first, readings.__getitem__).state]
