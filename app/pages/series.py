"""`/api/series`: points of named series, sent to it and read back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from app.pages.answers import body, refuse
from app.pages.senders import Senders
from app.pages.sent_series import (
    AHEAD,
    BadSeries,
    Clock,
    Sent,
    TooMany,
    Where,
    in_csv,
    in_json,
    moment,
    series_name,
    stream,
)
from app.store.fed import Full
from app.store.series import MOST_POINTS, MOST_SERIES, SentSeries, Stream

MAX_BYTES = 4 * 1024 * 1024
MOST_READ = 100_000  # points of one answer
CSV = "text/csv"
DAY = 86_400.0  # seconds
_WINDOW = ("start", "end", "name")


@dataclass(frozen=True, slots=True)
class SeriesApi:
    """Keeps what is sent for `keep` seconds. Nobody is woken: whoever studies a series looks when it is time."""

    senders: Senders
    series: SentSeries
    keep: float
    now: Callable[[], float] = time.time

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        return [web.post("/api/series", self.receive), web.get("/api/series", self.show)]

    async def receive(self, request: web.Request) -> web.Response:
        """202 once stored; 400 with the place of what cannot be read, 401 unknown token, 403 another repository or a
        sender that speaks for one commit alone, 409 full, 413 too large.
        """
        repository = await self.senders.repository(request)
        content = await body(request, MAX_BYTES)
        clock = Clock(self.now(), self.now() - self.keep)
        where, sent = await asyncio.to_thread(_read, request, content, clock)  # webhooks must not wait for 4 MiB
        whose = _whose(where, repository)
        try:
            fresh = await self.series.keep(whose, sent.series)
        except Full:
            refuse(
                409, f"{repository} has as many series as are kept: {MOST_SERIES:,} of {MOST_POINTS:,} points in all"
            )
        stored = sum(map(len, sent.series.values()))
        return web.json_response(_said(whose) | {"stored": stored, "new": fresh, "old": sent.old}, status=202)

    async def show(self, request: web.Request) -> web.Response:
        """200 with the points from `start` to before `end`, the newest day where neither is told; 400 for more of them
        than one answer holds; else as above.
        """
        repository = await self.senders.repository(request)
        asked = request.query
        whose = _whose({key: told for key, told in asked.items() if key not in _WINDOW}, repository)
        end = _moment(asked, "end", self.now() + AHEAD)
        start = _moment(asked, "start", end - DAY)
        names = _names(asked.getall("name", None))
        found = await self.series.of(whose, start, end, names, MOST_READ + 1)
        if sum(map(len, found.values())) > MOST_READ:
            refuse(400, f"more than {MOST_READ:,} points: ask for fewer names, or a shorter time")
        return web.json_response(_said(whose) | {"series": {name: list(one.items()) for name, one in found.items()}})


def _read(request: web.Request, content: bytes, clock: Clock) -> tuple[Where, Sent]:
    """A table says of what it is in the query, for it has no other place."""
    try:
        if request.content_type == CSV:
            return request.query, in_csv(content, clock)
        return in_json(content, clock)
    except TooMany as error:
        refuse(413, str(error))
    except BadSeries as error:
        refuse(400, str(error))


def _whose(where: Where, repository: str) -> Stream:
    try:
        found = stream(where, repository)
    except BadSeries as error:
        refuse(400, str(error))
    if found.repository.lower() != repository.lower():
        refuse(403, f"this token speaks for {repository} only")
    return found


def _names(asked: Sequence[str] | None) -> list[str] | None:
    """The series that are asked for; None for all of them."""
    try:
        return None if asked is None else [series_name(name) for name in asked]
    except BadSeries as error:
        refuse(400, str(error))


def _moment(asked: Mapping[str, str], name: str, otherwise: float) -> float:
    told = asked.get(name)
    if told is None:
        return otherwise
    try:
        return moment(told, f"`{name}`")
    except BadSeries as error:
        refuse(400, str(error))


def _said(whose: Stream) -> dict[str, object]:
    return {"repository": whose.repository, "environment": whose.environment, "side": whose.side}
