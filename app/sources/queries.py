"""Which counters make up the metrics of an experiment, and the ticks that they give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf, isclose
from typing import Annotated, Any, Protocol, Self

from pydantic import Field, model_validator

from app.sources.counters import Series, Window, reading
from app.sources.errors import NoSeries
from app.sources.selector import LONGEST, selector
from checks.experiment import GateConfig, Kind
from checks.experiment.design import Design
from checks.model import Strict

Selector = Annotated[str, Field(min_length=1, max_length=LONGEST)]
SECOND = 1_000.0  # milliseconds; histograms of Prometheus count in seconds
_NEAR = 1e-6  # relative: a bound is written as text


class Side(Strict):
    """The counters of one side of one metric, as selectors: `name{label="value"}`."""

    total: Selector | None = None
    """bernoulli: all requests. mean: the requests that `sum` is of."""
    bad: Selector | None = None
    """bernoulli: those that went wrong."""
    good: Selector | None = None
    """bernoulli: those that went well, in place of `bad`."""
    sum: Selector | None = None
    """mean: what they cost together."""
    buckets: Selector | None = None
    """latency_bucket: a histogram's `_bucket` series, in seconds."""

    @model_validator(mode="after")
    def _are_selectors(self) -> Self:
        for text in self.model_dump(exclude_none=True).values():
            selector(text)
        return self


class Query(Strict):
    """The counters of one metric."""

    control: Side
    canary: Side


class Watched(GateConfig):
    """The rules of an experiment, and where its figures come from."""

    queries: dict[str, Query] = Field(default_factory=dict, strict=False)
    """For each metric, by its name, the counters of either side."""

    @model_validator(mode="after")
    def _every_metric(self) -> Self:
        designs = {design.name: design for design in self.designs}
        if self.queries and self.queries.keys() != designs.keys():
            raise ValueError(f"queries: they must be of the metrics, {', '.join(designs)}, and of nothing else")
        for name, query in self.queries.items():
            for label, side in (("control", query.control), ("canary", query.canary)):
                _needs(side, designs[name], f"queries.{name}.{label}")
        return self


class Counters(Protocol):
    """Whoever has counters; raises as `app.sources.prometheus.Prometheus.series`."""

    async def series(self, text: str, window: Window) -> tuple[Series, ...]:
        """The counters that the selector `text` matches, from before `window` to its end."""


@dataclass(frozen=True, slots=True)
class Read:
    """Ticks as a gate takes them, in order of time; `resets`, `unplaced` as of a Reading, of all counters."""

    ticks: tuple[dict[str, Any], ...]
    resets: int
    unplaced: int


async def read(source: Counters, config: Watched, window: Window) -> Read:
    """The ticks of `window`. A side that nobody was scraped on is left out of its tick: it is missing, not zero.

    Raises NoSeries where the counter of all requests matches nothing, and what `source` raises.
    """
    ticks: list[dict[str, Any]] = [
        {"t": window.start + window.seconds * (at + 1), "metrics": {design.name: {} for design in config.designs}}
        for at in range(window.ticks)
    ]
    resets = unplaced = 0
    for design in config.designs:
        query = config.queries[design.name]
        for label, side in (("control", query.control), ("canary", query.canary)):
            found = reading(await _named(source, design, side, window), window)
            resets, unplaced = resets + found.resets, unplaced + found.unplaced
            for at, tick in enumerate(ticks):
                counts = {name: count for name, values in found.counts.items() if (count := values[at]) is not None}
                if counts:
                    tick["metrics"][design.name][label] = _SHAPES[design.kind](counts)
    return Read(tuple(ticks), resets, unplaced)


# --- from counters to one side ---------------------------------------------------------------------------------


async def _named(source: Counters, design: Design, side: Side, window: Window) -> Mapping[str, tuple[Series, ...]]:
    if design.kind is not Kind.LATENCY:
        named = {name: await source.series(text, window) for name, text in side.model_dump(exclude_none=True).items()}
        return _present(named, side.total or "", named.get("total", ()))
    every = await source.series(side.buckets or "", window)
    assert design.inner is not None
    assert design.tau is not None
    bounds = {f"{design.inner:.9g}": design.inner / SECOND, f"{design.tau:.9g}": design.tau / SECOND, "+Inf": inf}
    named = {name: tuple(one for one in every if _is(_bound(one), bound)) for name, bound in bounds.items()}
    for name, found in named.items():
        _present(named, f"{side.buckets} with le={name} ms", found)
    return named


def _present(
    named: Mapping[str, tuple[Series, ...]], said: str, found: Iterable[Series]
) -> Mapping[str, tuple[Series, ...]]:
    if not tuple(found):
        raise NoSeries(f"`{said}` matches no series")
    return named


def _bound(series: Series) -> float:
    """A bucket's upper bound in seconds; NaN where it has none."""
    try:
        return float(dict(series.labels).get("le", "nan"))
    except ValueError:
        return float("nan")


def _is(bound: float, wanted: float) -> bool:
    return bound == wanted or isclose(bound, wanted, rel_tol=_NEAR)


def _whole(count: float) -> float | int:
    """Counts are whole; what is not stays as it is, for the gate to refuse."""
    return int(count) if count == int(count) else count


def _outcomes(counts: Mapping[str, float]) -> dict[str, Any]:
    total = _whole(counts["total"])
    return {"total": total, "good": _whole(counts["good"]) if "good" in counts else total - _whole(counts["bad"])}


def _latencies(counts: Mapping[str, float]) -> dict[str, Any]:
    return {"buckets": {name: _whole(count) for name, count in counts.items()}}


def _sums(counts: Mapping[str, float]) -> dict[str, Any]:
    return {"n": _whole(counts["total"]), "sum": counts["sum"]}


_SHAPES = {Kind.BERNOULLI: _outcomes, Kind.LATENCY: _latencies, Kind.MEAN: _sums}
_FIELDS = {
    Kind.BERNOULLI: ({"total", "bad"}, {"total", "good"}),
    Kind.LATENCY: ({"buckets"},),
    Kind.MEAN: ({"total", "sum"},),
}


def _needs(side: Side, design: Design, where: str) -> None:
    said = set(side.model_dump(exclude_none=True))
    if said not in _FIELDS[design.kind]:
        wanted = " or ".join(" and ".join(sorted(each)) for each in _FIELDS[design.kind])
        raise ValueError(f"{where}: a metric of kind {design.kind.value} needs {wanted}")
