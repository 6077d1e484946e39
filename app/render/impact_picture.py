"""What a deployment did to one metric, as CausalImpact for R draws it: three panels over one axis of time.

Above: what was seen, and what was expected with its interval. Then the difference of the two, point by point. Below:
its sum since the deployment. Of a page it is an element that the page styles; `document` is a file of its own, light
or dark as its reader's system is. Nothing private is ever put at a public address: whoever may see the metric draws it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from app.render.impact_panel import HEIGHT, LEFT, RIGHT, Line, Panel, panel
from app.render.time_axis import moment, time_marks
from checks.impact.effect import Point
from checks.impact.panels import thinned

WIDTH = 720
_GAP, _TOP, _BOTTOM = 14, 8, 34
_TALL = _TOP + 3 * HEIGHT + 2 * _GAP + _BOTTOM

_STYLE = Markup("""<style>
svg.impact{--ink:#1f2328;--quiet:#59636e;--line:#d1d9e0;--seen:#1f2328;--told:#0969da;--deploy:#bc4c00;background:#fff}
@media (prefers-color-scheme:dark){svg.impact{--ink:#f0f6fc;--quiet:#9198a1;--line:#3d444d;--seen:#f0f6fc;
--told:#4493f8;--deploy:#f0883e;background:#0d1117}}
.impact text{font:11px system-ui,sans-serif;fill:var(--quiet)}.impact .title{fill:var(--ink);font-weight:600}
.impact path{fill:none;stroke-linejoin:round;stroke-linecap:round}.impact .band{fill:var(--told);opacity:.18}
.impact .grid{stroke:var(--line);opacity:.5}.impact .axis,.impact .zero{stroke:var(--quiet);opacity:.8}
.impact .seen{stroke:var(--seen);stroke-width:1.3}.impact .told{stroke:var(--told);stroke-width:1.6;
stroke-dasharray:5 3}.impact .effect{stroke:var(--told);stroke-width:1.4}
.impact .deploy{stroke:var(--deploy);stroke-width:1.4;stroke-dasharray:2 3}.impact .of-deploy{fill:var(--deploy)}
.impact .masked{fill:var(--deploy);opacity:.55}
</style>""")


@dataclass(frozen=True, slots=True)
class Course:
    """One metric around a deployment `at`; `times` in epoch seconds, one for each point."""

    name: str
    unit: str
    at: float
    times: Sequence[float]
    points: Sequence[Point]


def picture(course: Course, said: str) -> Markup:
    """The element. `said`: what it shows in words, for those who do not see it."""
    return _element(course, said, Markup(""))


def document(course: Course, said: str) -> str:
    """The same as a file: it brings its style along."""
    return f"{_element(course, said, _STYLE)}\n"


def _element(course: Course, said: str, style: Markup) -> Markup:
    frame = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="impact" viewBox="0 0 {} {}" width="{}" height="{}" role="img">'
        "<title>{}</title><desc>{}</desc>{}{}</svg>"
    )
    title = f"{course.name}: seen and expected around the deployment at {moment(course.at)}"
    return frame.format(WIDTH, _TALL, WIDTH, _TALL, title, said, style, Markup("").join(_parts(course)))


def _parts(course: Course) -> Iterator[Markup]:
    chosen = thinned(course.points)
    if not chosen:
        return
    times, points = [course.times[at] for at in chosen], [course.points[at] for at in chosen]
    x = _Scale(min(times[0], course.at), max(times[-1], course.at))
    xs = [x.at(time) for time in times]
    for at, one in enumerate(_panels(course, points)):
        yield panel(one, xs, _TOP + at * (HEIGHT + _GAP), WIDTH)
    yield from _masked(course, x)
    yield from _axis(x)
    yield from _deployment(course, x)


def _panels(course: Course, points: Sequence[Point]) -> tuple[Panel, Panel, Panel]:
    unit = f", {course.unit}" if course.unit else ""
    seen, told = [p.actual for p in points], [p.expected for p in points]
    low, high = [p.lower for p in points], [p.upper for p in points]
    apart = ([_less(p.actual, p.upper) for p in points], [_less(p.actual, p.lower) for p in points])
    sums = ([p.cumulative_lower for p in points], [p.cumulative_upper for p in points])
    return (
        Panel(
            f"{course.name}{unit}: seen, and expected (dashed)", (Line("told", told), Line("seen", seen)), (low, high)
        ),
        Panel(
            "Difference, point by point",
            (Line("effect", [_less(p.actual, p.expected) for p in points]),),
            apart,
            zero=True,
        ),
        Panel(
            "Sum of the differences since the deployment",
            (Line("effect", [p.cumulative for p in points]),),
            sums,
            zero=True,
        ),
    )


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where a moment is."""

    first: float
    last: float

    def at(self, time: float) -> float:
        share = (time - self.first) / ((self.last - self.first) or 1.0)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _masked(course: Course, x: _Scale) -> Iterator[Markup]:
    """Stretches of points that do not count, along the foot of the first panel."""
    placed = zip(course.times, course.points, strict=True)
    shape = Markup('<rect class="masked" x="{:g}" y="{}" width="{:g}" height="4"><title>{}</title></rect>')
    for missing, run in groupby(placed, key=lambda one: one[1].actual is None):
        if missing:
            times = [time for time, _ in run]
            words = f"{len(times):,} {'point does' if len(times) == 1 else 'points do'} not count"
            left = x.at(times[0])
            yield shape.format(left, _TOP + HEIGHT - 4, max(x.at(times[-1]) - left, 1.5), words)


def _axis(x: _Scale) -> Iterator[Markup]:
    foot = _TALL - _BOTTOM
    for time, word in time_marks(x.first, x.last):
        place = x.at(time)
        yield Markup('<path class="grid" d="M{:g} {}V{}"/>').format(place, _TOP, foot)
        yield Markup('<text class="mark" x="{:g}" y="{}" text-anchor="middle">{}</text>').format(place, foot + 14, word)


def _deployment(course: Course, x: _Scale) -> Iterator[Markup]:
    place = x.at(course.at)
    yield Markup('<path class="deploy" d="M{:g} {}V{}"/>').format(place, _TOP + 14, _TALL - _BOTTOM)
    text = Markup('<text class="of-deploy" x="{:g}" y="{}" text-anchor="{}">deployed {}</text>')
    anchor = "start" if place < WIDTH / 4 else "end" if place > 3 * WIDTH / 4 else "middle"
    yield text.format(place, _TALL - 6, anchor, moment(course.at))
