"""What is kept of the points behind a study, so that a picture can be made of them later."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.impact.effect import Point
from checks.impact.panels import MOST, Panels, PanelsError, dump, load, panels, thinned
from checks.impact.plan import Plan
from checks.impact.study import look

from .observed import AT, BEFORE, metric, rules


def kept(effect: float = 3.0) -> Panels:
    asked = rules("p95", "errors")
    return panels(look(Plan.of(asked), asked.metrics, [metric("p95", effect)], AT).answers)


def test_each_point_is_kept_with_what_was_expected_of_it() -> None:
    (one,) = kept().traces
    points = list(one.points())
    assert (one.name, one.times[BEFORE], len(points)) == ("p95", AT, BEFORE + 40)
    assert points[BEFORE - 1].cumulative is None, "there is no sum before the deployment"
    last = points[-1]
    assert last.actual is not None
    assert last.expected is not None
    assert last.effect == last.actual - last.expected
    assert last.cumulative == pytest.approx(sum(point.effect or 0.0 for point in points[BEFORE:]), abs=0.1)


def test_what_is_kept_comes_back_the_same_and_nothing_else_is_taken_for_it() -> None:
    text = dump(kept())
    assert dump(load(text)) == text
    short = json.loads(text)
    short["traces"][0]["actual"].pop()
    for wrong in ("", "[]", '{"traces": 1}', '{"more": 1}', "\udcff", "[" * 9_999, json.dumps(short)):
        with pytest.raises(PanelsError):
            load(wrong)


def test_a_look_without_an_answer_keeps_no_points() -> None:
    assert dump(panels(look(Plan.of(rules()), rules().metrics, [], AT).answers)) == '{"traces":[]}'


def test_a_day_of_minutes_is_thinned_and_keeps_its_outlier() -> None:
    points = [Point(at, 1.0 if at != 777 else 9.0, 1.0, 0.0, 2.0) for at in range(1_440)]
    chosen = thinned(points)
    assert len(chosen) == MOST
    assert 777 in chosen
    assert chosen == sorted(set(chosen))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.none(), max_size=30), st.integers(1, 10))
def test_whatever_is_thinned_keeps_its_largest_difference(values: list[float | None], most: int) -> None:
    points = [Point(at, value, 0.0, 0.0, 0.0) for at, value in enumerate(values)]
    chosen = thinned(points, most)
    assert len(chosen) == min(len(values), most)
    known = [abs(value) for value in values if value is not None]
    assert max(known, default=0.0) == max((abs(values[at] or 0.0) for at in chosen), default=0.0)
