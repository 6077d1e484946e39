"""The query API of Prometheus, as far as its answers are series with their samples.

Contract: prometheus.io/docs/prometheus/latest/querying/api, "Instant queries", "Range queries", "Range vectors".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Protocol, TypeVar

from yarl import URL

from app.sources.counters import Labels
from app.sources.errors import BadAnswer
from app.wire import Refused

T = TypeVar("T")

MOST_BYTES = 16 * 1024 * 1024  # of an answer

Samples = dict[float, float]
"""By epoch seconds; infinities and NaN may be among the values."""


class Wire(Protocol):
    """One bounded, patient HTTP exchange."""

    async def get(self, path: str, most: int) -> Any:
        """The JSON at `path`, of at most `most` bytes."""


@dataclass(frozen=True, slots=True)
class QueryApi:
    """Asks through `wire`, for texts that are made to demand the labels `demanded` already.

    Its methods raise BadAnswer, and what the wire raises.
    """

    wire: Wire
    demanded: Mapping[str, str]

    async def within(self, text: str, seconds: float, until: float) -> list[tuple[Labels, Samples]]:
        """The raw samples of the selector `text` in the `seconds` before `until` (epoch seconds), that included.

        A millisecond more than the range: Prometheus 3 leaves its start out, Prometheus 2 does not.
        """
        asked = {"query": f"{text}[{round(seconds * 1000) + 1}ms]", "time": f"{until:.3f}"}
        return _matrix(await self._ask("query", asked))

    async def once(self, text: str, at: int) -> list[tuple[Labels, float]]:
        """What the expression `text` comes to at one moment, epoch seconds."""
        return _vector(await self._ask("query", {"query": text, "time": str(at)}))

    async def each(self, text: str, start: int, end: int, step: int) -> list[tuple[Labels, Samples]]:
        """What the expression `text` comes to each `step` seconds from `start` to `end`, that included."""
        asked = {"query": text, "start": str(start), "end": str(end), "step": str(step)}
        return _matrix(await self._ask("query_range", asked))

    async def _ask(self, what: str, query: Mapping[str, str]) -> Any:
        path = f"/api/v1/{what}?{URL.build(query=query).raw_query_string}"
        try:
            return await self.wire.get(path, MOST_BYTES)
        except Refused as refused:
            raise Refused(refused.call, refused.status, self._hushed(refused.reason)) from None

    def _hushed(self, words: str) -> str:
        """A refusal may quote the query, from wherever on; what the operator demands is the operator's to know."""
        names = "|".join(map(re.escape, self.demanded))
        return re.sub(rf"\b(?:{names})\s*(?:=|%3D).*", "…", words, flags=re.DOTALL) if names else words


def _matrix(answer: Any) -> list[tuple[Labels, Samples]]:
    return [(labels, samples) for labels, samples in _result(answer, "matrix", "values", _samples) if samples]


def _vector(answer: Any) -> list[tuple[Labels, float]]:
    return _result(answer, "vector", "value", _sample)


def _result(answer: Any, kind: str, field: str, read: Callable[[Any], T]) -> list[tuple[Labels, T]]:
    """Each series with what `read` makes of its `field`."""
    try:
        if answer["status"] != "success" or answer["data"]["resultType"] != kind:
            raise BadAnswer(f"no {kind}")
        return [(_labels(one["metric"]), read(one[field])) for one in answer["data"]["result"]]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BadAnswer(f"no answer of the query API: {type(error).__name__}: {error}") from None


def _labels(metric: Mapping[str, str]) -> Labels:
    return tuple(sorted((str(name), str(value)) for name, value in metric.items()))


def _sample(value: Any) -> float:
    _at, said = value
    return float(said)


def _samples(values: Any) -> Samples:
    """Prometheus says numbers as text, infinities and NaN among them. Times are numbers."""
    found = {float(at): float(value) for at, value in values}
    if not all(map(isfinite, found)):
        raise ValueError("a sample at no time")
    return found
