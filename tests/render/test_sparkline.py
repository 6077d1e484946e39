from hypothesis import given
from hypothesis import strategies as st

from app.render.sparkline import sparkline

VALUES = st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), max_size=30)


def test_two_courses_share_a_scale_and_the_deployment_is_a_line() -> None:
    assert sparkline([0, 0, 7, 7], [0, 0, 0, 0], 2) == "▁▁│██"
    assert sparkline([0, 0, 0, 0], [0, 0, 7, 7], 2) == "▁▁│▁▁"


def test_a_gap_is_a_dot_and_a_calm_course_in_the_middle() -> None:
    assert sparkline([1.0, None, 1.0], [], 0) == "▅·▅"


@given(VALUES, VALUES, st.integers(0, 40))
def test_whatever_the_values_each_has_its_block(
    values: list[float | None], beside: list[float | None], at: int
) -> None:
    drawn = sparkline(values, beside, at).replace("│", "")
    assert len(drawn) == len(values)
    assert [block == "·" for block in drawn] == [value is None for value in values]
