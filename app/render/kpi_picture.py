"""The course of an outcome metric as a small picture: SVG, styled by class. The page says the same in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from markupsafe import Markup

from program.kpi import Figure

WIDTH, HEIGHT = 280, 56
_EDGE = 5  # around the field of the dots


def trend(course: Sequence[Figure], label: str) -> Markup:
    """A dot for each span that has a figure, the interval behind it; a span without one is a gap. "" where fewer than
    two have one: that is no course. `label`: the same in words.
    """
    told = [one for one in course if one.value is not None]
    if len(told) < 2:
        return Markup("")
    values = [edge for one in told for edge in (one.low, one.value, one.high) if edge is not None]
    scale = _Scale(len(course), min(values), max(values))
    drawn = Markup("").join((*_intervals(course, scale), *_lines(course, scale), *_dots(course, scale)))
    size = Markup('viewBox="0 0 {} {}" width="{}" height="{}"').format(WIDTH, HEIGHT, WIDTH, HEIGHT)
    return Markup('<svg class="trend" {} role="img" aria-label="{}">{}</svg>').format(size, label, drawn)


class _Scale:
    """Where spans and values are in the picture."""

    def __init__(self, count: int, low: float, high: float) -> None:
        self._step = (WIDTH - 2 * _EDGE) / max(count - 1, 1)
        self._low, self._span = low, high - low

    def x(self, place: int) -> float:
        return round(_EDGE + place * self._step, 1)

    def y(self, value: float) -> float:
        """What never moves is drawn in the middle."""
        share = (value - self._low) / self._span if self._span > 0 else 0.5
        return round(HEIGHT - _EDGE - share * (HEIGHT - 2 * _EDGE), 1)


def _intervals(course: Sequence[Figure], scale: _Scale) -> Iterator[Markup]:
    for place, one in enumerate(course):
        if one.low is not None and one.high is not None:
            path = Markup('<path class="band" d="M{} {}V{}"/>')
            yield path.format(scale.x(place), scale.y(one.low), scale.y(one.high))


def _lines(course: Sequence[Figure], scale: _Scale) -> Iterator[Markup]:
    placed = [(place, one.value) for place, one in enumerate(course)]
    for known, run in groupby(placed, key=lambda one: one[1] is not None):
        if known:
            points = [f"{scale.x(place)} {scale.y(value)}" for place, value in run if value is not None]
            yield Markup('<path class="course" d="M{}"/>').format("L".join(points))


def _dots(course: Sequence[Figure], scale: _Scale) -> Iterator[Markup]:
    for place, one in enumerate(course):
        if one.value is not None:
            yield Markup('<circle cx="{}" cy="{}" r="2.5"/>').format(scale.x(place), scale.y(one.value))
