"""Prometheus over its HTTP API: raw samples of counters between two moments, and nothing that it computes.

Contract: prometheus.io/docs/prometheus/latest/querying/api, "Instant queries", and range vectors as they are returned.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from yarl import URL

from app.sources.counters import Labels, Reading, Sample, Series, Window, reading
from app.sources.errors import BadAnswer, BadSelector, NoSeries
from app.sources.selector import selector

LOOKBACK = 300.0  # seconds before a window in which the sample is looked for that its first differences start from
CHUNK = 3_600.0  # seconds of raw samples asked for at a time
MOST_BYTES = 16 * 1024 * 1024  # of an answer
MOST_SERIES = 2_000  # that one selector may match


class Wire(Protocol):
    """One bounded, patient HTTP exchange."""

    async def get(self, path: str, most: int) -> Any:
        """The JSON at `path`, of at most `most` bytes."""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """Reads through `wire`. `demanded`: labels that every selector is made to demand, whatever it says itself: what
    the operator lets this repository see.
    """

    wire: Wire
    demanded: Mapping[str, str]

    async def read(self, selectors: Mapping[str, str], window: Window, required: Collection[str] = ()) -> Reading:
        """What each selector's counters added up to in each tick of `window`.

        The selectors are to match counters of the same processes. Raises as `series`, and NoSeries where one of
        `required` matches nothing.
        """
        named = {name: await self.series(text, window) for name, text in selectors.items()}
        for name in required:
            if not named[name]:
                raise NoSeries(f"`{selector(selectors[name], self.demanded)}` matches no series")
        return reading(named, window)

    async def series(self, text: str, window: Window) -> tuple[Series, ...]:
        """The counters that the selector `text` matches, from some minutes before `window` to its end.

        Raises BadSelector, BadAnswer, and what the wire raises.
        """
        checked = selector(text, self.demanded)
        found: dict[Labels, dict[float, float]] = {}
        start, end = window.start - LOOKBACK, window.end
        while start < end:
            until = min(start + CHUNK, end)
            for labels, samples in _matrix(await self._ask(checked, until - start, until)):
                found.setdefault(labels, {}).update(samples)
            if len(found) > MOST_SERIES:
                raise BadSelector(f"`{checked}` matches more than {MOST_SERIES:,} series")
            start = until
        return tuple(
            Series(labels, tuple(Sample(at, value) for at, value in sorted(samples.items())))
            for labels, samples in sorted(found.items())
        )

    async def _ask(self, text: str, seconds: float, at: float) -> Any:
        """A millisecond more than the range: Prometheus 3 leaves its start out, Prometheus 2 does not."""
        query = {"query": f"{text}[{round(seconds * 1000) + 1}ms]", "time": f"{at:.3f}"}
        return await self.wire.get(f"/api/v1/query?{URL.build(query=query).raw_query_string}", MOST_BYTES)


def _matrix(answer: Any) -> list[tuple[Labels, dict[float, float]]]:
    try:
        if answer["status"] != "success" or answer["data"]["resultType"] != "matrix":
            raise BadAnswer(f"no matrix: {json.dumps(answer)[:200]}")
        return [(_labels(one["metric"]), _samples(one["values"])) for one in answer["data"]["result"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadAnswer(f"no answer of the query API: {type(error).__name__}: {error}") from None


def _labels(metric: Mapping[str, str]) -> Labels:
    return tuple(sorted((str(name), str(value)) for name, value in metric.items()))


def _samples(values: Any) -> dict[float, float]:
    """Prometheus says numbers as text, infinities and NaN among them."""
    return {float(at): float(value) for at, value in values}
