"""CloudWatch over `GetMetricData`: what was counted in each period, summed by CloudWatch.

Contract: docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference, `GetMetricData` and `ListMetrics`, in the JSON
protocol of botocore's `cloudwatch/2010-08-01/service-2.json` (`jsonVersion` 1.0, `targetPrefix`
GraniteServiceVersion20100801; times are epoch seconds).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.sources.counters import Reading, Window
from app.sources.errors import BadAnswer, BadSelector, NoSeries, Withheld
from app.sources.intervals import Intervals, Sums, counted, intervals
from app.sources.sides import exact, one_population
from checks.experiment import Counter, NamedMetric, Side
from checks.experiment.design import Design

MOST_BYTES = 4 * 1024 * 1024  # of a page
MOST_PAGES = 20
MINUTE = 60  # seconds; the finest period of a metric of ordinary resolution
PERIODS = frozenset({1, 5, 10, 20, 30})  # seconds; the shorter ones, of metrics of high resolution
TARGET = "GraniteServiceVersion20100801"

MetricKind = tuple[str, str, frozenset[str]]
"""Namespace, name and names of dimensions: metrics that differ in these are different metrics."""


class Wire(Protocol):
    """One bounded, patient HTTP exchange that says who asks."""

    async def post(self, path: str, body: Any, most: int, headers: Mapping[str, str]) -> Any:
        """The JSON that comes back for `body`, of at most `most` bytes."""


@dataclass(frozen=True, slots=True)
class CloudWatch:
    """Reads through `wire`. `demanded`: dimensions that every metric must have: what the operator lets this repository
    see. `finest`: the shortest period that its metrics were stored with. `known`: kinds of metrics that were found.
    """

    wire: Wire
    demanded: Mapping[str, str]
    finest: int
    known: set[MetricKind]

    def check(self, side: Side, seconds: float) -> None:
        """Raises as `askable`."""
        askable(side, seconds, self.demanded, self.finest)

    async def count(self, design: Design, side: Side, window: Window) -> Reading:
        """What this side counted in each tick of `window`, which begins where a period does.

        Raises BadSelector for what is no metric; NoSeries for one that CloudWatch does not know; BadAnswer, Withheld,
        and what the wire raises.
        """
        at = intervals(window)
        metrics = {name: _metric(counter, self.demanded) for name, counter in side.counters.items()}
        sums = dict(zip(metrics, await self._ask(list(metrics.values()), at), strict=True))
        for name, one in metrics.items():
            if not sums[name]:
                await self._exists(one)
        return counted(sums, at)

    async def _exists(self, metric: NamedMetric) -> None:
        """Where there is no figure at all: a name that is wrong would look like no errors.

        Asked for with its names of dimensions alone: a canary without errors has none of its own yet.
        """
        kind = (metric.namespace, metric.metric, frozenset(metric.dimensions))
        if kind in self.known:
            return
        asked = {
            "Namespace": metric.namespace,
            "MetricName": metric.metric,
            "Dimensions": [{"Name": name} for name in sorted(metric.dimensions)],
        }
        async for page in self._pages("ListMetrics", asked):
            if any(_names(listed) == kind[2] for listed in _list(page, "Metrics")):
                self.known.add(kind)
                return
        among = ", ".join(sorted(metric.dimensions)) or "no dimension"
        raise NoSeries(f"CloudWatch has had no `{metric.metric}` of {metric.namespace} by {among} for two weeks")

    async def _ask(self, metrics: Sequence[NamedMetric], at: Intervals) -> list[Sums]:
        asked = {
            "MetricDataQueries": [_query(f"m{place}", metric, at.seconds) for place, metric in enumerate(metrics)],
            "StartTime": at.start,
            "EndTime": at.end,
            "ScanBy": "TimestampAscending",
        }
        pages = [page async for page in self._pages("GetMetricData", asked)]
        return [_sums(f"m{place}", pages, at) for place in range(len(metrics))]

    async def _pages(self, operation: str, asked: Mapping[str, Any]) -> AsyncIterator[Mapping[str, Any]]:
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"{TARGET}.{operation}"}
        more: Mapping[str, Any] = {}
        for _ in range(MOST_PAGES):
            page = await self.wire.post("/", {**asked, **more}, MOST_BYTES, headers)
            if not isinstance(page, dict):
                raise BadAnswer(f"no answer of {operation}: {type(page).__name__}")
            yield page
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}
        raise BadAnswer(f"{operation} goes on after {MOST_PAGES} pages")


def askable(side: Side, seconds: float, demanded: Mapping[str, str], finest: int) -> None:
    """Raises BadSelector for what could never be asked for in ticks of `seconds`; `finest`: of the stored periods."""
    if seconds < finest or (seconds % MINUTE and seconds not in PERIODS):
        periods = [str(one) for one in sorted(PERIODS) if one >= finest]
        wanted = ", ".join([*periods, f"a multiple of {MINUTE}"])
        raise BadSelector(f"tick_seconds is {seconds:g}: CloudWatch adds up by other periods here: {wanted}")
    exact(side, "CloudWatch")
    one_population({name: _metric(counter, demanded).dimensions for name, counter in side.counters.items()})


def _metric(counter: Counter, demanded: Mapping[str, str]) -> NamedMetric:
    if isinstance(counter, str):
        raise BadSelector("CloudWatch takes a metric with `namespace`, `metric` and `dimensions`, not a text")
    if not demanded.items() <= counter.dimensions.items():
        raise BadSelector(f"the operator lets this repository read no `{counter.metric}` of these dimensions")
    return counter


def _query(name: str, metric: NamedMetric, seconds: int) -> Mapping[str, Any]:
    dimensions = [{"Name": label, "Value": value} for label, value in sorted(metric.dimensions.items())]
    named = {"Namespace": metric.namespace, "MetricName": metric.metric, "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": named, "Period": seconds, "Stat": "Sum"}}


def _list(page: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = page.get(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadAnswer(f"an answer without {name}")
    return found


def _names(listed: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(str(one.get("Name")) for one in _list({"Dimensions": [], **listed}, "Dimensions"))


def _sums(name: str, pages: Sequence[Mapping[str, Any]], at: Intervals) -> Sums:
    """What the pages together hold of one metric. Raises Withheld where CloudWatch says that it is not all."""
    for page in pages:
        if page.get("Messages"):
            raise Withheld(f"CloudWatch: {json.dumps(page['Messages'])[:200]}")
    found = [one for page in pages for one in _list(page, "MetricDataResults") if one.get("Id") == name]
    if not found:
        raise BadAnswer(f"no result for query {name}")
    last = found[-1]
    if last.get("StatusCode") != "Complete":
        raise Withheld(f"CloudWatch: {str(last.get('StatusCode'))[:40]}: {json.dumps(last.get('Messages', []))[:200]}")
    return at.placed(point for one in found for point in _points(one))


def _points(result: Mapping[str, Any]) -> list[tuple[object, object]]:
    times, values = result.get("Timestamps"), result.get("Values")
    if not isinstance(times, list) or not isinstance(values, list) or len(times) != len(values):
        raise BadAnswer("not as many values as times")
    return list(zip(times, values, strict=True))
