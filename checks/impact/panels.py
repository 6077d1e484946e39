"""The points behind what a study told, so few that a picture can be made of them; kept beside it, for they are many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor, isfinite, log10
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from checks.experiment.quantity import Finite, Time
from checks.impact.answered import Answered
from checks.impact.block import Config
from checks.impact.effect import Point
from checks.impact.plan import Plan
from checks.impact.series import Neighbour, Observed
from checks.impact.study import look
from checks.impact.told import Told

MOST = 360  # points of one metric: two a pixel say no more
_FINE = 4  # digits to which a course is kept, of the span between its least and its largest value

Column = Annotated[tuple[Finite | None, ...], Meta(max_length=MOST)]


class PanelsError(ValueError):
    """A text is not what `dump` writes."""


class Trace(Struct, frozen=True, forbid_unknown_fields=True):
    """One metric in columns, one value for each of its `times` (epoch seconds), in the metric's unit.

    `lower` and `upper` bound what was `expected`. `cumulative` is the sum of the differences since the deployment, with
    its bounds. None is what is not known: a point that does not count, a sum before the deployment.
    """

    name: str
    times: Annotated[tuple[Time, ...], Meta(max_length=MOST)]
    actual: Column
    expected: Column
    lower: Column
    upper: Column
    cumulative: Column
    cumulative_lower: Column
    cumulative_upper: Column

    @property
    def columns(self) -> tuple[Column, ...]:
        """All but the times, in the order in which a point has them."""
        levels = (self.actual, self.expected, self.lower, self.upper)
        return (*levels, self.cumulative, self.cumulative_lower, self.cumulative_upper)

    def points(self) -> Iterator[Point]:
        """Its points, from the first to the last."""
        for at, row in enumerate(zip(*self.columns, strict=True)):
            actual, expected, lower, upper, *sums = row
            apart = (_less(actual, expected), _less(actual, upper), _less(actual, lower))
            yield Point(at, actual, expected, lower, upper, *apart, *sums)


class Panels(Struct, frozen=True, forbid_unknown_fields=True):
    """All metrics of a look that have points, in the order of the rules."""

    traces: tuple[Trace, ...] = ()


_DECODER = msgspec.json.Decoder(Panels)


def judged(
    config: Config, observed: Sequence[Observed], at: float, neighbours: Sequence[Neighbour] = ()
) -> tuple[Told, Panels]:
    """What `study` tells of a deployment at epoch second `at`, and the points behind it."""
    found = look(Plan.of(config), config.metrics, observed, at, neighbours)
    return found.told, panels(found.answers)


def panels(answers: Sequence[Answered]) -> Panels:
    """Of what a look was made of."""
    return Panels(tuple(_trace(one) for one in answers if one.estimate.pointwise))


def dump(kept: Panels) -> str:
    """`kept` as JSON; the same look is the same bytes."""
    return msgspec.json.encode(kept, order="deterministic").decode()


def load(text: str | bytes) -> Panels:
    """What `dump` wrote. Raises PanelsError for any other text."""
    try:
        read = _DECODER.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise PanelsError(f"no panels: {error}") from None
    if any(len(column) != len(one.times) for one in read.traces for column in one.columns):
        raise PanelsError("no panels: a course has more or fewer points than times")
    return read


def thinned(points: Sequence[Point], most: int = MOST) -> list[int]:
    """Which points are kept: of neighbouring ones that which lies furthest from what was expected, so that no outlier
    is lost.
    """
    n = len(points)
    parts = min(n, most)
    edges = [(at * n // parts, (at + 1) * n // parts) for at in range(parts)]
    return [max(range(low, high), key=lambda at: _telling(points[at])) for low, high in edges]


def _telling(point: Point) -> float:
    return -1.0 if point.actual is None else abs(_less(point.actual, point.expected) or 0.0)


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _trace(one: Answered) -> Trace:
    chosen = thinned(one.estimate.pointwise)
    points = [one.estimate.pointwise[at] for at in chosen]
    level = _digits([value for p in points for value in (p.actual, p.expected, p.lower, p.upper)])
    total = _digits([value for p in points for value in (p.cumulative, p.cumulative_lower, p.cumulative_upper)])
    return Trace(
        one.metric.name,
        tuple(one.window.times[at] for at in chosen),
        actual=_column([p.actual for p in points], level),
        expected=_column([p.expected for p in points], level),
        lower=_column([p.lower for p in points], level),
        upper=_column([p.upper for p in points], level),
        cumulative=_column([p.cumulative for p in points], total),
        cumulative_lower=_column([p.cumulative_lower for p in points], total),
        cumulative_upper=_column([p.cumulative_upper for p in points], total),
    )


def _digits(values: Sequence[float | None]) -> int:
    """Decimal places that tell apart what a picture of these values can show."""
    known = [value for value in values if value is not None and isfinite(value)]
    span = max(known) / 2 - min(known) / 2 if known else 0.0  # of two halves: the whole may be beyond the largest float
    return _FINE - floor(log10(span)) if span > 0 else 15


def _column(values: Sequence[float | None], digits: int) -> tuple[float | None, ...]:
    return tuple(None if value is None or not isfinite(value) else round(value, digits) for value in values)
