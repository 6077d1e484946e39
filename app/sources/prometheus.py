"""Prometheus over its HTTP API: raw samples of counters between two moments, and nothing that it computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isclose

from app.sources.counters import Labels, Reading, Sample, Series, Window, reading
from app.sources.errors import BadSelector, NoSeries
from app.sources.query_api import QueryApi, Wire
from app.sources.selector import selector
from checks.experiment import Counter, Kind, Side
from checks.experiment.design import Design

LOOKBACK = 300.0  # seconds before a window in which the sample is looked for that its first differences start from
CHUNK = 3_600.0  # seconds of raw samples asked for at a time
MOST_SERIES = 2_000  # that one selector may match
SECOND = 1_000.0  # milliseconds; histograms of Prometheus count in seconds
_NEAR = 1e-6  # relative: a bound is written as text


@dataclass(frozen=True, slots=True)
class Prometheus:
    """Reads through `wire`. `demanded`: labels that every selector is made to demand, whatever it says itself: what
    the operator lets this repository see.
    """

    wire: Wire
    demanded: Mapping[str, str]

    def check(self, side: Side, seconds: float) -> None:
        """Raises as `askable`."""
        askable(side, self.demanded)

    async def count(self, design: Design, side: Side, window: Window) -> Reading:
        """What this side counted in each tick. All its selectors are to match counters of the same processes.

        The counter of all requests has to match a series; that of errors need not, there may have been none.
        """
        return reading(await self._named(design, side, window), window)

    async def _named(self, design: Design, side: Side, window: Window) -> Mapping[str, tuple[Series, ...]]:
        asked = {name: _text(counter) for name, counter in side.counters.items()}
        found = {name: await self.series(text, window) for name, text in asked.items()}
        if design.kind is not Kind.LATENCY:
            _present(asked["total"], found["total"])
            return found
        buckets = {name: _of_bound(found["buckets"], bound) for name, bound in _bounds(design).items()}
        for name, every in buckets.items():
            _present(f"{asked['buckets']} with le={name} ms", every)
        return buckets

    async def series(self, text: str, window: Window) -> tuple[Series, ...]:
        """The counters that the selector `text` matches, from some minutes before `window` to its end.

        Raises BadSelector, BadAnswer, and what the wire raises.
        """
        api, checked = QueryApi(self.wire, self.demanded), selector(text, self.demanded)
        found: dict[Labels, dict[float, float]] = {}
        start, end = window.start - LOOKBACK, window.end
        while start < end:
            until = min(start + CHUNK, end)
            for labels, samples in await api.within(checked, until - start, until):
                found.setdefault(labels, {}).update(samples)
            if len(found) > MOST_SERIES:
                raise BadSelector(f"`{text}` matches more than {MOST_SERIES:,} series")
            start = until
        return tuple(
            Series(labels, tuple(Sample(at, value) for at, value in sorted(samples.items())))
            for labels, samples in sorted(found.items())
        )


def askable(side: Side, demanded: Mapping[str, str]) -> None:
    """Raises BadSelector for a counter that is no selector."""
    for counter in side.counters.values():
        selector(_text(counter), demanded)


def _text(counter: Counter) -> str:
    if not isinstance(counter, str):
        raise BadSelector("a Prometheus takes a selector, not a metric with dimensions")
    return counter


def _present(said: str, found: tuple[Series, ...]) -> None:
    if not found:
        raise NoSeries(f"`{said}` matches no series")


# --- histograms ------------------------------------------------------------------------------------------------


def _bounds(design: Design) -> Mapping[str, float]:
    """The buckets that count: by their bound in milliseconds, that bound in seconds."""
    assert design.inner is not None, "a latency has both"
    assert design.tau is not None
    return {f"{design.inner:.9g}": design.inner / SECOND, f"{design.tau:.9g}": design.tau / SECOND, "+Inf": inf}


def _of_bound(every: tuple[Series, ...], bound: float) -> tuple[Series, ...]:
    return tuple(one for one in every if _is(_bound(one), bound))


def _bound(series: Series) -> float:
    """A bucket's upper bound in seconds; NaN where it has none."""
    try:
        return float(dict(series.labels).get("le", "nan"))
    except ValueError:
        return float("nan")


def _is(bound: float, wanted: float) -> bool:
    return bound == wanted or isclose(bound, wanted, rel_tol=_NEAR)
