"""Contracts and facts at random, small enough that limits and values meet."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from checks.model import Measurement

NAMES = st.sampled_from(["a", "b"])
NUMBERS = st.integers(-2, 2) | st.sampled_from([0.5, -0.5])
SCALARS = NUMBERS | st.booleans() | st.sampled_from(["x", "y"])


def demands() -> st.SearchStrategy[dict[str, Any]]:
    ordered = st.tuples(st.sampled_from(["lt", "lte", "gt", "gte"]), NUMBERS)
    equal = st.tuples(st.sampled_from(["eq", "ne"]), SCALARS)
    between = st.tuples(st.just("between"), st.lists(NUMBERS, min_size=2, max_size=2).map(sorted))
    among = st.tuples(
        st.just("in"), st.lists(NUMBERS, min_size=1, max_size=3) | st.lists(st.sampled_from("xy"), min_size=1)
    )
    return st.lists(ordered | equal | between | among, min_size=1, max_size=2).map(dict)


def posts(nesting: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    leaves = st.dictionaries(NAMES, demands(), min_size=1, max_size=2)
    tests = st.sampled_from([{}, {"tests": "pass"}])
    if nesting == 2:
        return st.builds(lambda *parts: {k: v for part in parts for k, v in part.items()}, leaves, tests)
    inner = st.lists(posts(nesting + 1), min_size=1, max_size=2)
    groups = st.dictionaries(st.sampled_from(["all", "any"]), inner, max_size=2)
    return st.builds(lambda *parts: {k: v for part in parts for k, v in part.items()}, groups, leaves, tests)


def measurements() -> st.SearchStrategy[tuple[Measurement, ...]]:
    values = SCALARS | st.just(float("nan"))
    one = st.builds(Measurement, NAMES, values, trusted=st.booleans())
    return st.lists(one, max_size=2, unique_by=lambda measurement: measurement.name).map(tuple)
