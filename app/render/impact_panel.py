"""One panel of the picture of an effect: a band, lines, round numbers at its side. SVG of ours, styled by class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isfinite

from markupsafe import Markup

from app.render.time_axis import number_marks
from checks.impact.words import number

Values = Sequence[float | None]
LEFT, RIGHT, HEIGHT = 72, 12, 132
_TITLE = 18  # above a panel


@dataclass(frozen=True, slots=True)
class Line:
    """A course, one value for each point drawn; `kind` is its class."""

    kind: str
    values: Values


@dataclass(frozen=True, slots=True)
class Panel:
    """What is drawn: `title` above it, a band between two courses, lines over it; `zero`: a line where nothing is."""

    title: str
    lines: tuple[Line, ...]
    band: tuple[Values, Values]
    zero: bool = False

    @property
    def known(self) -> list[float]:
        """All values there are."""
        courses = [*self.band, *(line.values for line in self.lines)]
        return [value for course in courses for value in course if value is not None and isfinite(value)]


def panel(one: Panel, xs: Sequence[float], top: float, width: float) -> Markup:
    """The panel with its title at `top`; `xs`: where its points are, from left to right."""
    floor = top + HEIGHT
    parts = [_text(one.title, LEFT, top + 11, "title"), _rule("axis", floor, width)]
    known = one.known
    if not known:
        return Markup("").join([*parts, _text("nothing to show", LEFT + 8, top + HEIGHT / 2, "note")])
    y = _Scale.of(known, one.zero, top + _TITLE, floor)
    parts += [part for mark in number_marks(y.low, y.high) for part in _mark(mark, y, width)]
    parts += [_band(run) for run in _runs(xs, *[[y.of_(v) for v in course] for course in one.band])]
    if one.zero:
        parts.append(_rule("zero", y.at(0.0), width))
    parts += [stroke for line in one.lines for stroke in _strokes(line, xs, y)]
    return Markup("").join(parts)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where a value is, from `bottom` up to `top`."""

    low: float
    high: float
    top: float
    bottom: float

    @classmethod
    def of(cls, known: Sequence[float], zero: bool, top: float, bottom: float) -> _Scale:
        """A bit more room than all values take; a course that never moves is in the middle."""
        low, high = min(*known, 0.0) if zero else min(known), max(*known, 0.0) if zero else max(known)
        room = 0.05 * (high - low) or abs(high) * 0.05 or 1.0
        return cls(low - room, high + room, top, bottom)

    def at(self, value: float) -> float:
        return round(self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top), 1)

    def of_(self, value: float | None) -> float | None:
        return None if value is None or not isfinite(value) else self.at(value)


def _runs(xs: Sequence[float], *courses: Sequence[float | None]) -> Iterator[list[tuple[float, ...]]]:
    """Stretches of neighbouring points at which every course has a value."""
    rows = zip(xs, *courses, strict=True)
    for there, run in groupby(rows, key=lambda row: None not in row):
        if there:
            yield [tuple(value for value in row if value is not None) for row in run]


def _band(run: Sequence[tuple[float, ...]]) -> Markup:
    there = "L".join(f"{x:g} {low:g}" for x, low, _ in run)
    back = "L".join(f"{x:g} {high:g}" for x, _, high in reversed(run))
    return Markup('<path class="band" d="M{}L{}Z"/>').format(there, back)


def _strokes(line: Line, xs: Sequence[float], y: _Scale) -> Iterator[Markup]:
    """One for each run; its last point twice, so that a run of one point is a dot."""
    for run in _runs(xs, [y.of_(value) for value in line.values]):
        points = [f"{x:g} {at:g}" for x, at in run]
        yield Markup('<path class="{}" d="M{}"/>').format(line.kind, "L".join([*points, points[-1]]))


def _mark(value: float, y: _Scale, width: float) -> Iterator[Markup]:
    yield _rule("grid", y.at(value), width)
    yield _text(number(value), LEFT - 6, y.at(value) + 3.5, "mark", "end")


def _rule(kind: str, y: float, width: float) -> Markup:
    return Markup('<path class="{}" d="M{} {:g}H{:g}"/>').format(kind, LEFT, y, width - RIGHT)


def _text(said: str, x: float, y: float, kind: str, anchor: str = "start") -> Markup:
    return Markup('<text class="{}" x="{:g}" y="{:g}" text-anchor="{}">{}</text>').format(kind, x, y, anchor, said)
