"""Sketches: merging is adding, values are known to 1 %, and what is none is refused by name."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.drift import NameSketch, NumberSketch, SketchError, dump, joined, load, sketch_of
from checks.drift.sketch import LONGEST, MOST_BINS, MOST_NAMES

FLOATS = st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=30)
NAMES = st.lists(st.none() | st.text(max_size=3), max_size=30)


def numbers(*values: float) -> NumberSketch:
    return NumberSketch().add_many(values)


@given(FLOATS, FLOATS, FLOATS)
def test_numbers_merge_exactly_and_in_any_order(a: list[float], b: list[float], c: list[float]) -> None:
    one, two, three = numbers(*a), numbers(*b), numbers(*c)
    assert one.merge(two) == two.merge(one) == numbers(*a, *b)
    assert one.merge(two).merge(three) == one.merge(two.merge(three)) == numbers(*a, *b, *c)
    assert NumberSketch().merge(one) == one


@given(NAMES, NAMES, NAMES)
def test_names_merge_exactly_and_in_any_order(a: list[str | None], b: list[str | None], c: list[str | None]) -> None:
    one, two, three = (NameSketch().add_many(names) for names in (a, b, c))
    assert one.merge(two) == two.merge(one) == NameSketch().add_many([*a, *b])
    assert one.merge(two).merge(three) == one.merge(two.merge(three))


@given(FLOATS, NAMES)
def test_missing_values_alone_are_of_either_kind(values: list[float], names: list[str | None]) -> None:
    numeric, nothing = numbers(*values, 1.0), NameSketch().add_many([None] * 3)
    assert joined(numeric, nothing) == joined(nothing, numeric) == numbers(*values, 1.0, *[float("nan")] * 3)
    named, unread = NameSketch().add_many([*names, "a"]), numbers(*[float("nan")] * 3)
    assert joined(named, unread) == joined(unread, named) == NameSketch().add_many([*names, "a", *[None] * 3])
    assert joined(numeric, named) is None


@given(FLOATS)
def test_what_was_dumped_is_loaded(values: list[float]) -> None:
    sketch = numbers(*values)
    assert load(dump(sketch)) == sketch
    assert sketch_of(json.loads(dump(sketch))) == sketch


@given(NAMES)
def test_names_that_were_dumped_are_loaded(names: list[str | None]) -> None:
    sketch = NameSketch().add_many(names)
    assert load(dump(sketch).encode()) == sketch


@given(st.lists(st.floats(1e-3, 1e9) | st.floats(-1e9, -1e-3) | st.just(0.0), min_size=1), st.floats(0, 1))
def test_a_quantile_is_right_to_one_percent(values: list[float], share: float) -> None:
    true = sorted(values)[int(share * (len(values) - 1))]
    assert numbers(*values).quantile(share) == pytest.approx(true, rel=0.0101)


def test_quantiles_of_a_skewed_column_are_right_to_one_percent() -> None:
    values = np.random.default_rng(5).lognormal(3, 2, 20_000)
    sketch = numbers(*values)
    for share in (0.01, 0.5, 0.95, 0.999):
        true = float(np.quantile(values, share, method="lower"))
        assert sketch.quantile(share) == pytest.approx(true, rel=0.0101)


def test_nothing_has_no_quantile() -> None:
    assert numbers(float("nan")).quantile(0.5) is None


def test_what_is_not_finite_is_missing_and_the_rest_is_counted() -> None:
    sketch = numbers(float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 2.0, -3.0)
    assert (sketch.rows, sketch.missing, sketch.zero, sketch.min, sketch.max) == (7, 3, 2, -3.0, 2.0)


def test_bins_are_bounded_and_the_lowest_are_collapsed_whatever_the_order() -> None:
    near, far = 10.0 ** np.arange(-200, 0, 0.01), 10.0 ** np.arange(0, 200, 0.01)
    one, other = numbers(*near).merge(numbers(*far)), numbers(*far).merge(numbers(*near))
    assert one == other == numbers(*near, *far)
    assert len(one.positive) <= MOST_BINS
    assert one.quantile(1) == pytest.approx(far[-1], rel=0.0101)
    assert one.rows == near.size + far.size


def test_the_rarest_names_beyond_the_bound_are_other() -> None:
    sketch = NameSketch().add_many([*(f"n{at}" for at in range(MOST_NAMES + 5)), "often", "often"])
    assert (len(sketch.counts), sketch.other, sketch.counts["often"]) == (MOST_NAMES, 6, 2)
    assert load(dump(sketch)) == sketch


GOOD = {"type": "numeric", "version": 1, "rows": 3, "min": 1.0, "max": 1.0, "positive": {"0": 2}, "missing": 1}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "histogram"}, "type"),
        ({"version": 2}, "version"),
        ({"rows": 4}, "`rows` says 4, the counts add up to 3"),
        ({"rows": -1}, "$.rows"),
        ({"rows": True}, "$.rows"),
        ({"positive": {"0": 0}}, "$.positive"),
        ({"positive": {"x": 2}}, "$.positive"),
        ({"positive": {"99999": 2}}, "$.positive"),
        ({"positive": {str(at): 1 for at in range(MOST_BINS + 1)}}, "$.positive"),
        ({"min": None}, "`min` and `max`"),
        ({"min": 2.0}, "`min` is not above `max`"),
        ({"sum": 1}, "sum"),
    ],
)
def test_what_is_no_sketch_is_refused_by_the_field(change: dict[str, Any], said: str) -> None:
    with pytest.raises(SketchError, match=re.escape(said)):
        load(json.dumps({**GOOD, **change}))
    with pytest.raises(SketchError):
        sketch_of({**GOOD, **change})


def test_infinite_bounds_are_refused() -> None:
    with pytest.raises(SketchError):
        sketch_of({**GOOD, "max": float("inf")})


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, b"\xff", "1" * (LONGEST + 1)])
def test_no_text_is_more_than_refused(text: str | bytes) -> None:
    with pytest.raises(SketchError):
        load(text)
