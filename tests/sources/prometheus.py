"""A stand-in for Prometheus: range vectors over real HTTP, of counters that are functions of time."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer

_BY = re.compile(r"sum by \((?P<label>\w+)\) .*", re.DOTALL)
_RANGE = re.compile(r"(?P<selector>.*)\[(?P<ms>[0-9]+)ms\]", re.DOTALL)
Counter = Callable[[float], float]
Drawn = Callable[[float], object]
Told = Callable[[float], Mapping[str, object]]
Answer = Callable[[web.Request], web.StreamResponse]
MOST_POINTS = 11_000  # that a real one gives of a series at a time
TOO_FINE = "exceeded maximum resolution of 11,000 points per timeseries"


@dataclass
class StandIn:
    """Answers a query with each counter whose word the selector holds.

    `counters`: what each stands at, in epoch seconds; scraped each `every` seconds. `slow`: seconds before it answers.
    `drawn`: by query, each series that it comes to, as what it is in epoch seconds; None where it is not.
    `told`: by query that is added up by a label, what it comes to at a moment, by the values of that label.
    `lost`: scrapes that failed, by their time, of counters that hold this word. `wrong`: what it answers instead of the
    truth. `asked`: each query, with the bearer token that came with it.
    """

    counters: dict[str, Counter] = field(default_factory=dict)
    every: float = 0.25
    slow: float = 0.0
    wrong: Answer | None = None
    drawn: dict[str, list[Drawn]] = field(default_factory=dict)
    told: dict[str, Told] = field(default_factory=dict)
    lost: dict[float, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    async def query(self, request: web.Request) -> web.StreamResponse:
        """GET /api/v1/query."""
        noted, added_up = await self._noted(request), _BY.fullmatch(request.query["query"])
        return noted or (self._vector(request, added_up["label"]) if added_up else self._instant(request))

    async def query_range(self, request: web.Request) -> web.StreamResponse:
        """GET /api/v1/query_range, with the limit of a real one; what nothing was said of comes to no series."""
        return await self._noted(request) or self._each(request)

    async def _noted(self, request: web.Request) -> web.StreamResponse | None:
        """What it answers instead of the truth."""
        self.asked.append((request.query["query"], request.headers.get("Authorization", "")))
        await asyncio.sleep(self.slow)
        return None if self.wrong is None else self.wrong(request)

    def _each(self, request: web.Request) -> web.StreamResponse:
        start, end, step = (int(request.query[name]) for name in ("start", "end", "step"))
        assert start <= end, "a real one says so, too"
        if (end - start) // step + 1 > MOST_POINTS:
            return web.json_response({"status": "error", "errorType": "bad_data", "error": TOO_FINE}, status=400)
        series = [
            [[at, str(value)] for at in range(start, end + 1, step) if (value := one(at)) is not None]
            for one in self.drawn.get(request.query["query"], [])
        ]
        result = [{"metric": {"n": str(n)}, "values": values} for n, values in enumerate(series) if values]
        return web.json_response({"status": "success", "data": {"resultType": "matrix", "result": result}})

    def _vector(self, request: web.Request, label: str) -> web.StreamResponse:
        """What nothing was said of comes to no series; a series without the label has an empty metric."""
        at = float(request.query["time"])
        told = self.told.get(request.query["query"])
        counts = told(at) if told else {}
        result = [{"metric": {label: n} if n else {}, "value": [at, str(value)]} for n, value in counts.items()]
        return web.json_response({"status": "success", "data": {"resultType": "vector", "result": result}})

    def _instant(self, request: web.Request) -> web.StreamResponse:
        found = _RANGE.fullmatch(request.query["query"])
        assert found is not None, request.query["query"]
        until = float(request.query["time"])
        result = [
            {"metric": {"instance": word, "job": "web"}, "values": self._samples(word, until, int(found["ms"]))}
            for word in self.counters
            if word in found["selector"]
        ]
        return web.json_response({"status": "success", "data": {"resultType": "matrix", "result": result}})

    def _samples(self, word: str, until: float, milliseconds: int) -> list[list[object]]:
        first = int((until - milliseconds / 1000) // self.every) + 1
        times = [at * self.every for at in range(first, int(min(until, time.time()) // self.every) + 1)]
        counter = self.counters[word]
        return [[at, f"{counter(at):.0f}"] for at in times if at not in self.lost or self.lost[at] not in word]


@asynccontextmanager
async def standing_in(stand_in: StandIn) -> AsyncIterator[StandIn]:
    """`stand_in`, listening at its `url`."""
    app = web.Application()
    app.router.add_get("/api/v1/query", stand_in.query)
    app.router.add_get("/api/v1/query_range", stand_in.query_range)
    async with TestServer(app) as server:
        stand_in.url = str(server.make_url("")).rstrip("/")
        yield stand_in
