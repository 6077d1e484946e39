"""A service in two versions behind a router, as `examples/canary` has them, at the price of a microsecond a request.

Visitors speak plain HTTP/1.1 to its port, and may send many requests before the first is answered. Whoever operates it
speaks to the desk, one for all services: Prometheus scrapes there, and the share and the faults are set there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

from aiohttp import web
from aiohttp.test_utils import TestServer

STABLE, CANARY = "stable", "canary"
END = b"\r\n\r\n"  # of the head of a request or an answer; neither has a body here
REQUEST = b"GET / HTTP/1.1\r\nHost: shop" + END


def _answer(status: str, version: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nX-Served-By: {version}\r\nContent-Length: 0".encode() + END


SERVED = {version: _answer("200 OK", version) for version in (STABLE, CANARY)}
FAILED = {version: _answer("500 Internal Server Error", version) for version in (STABLE, CANARY)}


@dataclass(slots=True)
class Version:
    """One version, and what it has counted. `failing`: the share of its requests that go wrong."""

    failing: float
    requests: int = 0
    errors: int = 0

    def metrics(self) -> str:
        """Its counters, as Prometheus reads them."""
        return (
            f"# TYPE http_requests_total counter\nhttp_requests_total {self.requests}\n"
            f"# TYPE http_errors_total counter\nhttp_errors_total {self.errors}\n"
        )


@dataclass(slots=True)
class Service:
    """Both versions, and the canary's `share` of the requests: each is a toss of its own, and fails by itself."""

    dice: Random
    versions: Mapping[str, Version]
    share: float = 0.0
    port: int = 0

    def serve(self) -> bytes:
        """The answer to one request."""
        name = CANARY if self.dice.random() < self.share else STABLE
        version = self.versions[name]
        failed = self.dice.random() < version.failing
        version.requests += 1
        version.errors += failed
        return (FAILED if failed else SERVED)[name]


@dataclass(slots=True)
class _Door(asyncio.Protocol):
    """One connection of visitors."""

    service: Service
    begun: bytes = b""  # of a request that has not come whole yet
    transport: asyncio.Transport = field(init=False)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self.begun = (self.begun + data).split(END)
        self.transport.write(b"".join([self.service.serve() for _ in requests]))


@dataclass(frozen=True, slots=True)
class Desk:
    """Where services are operated. Each is known by its place in `services`."""

    services: Sequence[Service]

    def routes(self) -> list[web.RouteDef]:
        """Where it listens."""
        one = "/{place:[0-9]+}"
        return [
            web.get(f"{one}/{{version}}/metrics", self.metrics),
            web.put(f"{one}/{{version}}/failing", self.fail),
            web.get(f"{one}/-/share", self.shown),
            web.put(f"{one}/-/share", self.route),
        ]

    async def metrics(self, request: web.Request) -> web.Response:
        """200 with the counters of one version."""
        return web.Response(text=self._version(request).metrics())

    async def fail(self, request: web.Request) -> web.Response:
        """204; from now on that share of a version's requests goes wrong."""
        self._version(request).failing = float(await request.text())
        return web.Response(status=204)

    async def route(self, request: web.Request) -> web.Response:
        """200; from now on the canary gets that share of the requests."""
        self._service(request).share = float(await request.text())
        return await self.shown(request)

    async def shown(self, request: web.Request) -> web.Response:
        """200 with the canary's share."""
        return web.json_response({"share": self._service(request).share})

    def _service(self, request: web.Request) -> Service:
        return self.services[int(request.match_info["place"])]

    def _version(self, request: web.Request) -> Version:
        return self._service(request).versions[request.match_info["version"]]


@asynccontextmanager
async def serving(services: Sequence[Service]) -> AsyncIterator[str]:
    """Open all doors; the address of the desk."""
    loop, doors = asyncio.get_running_loop(), []
    for service in services:
        door = await loop.create_server(lambda service=service: _Door(service), "127.0.0.1", 0)  # type: ignore[misc]
        service.port = door.sockets[0].getsockname()[1]
        doors.append(door)
    desk = web.Application()
    desk.add_routes(Desk(services).routes())
    try:
        async with TestServer(desk) as server:
            yield f"http://127.0.0.1:{server.port}"
    finally:
        for door in doors:
            door.close()
