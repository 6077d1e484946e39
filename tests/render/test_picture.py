"""The picture of the evidence: what it draws, and what it says of the way there."""

from xml.etree import ElementTree

import pytest

from app.model import Point
from app.render import picture

NAME = "errors"


def point(at: int, promote: float | None = 0.0, rollback: float = 0.0, restarts: int = 0, **more: int) -> Point:
    told = {"ticks": at + 1, "unused": 0} | more
    return Point(1_700_000_000.0 + 30 * at, restarts, told["ticks"], told["unused"], {NAME: (promote, rollback)})


def drawn(*points: Point, bounds: tuple[float | None, float] = (5.3, 4.6)) -> ElementTree.Element:
    lines = picture.lines(points, NAME, bounds)
    return ElementTree.fromstring(picture.picture(points, lines, picture.marks(points, 30), "<what> it shows"))


def classes(svg: ElementTree.Element, tag: str) -> list[str]:
    return [part.get("class", "") for part in svg.iter(tag)]


def heights(svg: ElementTree.Element, kind: str) -> list[float]:
    """How far down each point of a course is."""
    (path,) = (part for part in svg.iter("path") if part.get("class") == f"course {kind}")
    return [float(pair.split()[1]) for pair in path.get("d", "")[1:].split("L")]


def test_both_courses_rise_towards_their_bounds() -> None:
    svg = drawn(point(0), point(1, 2.0, -0.5), point(2, 5.3, -1.0))
    promotion, regression = heights(svg, "promotion"), heights(svg, "regression")
    assert promotion == sorted(promotion, reverse=True)
    assert regression == sorted(regression)
    bounds = [part.get("d", "") for part in svg.iter("path") if part.get("class") == "bound promotion"]
    assert f" {promotion[-1]}H" in bounds[0]
    said = [part.text for part in svg.iter("text")]
    assert "promotion: 200 needed" in said
    assert "regression: 99 needed" in said
    assert "promotion 200" in said
    assert svg.get("aria-label") == "<what> it shows"


def test_what_never_promotes_has_one_line() -> None:
    svg = drawn(point(0, None), point(1, None, 1.0), bounds=(None, 4.6))
    assert [kind for kind in classes(svg, "path") if kind.startswith("course")] == ["course regression"]


def test_what_lies_beyond_the_picture_is_drawn_at_its_edge() -> None:
    svg = drawn(point(0), point(1, -400.0, 900.0))
    ys = heights(svg, "promotion") + heights(svg, "regression")
    assert all(0 <= y <= picture.HEIGHT for y in ys)
    said = [part.text for part in svg.iter("text")]
    assert "promotion below 0.001" in said
    assert "regression over 1 million" in said


def test_names_at_the_end_never_stand_on_one_another() -> None:
    svg = drawn(point(0), point(1, 1.0, 1.0))
    ends = [float(part.get("y", 0)) for part in svg.iter("text") if "needed" not in (part.text or "")][-2:]
    assert abs(ends[0] - ends[1]) >= 14


def test_missing_ticks_unused_ones_and_new_rules_are_marked_where_they_were() -> None:
    points = (point(0), point(1), point(5, ticks=3, unused=2), point(6, restarts=1, ticks=1, unused=2))
    found = picture.marks(points, 30)
    assert [(mark.kind, mark.words) for mark in found] == [
        ("missing", "3 ticks without data"),
        ("unused", "2 ticks not used"),
        ("restart", "the rules changed, and the evidence began anew"),
    ]
    svg = drawn(*points)
    assert classes(svg, "rect") == ["missing"]
    assert {"unused", "restart"} <= set(classes(svg, "path"))
    titles = [part.text for part in svg.iter("title")]
    assert titles == [mark.words for mark in found]
    assert classes(svg, "path").count("course promotion") == 2, "a line does not cross a new beginning"


def test_points_that_were_thinned_out_hide_no_missing_tick() -> None:
    whole = [point(at) for at in range(20)]
    assert picture.marks(whole[::7], 30) == ()
    lost = [*whole[:10], *(point(at, ticks=at - 1) for at in range(12, 20))]
    assert [mark.words for mark in picture.marks(lost[::4], 30)] == ["2 ticks without data"]


@pytest.mark.parametrize("payload", ["<script>alert(1)</script>", '"><image href=x onerror=alert(1)>', "\u202egnp.exe"])
def test_whatever_a_metric_is_called_stays_text(payload: str) -> None:
    points = (point(0), point(1))
    lines = picture.lines(points, NAME, (5.3, 4.6))
    svg = picture.picture(points, lines, (picture.Mark("unused", points[0].t, points[0].t, payload),), payload)
    read = ElementTree.fromstring(svg)
    assert read.get("aria-label") == payload
    assert [part.text for part in read.iter("title")] == [payload]
    assert {part.tag for part in read.iter()} == {"svg", "path", "text", "title"}
