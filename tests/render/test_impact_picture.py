"""The picture of an effect: three panels, what is drawn in them, and that it stays small."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from app.render.impact_picture import Course, document, picture
from app.render.time_axis import moment, number_marks, time_marks
from checks.impact.effect import Point
from checks.impact.panels import MOST

SVG = "{http://www.w3.org/2000/svg}"
AT = 1_700_000_000.0


def point(at: int, before: int, actual: float | None = 10.0) -> Point:
    past = Point(at, actual, 9.0, 8.0, 10.5)
    if at < before:
        return past
    return Point(at, actual, 9.0, 8.0, 10.5, 1.0, -0.5, 2.0, float(at - before), -1.0, float(2 * (at - before)))


def course(n: int = 20, before: int = 12, name: str = "p95", missing: tuple[int, ...] = ()) -> Course:
    times = [AT + 60.0 * (at - before) for at in range(n)]
    points = [point(at, before, None if at in missing else 10.0 + at % 3) for at in range(n)]
    return Course(name, "ms", AT, times, points)


def drawn(one: Course) -> ElementTree.Element:
    return ElementTree.fromstring(document(one, "what it <shows>"))


def of_class(svg: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    return [part for part in svg.iter() if part.get("class") == kind]


def said(svg: ElementTree.Element) -> list[str]:
    return [part.text or "" for part in svg.iter(f"{SVG}text")]


def test_three_panels_share_one_axis_of_time_and_one_line_of_the_deployment() -> None:
    svg = drawn(course())
    titles = [part.text or "" for part in of_class(svg, "title")]
    assert titles == [
        "p95, ms: seen, and expected (dashed)",
        "Difference, point by point",
        "Sum of the differences since the deployment",
    ]
    assert [len(of_class(svg, kind)) for kind in ("seen", "told", "effect", "band", "zero", "deploy")] == [
        1,
        1,
        2,
        3,
        2,
        1,
    ]
    assert "deployed 2023-11-14 22:13 UTC" in said(svg)


def test_the_sum_begins_with_the_deployment() -> None:
    svg = drawn(course())
    line = float(of_class(svg, "deploy")[0].get("d", "")[1:].split()[0])
    difference, sums = (part.get("d", "")[1:].split("L") for part in of_class(svg, "effect"))
    assert float(sums[0].split()[0]) == pytest.approx(line, abs=0.1)
    assert float(difference[0].split()[0]) < line


def test_points_that_do_not_count_are_gaps_that_can_be_seen() -> None:
    svg = drawn(course(missing=(3, 4, 15)))
    marks = [mark[0].text for mark in of_class(svg, "masked")]
    assert marks == ["2 points do not count", "1 point does not count"]
    assert len(of_class(svg, "seen")) == 3


def test_who_does_not_see_it_is_told() -> None:
    svg = drawn(course())
    assert svg.get("role") == "img"
    title, desc = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None
    assert title.text == "p95: seen and expected around the deployment at 2023-11-14 22:13 UTC"
    assert desc is not None
    assert desc.text == "what it <shows>"


def test_a_page_styles_it_by_class_and_a_file_brings_its_style_for_light_and_dark() -> None:
    assert "<style" not in picture(course(), "")
    assert "style=" not in picture(course(), "")
    assert "prefers-color-scheme:dark" in document(course(), "")


def test_two_thousand_points_stay_below_sixty_kilobytes_and_no_outlier_is_lost() -> None:
    long = course(2_000, 1_200)
    points = list(long.points)
    points[777] = point(777, 1_200, 99.0)
    svg = document(Course("p95", "ms", AT, long.times, points), "")
    assert len(svg.encode()) <= 60_000
    seen = of_class(ElementTree.fromstring(svg), "seen")[0].get("d", "")[1:].split("L")
    assert len(seen) == MOST + 1
    heights = [float(pair.split()[1]) for pair in seen]
    assert heights.count(min(heights)) == 1
    assert sorted(heights)[1] - min(heights) > 50


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "]]>&amp;\"'", "x" * 120])
def test_a_hostile_name_stays_text(name: str) -> None:
    svg = drawn(course(name=name))
    assert f"{name}, ms: seen, and expected (dashed)" in said(svg)
    assert not list(svg.iter("script"))


@pytest.mark.parametrize("n", [0, 1, 2])
def test_next_to_nothing_can_be_drawn(n: int) -> None:
    assert drawn(course(n, 1)).get("class") == "impact"


def test_without_an_answer_what_was_seen_is_drawn_and_the_rest_says_so() -> None:
    points = [Point(at, float(at), None, None, None) for at in range(9)]
    svg = drawn(Course("p95", "", AT, [AT + at for at in range(9)], points))
    assert len(of_class(svg, "seen")) == 1
    assert said(svg).count("nothing to show") == 2


# --- axes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (240, ["22:14", "22:15", "22:16", "22:17"]),
        (6 * 3_600, ["23:00", "15 Nov", "01:00", "02:00", "03:00", "04:00"]),
        (5 * 86_400, ["15 Nov", "16 Nov", "17 Nov", "18 Nov", "19 Nov"]),
        (200 * 86_400, ["Jan 2024", "Mar 2024", "May 2024"]),
        (12 * 365 * 86_400, ["2025", "2030", "2035"]),
    ],
)
def test_times_are_marked_where_they_are_round(span: float, words: list[str]) -> None:
    assert [word for _, word in time_marks(AT, AT + span)] == words


def test_numbers_are_marked_where_they_are_round() -> None:
    assert number_marks(97.3, 121.8) == (100.0, 110.0, 120.0)
    assert number_marks(5.0, 5.0) == (5.0,)


def test_a_day_alone_needs_no_clock() -> None:
    assert (moment(1_699_920_000.0), moment(AT)) == ("2023-11-14", "2023-11-14 22:13 UTC")


def test_places_in_a_series_and_years_are_no_times_of_day() -> None:
    assert [word for _, word in time_marks(1960, 1980)] == ["1960", "1965", "1970", "1975", "1980"]
    assert moment(70.0) == "70"
