"""The evidence of one metric over time, as a picture: SVG of ours, in which nothing is styled but by class.

Two lines, the log of evidence for the promotion and of a regression, each against the bound that it must reach. They
differ by dash as well as by colour, and each carries its name. Below them stand the marks: time without ticks, ticks
that could not be used, rules that changed. The page says the same in words and in a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, pairwise
from math import exp

from markupsafe import Markup

from app.model import Point

WIDTH, HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 12, 150, 16, 40  # what surrounds the field of the lines
_LINE = 14  # height of a line of text
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Line:
    """The course of one kind of evidence, and the bound on its logarithm."""

    name: str  # "promotion" or "regression": its class, and what it is called
    values: tuple[float, ...]
    bound: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Something on the way, from `start` to `end` (epoch seconds). `kind`: missing, unused, restart."""

    kind: str
    start: float
    end: float
    words: str


def lines(points: Sequence[Point], metric: str, bounds: tuple[float | None, float]) -> tuple[Line, ...]:
    """The course of `metric`, for the promotion where it may promote, and of a regression."""
    promote, rollback = bounds
    pairs = [point.log_es[metric] for point in points]
    found = [Line("regression", tuple(pair[1] for pair in pairs), rollback)]
    if promote is not None:
        found.insert(0, Line("promotion", tuple(pair[0] or 0.0 for pair in pairs), promote))
    return tuple(found)


def marks(points: Sequence[Point], tick_seconds: float) -> tuple[Mark, ...]:
    """What happened between the points: told by what each of them has counted so far."""
    return tuple(mark for before, after in pairwise(points) for mark in _between(before, after, tick_seconds))


def _between(before: Point, after: Point, tick_seconds: float) -> Iterator[Mark]:
    if after.restarts != before.restarts:
        yield Mark("restart", after.t, after.t, "the rules changed, and the evidence began anew")
    else:
        missing = round((after.t - before.t) / tick_seconds) - (after.ticks - before.ticks)
        if missing > 0:
            yield Mark("missing", before.t, after.t, f"{_ticks(missing)} without data")
    if after.unused > before.unused:
        yield Mark("unused", after.t, after.t, f"{_ticks(after.unused - before.unused)} not used")


def _ticks(number: int) -> str:
    return "1 tick" if number == 1 else f"{number:,} ticks"


def picture(points: Sequence[Point], drawn: Sequence[Line], found: Sequence[Mark], label: str) -> Markup:
    """All of it. `label`: what it shows in a sentence, for those who do not see it."""
    scale = _Scale.of(points, drawn)
    parts = (
        *(_mark(mark, scale) for mark in found),
        _axis(points, scale),
        *_bounds(drawn, scale),
        *(part for line in drawn for part in _course(points, line, scale)),
        *_names(drawn, scale),
    )
    size = Markup('viewBox="0 0 {} {}" width="{}" height="{}"').format(WIDTH, HEIGHT, WIDTH, HEIGHT)
    frame = Markup('<svg class="picture" {} role="img" aria-label="{}">{}</svg>')
    return frame.format(size, label, Markup("").join(parts))


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where time and evidence are in the picture."""

    first: float
    last: float
    low: float
    high: float

    @classmethod
    def of(cls, points: Sequence[Point], drawn: Sequence[Line]) -> _Scale:
        """A bit more than the highest bound at the top; at the bottom no further below 1 than that is above."""
        high = 1.12 * max(line.bound for line in drawn)
        low = min(-0.5, *(min(line.values) for line in drawn))
        return cls(points[0].t, max(points[-1].t, points[0].t + 1), max(low, -high), high)

    def x(self, t: float) -> float:
        share = (t - self.first) / (self.last - self.first)
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, log_e: float) -> float:
        """What lies beyond the picture is drawn at its edge."""
        share = (self.high - min(max(log_e, self.low), self.high)) / (self.high - self.low)
        return round(_TOP + share * (HEIGHT - _TOP - _BOTTOM), 1)


def _bounds(drawn: Sequence[Line], scale: _Scale) -> Iterator[Markup]:
    """What each line must reach. The name of the highest bound stands above it, that of the other below."""
    for at, line in enumerate(sorted(drawn, key=lambda one: -one.bound)):
        y = scale.y(line.bound)
        yield Markup('<path class="bound {}" d="M{} {}H{}"/>').format(line.name, _LEFT, y, WIDTH - _RIGHT)
        needed = f"{line.name}: {exp(line.bound):,.0f} needed"
        yield _text(needed, _LEFT + 2, y + (_LINE - 2 if at else -4), f"of-{line.name}")


def _course(points: Sequence[Point], line: Line, scale: _Scale) -> Iterator[Markup]:
    """One stroke for each run of the evidence; its last point twice, so that a run of one point is a dot."""
    placed = zip(points, line.values, strict=True)
    for _, run in groupby(placed, key=lambda one: one[0].restarts):
        strokes = [f"{scale.x(point.t)} {scale.y(value)}" for point, value in run]
        yield Markup('<path class="course {}" d="M{}"/>').format(line.name, "L".join([*strokes, strokes[-1]]))


def _names(drawn: Sequence[Line], scale: _Scale) -> Iterator[Markup]:
    """How each stands, beside its end; two that would stand in each other's way step aside."""
    floor = -float(_LINE)
    for line in sorted(drawn, key=lambda one: scale.y(one.values[-1])):
        floor = max(scale.y(line.values[-1]), floor + _LINE)
        yield _text(f"{line.name} {stands(line.values[-1])}", WIDTH - _RIGHT + 6, floor + 4, f"of-{line.name}")


def bar(share: float, kind: str) -> Markup:
    """How much there is of what is needed, for the eye alone: the words stand beside it."""
    whole = Markup('<rect class="whole" width="100" height="6"/>')
    part = Markup('<rect class="{}" width="{}" height="6"/>').format(kind, round(100 * min(max(share, 0.0), 1.0), 1))
    drawn = Markup('<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">{}{}</svg>')
    return drawn.format(whole, part)


def stands(log_e: float) -> str:
    """Evidence as a multiple of where it began, short: `173`, `0.4`, `over 1 million`, `below 0.001`."""
    if log_e > 13.8:
        return "over 1 million"
    return "below 0.001" if log_e < -6.9 else f"{exp(log_e):,.3g}" if log_e < 6.9 else f"{exp(log_e):,.0f}"


def _axis(points: Sequence[Point], scale: _Scale) -> Markup:
    end, floor = WIDTH - _RIGHT, HEIGHT - _BOTTOM
    long = points[-1].t - points[0].t >= _DAY
    said = [_text(_clock(points[0].t, long), _LEFT, HEIGHT - 6, "time")]
    if points[-1].t > points[0].t:
        said.append(_text(_clock(points[-1].t, long), end, HEIGHT - 6, "time", "end"))
    base = Markup('<path class="axis" d="M{} {}H{}"/><path class="even" d="M{} {}H{}"/>')
    return base.format(_LEFT, floor, end, _LEFT, scale.y(0.0), end) + Markup("").join(said)


def _mark(mark: Mark, scale: _Scale) -> Markup:
    start, end, floor = scale.x(mark.start), scale.x(mark.end), HEIGHT - _BOTTOM
    if mark.kind == "missing":
        shape = Markup('<rect class="missing" x="{}" y="{}" width="{}" height="{}">')
        drawn = shape.format(start, _TOP, round(max(end - start, 1), 1), floor - _TOP)
        return drawn + Markup("<title>{}</title></rect>").format(mark.words)
    path = f"M{end} {_TOP}V{floor}" if mark.kind == "restart" else f"M{end} {floor + 3}l5 9h-10z"
    return Markup('<path class="{}" d="{}"><title>{}</title></path>').format(mark.kind, path, mark.words)


def _text(said: str, x: float, y: float, kind: str, anchor: str = "start") -> Markup:
    return Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>').format(kind, x, y, anchor, said)


def _clock(at: float, long: bool) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%d %b %H:%M UTC" if long else "%H:%M:%S UTC")
