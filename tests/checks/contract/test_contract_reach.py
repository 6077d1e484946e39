"""What never can hold, and what never can fail: said where it is so, and never where it is not."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.contract.parse import parse_post
from checks.contract.predicate import AllOf, Clause, Postcondition, conjuncts, say
from checks.contract.reach import impossible, vacuous

from .strategies import NUMBERS, demands, posts


def never(post: dict[str, Any]) -> list[str]:
    return [say(clause) for clause in impossible(conjuncts(parse_post(post)))]


IMPOSSIBLE: list[tuple[dict[str, Any], list[str]]] = [
    ({"a": {"lt": 1, "gt": 2}}, ["a > 2", "a < 1"]),
    ({"a": {"lt": 1, "gt": 1}}, ["a > 1", "a < 1"]),
    ({"a": {"lte": 1, "gt": 1}}, ["a > 1", "a <= 1"]),
    ({"a": {"lt": 1, "gte": 1}}, ["a >= 1", "a < 1"]),
    ({"a": {"gt": 9, "between": [1, 5]}}, ["a > 9", "a between 1 and 5"]),
    ({"a": {"eq": 3, "ne": 3}}, ["a = 3", "a != 3"]),
    ({"a": {"eq": "x", "in": ["y", "z"]}}, ['a = "x"', 'a one of "y", "z"']),
    ({"a": {"eq": True}, "all": [{"a": {"eq": False}}]}, ["a = true", "a = false"]),
    ({"a": {"lt": 1, "eq": "x"}}, ["a < 1", 'a = "x"']),
    ({"a": {"ne": True}, "all": [{"a": {"ne": False}}]}, ["a != true", "a != false"]),
    ({"risk": {"gt": 1}}, ["risk > 1"]),
    ({"risk": {"lt": 0}}, ["risk < 0"]),
    ({"risk": {"between": [1.5, 2]}}, ["risk between 1.5 and 2"]),
    ({"a": {"lt_base_pct": 5, "gte_base_pct": 5}}, ["a >= baseline + 5 %", "a < baseline + 5 %"]),
    ({"tests": "pass", "b": {"lt": 9, "gt": 2}, "a": {"lt": 1, "gt": 2}}, ["a > 2", "a < 1"]),
    ({"any": [{"risk": {"gt": 1}}, {"a": {"lt": 1, "gt": 1}}]}, ["any of (risk > 1; all of (a < 1; a > 1))"]),
    ({"a": {"gt": 5}, "any": [{"a": {"lt": 1}}, {"a": {"eq": 5}}]}, ["a > 5", "any of (a < 1; a = 5)"]),
]


@pytest.mark.parametrize(("post", "named"), IMPOSSIBLE)
def test_what_never_can_hold_is_named_by_the_few_clauses_that_exclude_each_other(
    post: dict[str, Any], named: list[str]
) -> None:
    assert sorted(never(post)) == sorted(named)


POSSIBLE: list[dict[str, Any]] = [
    {"a": {"lt": 2, "gt": 1}},
    {"a": {"lte": 1, "gte": 1}},
    {"a": {"lt": 5, "ne": 4}},
    {"risk": {"gte": 1}},
    {"risk": {"lte": 0}},
    {"a": {"gt": 1}},
    {"a": {"ne": "x", "in": ["x", "y"]}},
    {"a": {"lt_base_pct": 5, "gt_base_pct": -5}},
    {"a": {"lt_base_pct": -50, "gt": 100}},
    {"a": {"lt": 1}, "b": {"gt": 2}},
    {"any": [{"risk": {"gt": 1}}, {"a": {"lt": 1}}]},
    {"tests": "pass"},
]


@pytest.mark.parametrize("post", POSSIBLE)
def test_what_can_hold_is_left_to_be_measured(post: dict[str, Any]) -> None:
    assert never(post) == []


VACUOUS: list[tuple[dict[str, Any], bool]] = [
    ({"risk": {"lte": 1}}, True),
    ({"risk": {"gte": 0}}, True),
    ({"risk": {"between": [0, 1]}}, True),
    ({"risk": {"ne": 7}}, True),
    ({"risk": {"lt": 1}}, False),
    ({"risk": {"gt": 0}}, False),
    ({"any": [{"a": {"lt": 5}}, {"a": {"gte": 5}}]}, True),
    ({"any": [{"a": {"lt": 5}}, {"a": {"gt": 5}}]}, False),
    ({"any": [{"a": {"lt": 5}}, {"a": {"gt": 5}}, {"a": {"eq": 5}}]}, True),
    ({"any": [{"a": {"lt": 5}}, {"a": {"gte": 5}}, {"b": {"eq": 5}}]}, True),
    ({"any": [{"a": {"lt": 5}}, {"a": {"eq": "x"}}]}, False),
    ({"any": [{"a": {"lt": 5}}, {"a": {"gte": 5}}, {"a": {"eq": "x"}}]}, False),
    ({"any": [{"a": {"eq": "x"}}, {"a": {"ne": "x"}}]}, True),
    ({"a": {"in": [1, 2]}}, False),
    ({"any": [{"a": {"eq": True}}, {"a": {"eq": False}}]}, True),
    ({"any": [{"a": {"lt_base_pct": 5}}, {"a": {"gte_base_pct": 0}}]}, True),
    ({"any": [{"a": {"lt_base_pct": 5}}, {"a": {"gte": 0}}]}, False),
    ({"any": [{"risk": {"lte": 1}}, {"a": {"lt": 1}}]}, True),
    ({"risk": {"lte": 1}, "a": {"lt": 1}}, False),
    ({"tests": "pass"}, False),
]


@pytest.mark.parametrize(("post", "so"), VACUOUS)
def test_what_never_can_fail_promises_nothing(post: dict[str, Any], so: bool) -> None:
    assert vacuous(parse_post(post)) is so


GRID = [step / 8 for step in range(-24, 25)] + [-1e9, 1e9, "x", "y", "z", True, False]


def true(clause: Clause, values: dict[str, object]) -> bool:
    """Two-valued truth, said once more and independently."""
    if isinstance(clause, Postcondition):
        return clause.holds(values[clause.name]) is True
    parts = [true(part, values) for part in clause.clauses]
    return all(parts) if isinstance(clause, AllOf) else any(parts)


VALUES = st.sampled_from(GRID)


@given(posts(nesting=1), VALUES, VALUES, st.sampled_from(["pass", "fail"]))
def test_what_some_measurement_fulfils_is_never_called_impossible(
    post: dict[str, Any], a: object, b: object, tests: str
) -> None:
    clause = parse_post(post)
    if true(clause, {"a": a, "b": b, "tests": tests}):
        assert impossible(conjuncts(clause)) == ()


@given(posts(nesting=1), st.dictionaries(st.sampled_from("ab"), VALUES, min_size=2), st.sampled_from(["pass", "fail"]))
def test_what_some_measurement_breaks_is_never_called_vacuous(
    post: dict[str, Any], values: dict[str, object], tests: str
) -> None:
    clause = parse_post(post)
    broken = _broken(clause, {**values, "tests": tests})
    assert not (broken and vacuous(clause))


def _broken(clause: Clause, values: dict[str, object]) -> bool:
    """Kleene's falsehood: a value of another kind breaks nothing."""
    if isinstance(clause, Postcondition):
        return clause.holds(values[clause.name]) is False
    parts = [_broken(part, values) for part in clause.clauses]
    return any(parts) if isinstance(clause, AllOf) else all(parts)


@given(demands())
def test_of_one_measurement_it_says_all_there_is_to_say(demand: dict[str, Any]) -> None:
    """Complete where all is about one name, on a grid finer than the limits."""
    clause = parse_post({"a": demand})
    assert bool(impossible(conjuncts(clause))) is not any(true(clause, {"a": value}) for value in GRID)


@given(st.lists(st.tuples(st.sampled_from(["lt", "lte", "gt", "gte"]), NUMBERS), min_size=1, max_size=6))
def test_the_named_few_exclude_each_other_and_none_can_be_left_out(bounds: list[tuple[str, float]]) -> None:
    few = impossible([parse_post({"a": {word: limit}}) for word, limit in bounds])
    assert not few or not any(all(true(one, {"a": value}) for one in few) for value in GRID)
    for left in few:
        rest = [one for one in few if one is not left]
        assert any(all(true(one, {"a": value}) for one in rest) for value in GRID)


def test_thousands_of_clauses_are_weighed_in_no_time_and_padding_hides_no_contradiction() -> None:
    bounds = [parse_post({"a": {"lt": limit}}) for limit in range(1, 5_000)]
    others = [parse_post({"a": {"ne": limit}}) for limit in range(2_000)]
    started = time.process_time()
    assert impossible([*bounds, *others]) == ()
    assert [say(one) for one in impossible([*bounds, *others, parse_post({"a": {"gt": 1}})])] == ["a > 1", "a < 1"]
    assert time.process_time() - started < 2
