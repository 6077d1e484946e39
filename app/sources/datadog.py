"""Datadog over its metrics query API: what was counted in each interval, summed by Datadog and by nobody else.

Contract: docs.datadoghq.com/api/latest/metrics, "Query timeseries points" and "Get metric metadata" of version 1, as
the OpenAPI of github.com/DataDog/datadog-api-client-python describes them (`MetricsQueryResponse`, `MetricMetadata`);
docs.datadoghq.com/dashboards/functions/rollup (intervals begin at multiples of their length, and grow where a series
would have more than 1,500 points); docs.datadoghq.com/metrics/custom_metrics/type_modifiers (`as_count`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from yarl import URL

from app.sources.counters import Reading, Window
from app.sources.errors import BadAnswer, BadSelector, NoSeries, Withheld
from app.sources.intervals import Intervals, Sums, counted, intervals
from app.sources.sides import exact, one_population
from app.wire import Refused, Request, Sign
from checks.experiment import Counter, Side
from checks.experiment.design import Design

MOST_BYTES = 4 * 1024 * 1024  # of an answer
COUNTED = frozenset({"count", "rate"})  # the types that `as_count` brings into numbers of events
_WORDS = 200  # characters of Datadog's own that an error keeps

_TAG = r"!?[a-zA-Z][a-zA-Z0-9_./-]*:[a-zA-Z0-9_./:*-]+"
_METRIC = re.compile(rf"\s*(?P<name>[a-zA-Z][a-zA-Z0-9_.]*)\s*\{{\s*(?P<tags>{_TAG}(?:\s*,\s*{_TAG})*)\s*\}}\s*")


class Wire(Protocol):
    """One bounded, patient HTTP exchange that says who asks."""

    async def get(self, path: str, most: int) -> Any:
        """The JSON at `path`, of at most `most` bytes."""


def keys(api: str, application: str) -> Sign:
    """Who asks: both keys, in each request."""

    async def sign(_request: Request) -> Mapping[str, str]:
        return {"DD-API-KEY": api, "DD-APPLICATION-KEY": application}

    return sign


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of Datadog, and the tags that its points must all have: `!` before one that they must not have."""

    name: str
    tags: tuple[str, ...]

    def query(self, seconds: int) -> str:
        """What was counted in each interval, over all hosts."""
        return f"sum:{self.name}{{{','.join(self.tags)}}}.as_count().rollup(sum, {seconds})"

    def named(self) -> Mapping[str, str]:
        """Its tags by name."""
        return dict(tag.split(":", 1) for tag in self.tags)


def metric(text: str, demanded: Mapping[str, str] | None = None) -> Metric:
    """`text` as one metric with tags, which also demands the tags `demanded`. Raises BadSelector for any other text.

    >>> metric("http.requests{service:shop,version:2}", {"team": "a"}).query(30)
    'sum:http.requests{service:shop,version:2,team:a}.as_count().rollup(sum, 30)'
    """
    found = _METRIC.fullmatch(text)
    if found is None:
        raise BadSelector(f"no metric of the form `name{{tag:value}}`: {text[:200]!r}")
    tags = tuple(tag.strip() for tag in found["tags"].split(","))
    return Metric(found["name"], tags + tuple(f"{name}:{value}" for name, value in sorted((demanded or {}).items())))


@dataclass(frozen=True, slots=True)
class Datadog:
    """Reads through `wire`. `demanded`: tags that every metric is made to demand, whatever it says itself: what the
    operator lets this repository see. `known`: the names of metrics that were found to count something.
    """

    wire: Wire
    demanded: Mapping[str, str]
    known: set[str]

    def check(self, side: Side, seconds: float) -> None:
        """Raises as `askable`."""
        askable(side, seconds, self.demanded)

    async def count(self, design: Design, side: Side, window: Window) -> Reading:
        """What this side counted in each tick of `window`, which begins where an interval does.

        Raises BadSelector for what is no metric, or one that counts nothing; NoSeries for one that Datadog does not
        know; BadAnswer, Withheld, and what the wire raises.
        """
        at = intervals(window)
        metrics = {name: _metric(counter, self.demanded) for name, counter in side.counters.items()}
        for name in sorted({one.name for one in metrics.values()} - self.known):
            await self._describe(name)
        sums = await self._ask([one.query(at.seconds) for one in metrics.values()], at)
        return counted(dict(zip(metrics, sums, strict=True)), at)

    async def _describe(self, name: str) -> None:
        """Once for each metric: a gauge, summed up, would look like a count; a name that is wrong, like no errors."""
        try:
            told = await self.wire.get(f"/api/v1/metrics/{name}", MOST_BYTES)
        except Refused as refused:
            if refused.status != 404:
                raise
            raise NoSeries(f"Datadog knows no metric `{name}`") from None
        kind = str(told.get("type") if isinstance(told, dict) else None)
        if kind not in COUNTED:
            raise BadSelector(f"`{name}` is of type {kind[:40]!r}, not of {' or '.join(sorted(COUNTED))}")
        self.known.add(name)

    async def _ask(self, queries: Sequence[str], at: Intervals) -> list[Sums]:
        asked = {"from": str(at.start), "to": str(at.end), "query": ",".join(queries)}
        path = f"/api/v1/query?{URL.build(query=asked).raw_query_string}"
        try:
            return _read(await self.wire.get(path, MOST_BYTES), len(queries), at)
        except Refused as refused:
            raise Refused(refused.call, refused.status, self._hushed(refused.reason)) from None
        except Withheld as withheld:
            raise Withheld(self._hushed(str(withheld))) from None

    def _hushed(self, words: str) -> str:
        """Datadog quotes what it was asked; what the operator demands of it is the operator's to know."""
        for name, value in self.demanded.items():
            words = words.replace(f"{name}:{value}", "…")
        return words[:_WORDS]


def askable(side: Side, seconds: float, demanded: Mapping[str, str]) -> None:
    """Raises BadSelector for what could never be asked for in ticks of `seconds`."""
    if seconds != int(seconds):
        raise BadSelector(f"tick_seconds is {seconds:g}: Datadog adds up by whole seconds")
    exact(side, "Datadog")
    one_population({name: _metric(counter, demanded).named() for name, counter in side.counters.items()})


def _metric(counter: Counter, demanded: Mapping[str, str]) -> Metric:
    if not isinstance(counter, str):
        raise BadSelector("Datadog takes `name{tag:value}`, not a metric with dimensions")
    return metric(counter, demanded)


def _read(answer: Any, queries: int, at: Intervals) -> list[Sums]:
    """By query; a query without a series counted nothing."""
    try:
        if answer["status"] != "ok" or answer.get("error"):
            raise Withheld(f"Datadog: {json.dumps(answer.get('error') or answer['status'])}")
        series = {one["query_index"]: one for one in answer["series"]}
        if len(series) != len(answer["series"]) or not series.keys() <= set(range(queries)):
            raise BadAnswer("not one series for each query")
        return [_sums(series[place], at) if place in series else {} for place in range(queries)]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BadAnswer(f"no answer of the query API: {type(error).__name__}: {error}") from None


def _sums(series: Mapping[str, Any], at: Intervals) -> Sums:
    """The description has `interval` in milliseconds, examples of answers have it in seconds: it may be either."""
    if series["interval"] not in (at.seconds, 1000 * at.seconds):
        raise BadAnswer(f"intervals of {str(series['interval'])[:40]} where {at.seconds} seconds were asked for")
    return at.placed((begins / 1000, value) for begins, value in series["pointlist"])
