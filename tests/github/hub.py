"""A tiny GitHub over real HTTP: it answers as scripted, remembers what it was asked, and can hang up."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer

from app.github.clock import Clock

TOKENS = "/app/installations/{}/access_tokens"


class Time:
    """A clock that only sleeping moves; `slept` keeps every nap."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def clock(self, draw: float = 0.0) -> Clock:
        return Clock(wall=lambda: self.now, steady=lambda: self.now, sleep=self.sleep, draw=lambda: draw)


@dataclass(frozen=True)
class Reply:
    """One scripted answer: `data` as JSON unless `raw`; `delay` in real seconds; `cut` hangs up instead."""

    status: int = 200
    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    delay: float = 0.0
    cut: bool = False


@dataclass(frozen=True)
class Seen:
    """One request as it arrived; `path` is raw, with its query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)


class Hub:
    """Scripts by (method, raw path without query, prefix included); the last reply of a script repeats."""

    def __init__(self, time: Time, public_key: Any) -> None:
        self.time = time
        self.seen: list[Seen] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.minted: list[str] = []
        self.live: set[str] | None = None  # when set, only these tokens are good
        self._public_key = public_key
        self._scripts: dict[tuple[str, str], deque[Reply]] = defaultdict(deque)
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self.server = TestServer(app)

    def url(self, path: str = "") -> str:
        return str(self.server.make_url("/")).rstrip("/") + path

    def on(self, method: str, path: str, *replies: Reply) -> None:
        self._scripts[method, path] = deque(replies)

    def asked(self, method: str, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.method == method and seen.path.partition("?")[0] == path]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        seen = Seen(request.method, request.raw_path, request.headers.copy(), await request.read())
        self.seen.append(seen)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await self._reply(request, seen)
        finally:
            self.in_flight -= 1

    async def _reply(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        reply = self._scripted(seen)
        await asyncio.sleep(reply.delay)
        if reply.cut:
            assert request.transport is not None
            request.transport.abort()
        body = reply.raw if reply.raw is not None else json.dumps(reply.data).encode()
        kind = "application/octet-stream" if reply.raw is not None else "application/json; charset=utf-8"
        headers = {"Content-Type": kind, "Date": formatdate(self.time.now, usegmt=True), **reply.headers}
        return web.Response(status=reply.status, body=body, headers=headers)

    def _scripted(self, seen: Seen) -> Reply:
        path = seen.path.partition("?")[0]
        script = self._scripts.get((seen.method, path))
        if script:
            return script.popleft() if len(script) > 1 else script[0]
        if seen.method == "POST" and path.endswith("/access_tokens"):
            return self._mint(seen)
        return Reply(501, {"message": f"nothing scripted for {seen.method} {path}"})

    def _mint(self, seen: Seen) -> Reply:
        bearer = seen.headers["Authorization"].removeprefix("Bearer ")
        jwt.decode(bearer, self._public_key, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False})
        token = f"ghs_{len(self.minted) + 1}_" + "x" * 300
        self.minted.append(token)
        expires = datetime.fromtimestamp(self.time.now + 3_600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Reply(201, {"token": token, "expires_at": expires}, delay=0.01)
