"""What is peculiar to services that want to know who asks: signatures, patience, and nothing said of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from app.wire import Refused, Request, Tuning, Unavailable, Wire, root

KEY = "a-key-that-nobody-else-may-read"


@dataclass
class Naps:
    """Sleeps that take no time; how long they would have been."""

    taken: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.taken.append(seconds)


async def keyed(_request: Request) -> Mapping[str, str]:
    return {"X-Key": KEY}


@asynccontextmanager
async def answering(naps: Naps, *answers: web.Response) -> AsyncIterator[tuple[Wire, list[web.Request]]]:
    """A service that gives `answers` in turn, and what it was asked."""
    left, asked = list(answers), []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request)
        return left.pop(0)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server, ClientSession() as session:
        tuning = Tuning(sleep=naps.sleep, draw=lambda: 0.0)
        yield Wire(session, root(str(server.make_url(""))), tuning, sign=keyed), asked


@pytest.mark.parametrize(
    ("header", "waited"),
    [({"X-RateLimit-Reset": "7"}, 7.0), ({"Retry-After": "3", "X-RateLimit-Reset": "9"}, 3.0), ({}, 0.5)],
)
async def test_who_asks_too_often_waits_as_long_as_the_service_says(header: dict[str, str], waited: float) -> None:
    naps = Naps()
    limited = web.json_response({"errors": ["Rate limit"]}, status=429, headers=header)
    async with answering(naps, limited, web.json_response({"ok": 1})) as (wire, asked):
        assert await wire.get("/it", 100) == {"ok": 1}
    assert naps.taken == [waited]
    assert [one.headers["X-Key"] for one in asked] == [KEY, KEY]


async def test_patience_ends() -> None:
    naps = Naps()
    limited = [web.Response(status=429, headers={"X-RateLimit-Reset": "900000"}) for _ in range(4)]
    async with answering(naps, *limited) as (wire, asked):
        with pytest.raises(Unavailable, match="429"):
            await wire.get("/it", 100)
    assert (len(asked), naps.taken) == (4, [20.0] * 3)


async def test_a_throttled_call_is_repeated_whatever_its_status() -> None:
    throttled = web.json_response({"__type": "com.amazon.coral.availability#ThrottlingException"}, status=400)
    naps = Naps()
    async with answering(naps, throttled, web.json_response({"ok": 1})) as (wire, _asked):
        assert await wire.post("/", {}, 100) == {"ok": 1}
    assert naps.taken == [0.5]


@pytest.mark.parametrize("body", [{"errors": [f"Forbidden: {KEY}"]}, {"Message": f"no: {KEY}"}, {"message": KEY}])
async def test_what_says_who_asks_is_in_no_error(body: object) -> None:
    async with answering(Naps(), web.json_response(body, status=403)) as (wire, _asked):
        with pytest.raises(Refused) as caught:
            await wire.get("/it", 1_000)
    assert KEY not in str(caught.value)
    assert "[redacted]" in caught.value.reason
