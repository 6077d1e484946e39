"""Somebody who knocks at the door all the time: small signed webhooks, and what each was answered, and when."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from app.github.sandbox.hooks import headers
from app.github.sandbox.state import Delivery
from tests.road.town import SECRET

NO_ANSWER = 0
SIZE = 8_000  # bytes of a webhook, which packed are half of that
PATIENCE = 15.0  # seconds: longer than GitHub's own ten


@dataclass(frozen=True, slots=True)
class Knock:
    """One webhook: when it was sent and answered (steady seconds), and how."""

    guid: str
    sent: float
    answered: float
    status: int


@dataclass(slots=True)
class Knocking:
    """At one door; each knock waits for nobody, as GitHub's do not."""

    url: str
    every: float
    knocks: list[Knock] = field(default_factory=list)
    under_way: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def acknowledged(self) -> list[str]:
        """What was answered with 202."""
        return [knock.guid for knock in self.knocks if knock.status == 202]

    def between(self, since: float, until: float) -> list[Knock]:
        """What was sent and answered in that time."""
        return [knock for knock in self.knocks if since <= knock.sent and knock.answered <= until]

    def first_ack(self, since: float) -> float | None:
        """When the first 202 after `since` came."""
        return min((one.answered for one in self.knocks if one.status == 202 and one.answered > since), default=None)

    async def run(self) -> None:
        """Knock until cancelled, and hear the answers to what was sent until then."""
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            try:
                while True:
                    task = asyncio.create_task(self._knock(session))
                    self.under_way.add(task)
                    task.add_done_callback(self.under_way.discard)
                    await asyncio.sleep(self.every)
            finally:
                if self.under_way:
                    await asyncio.wait(set(self.under_way), timeout=PATIENCE)

    async def _knock(self, session: aiohttp.ClientSession) -> None:
        guid, sent = str(uuid.uuid4()), time.monotonic()
        payload = {"zen": "Anything added dilutes everything else.", "padding": secrets.token_hex(SIZE // 2)}
        body = json.dumps(payload).encode()
        signed = headers(Delivery(0, guid, "ping", payload, 0.0), body, SECRET, 1)
        try:
            async with session.post(f"{self.url}/webhook", data=body, headers=signed) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            status = NO_ANSWER
        self.knocks.append(Knock(guid, sent, time.monotonic(), status))


@asynccontextmanager
async def knocking(url: str, every: float = 0.05) -> AsyncIterator[Knocking]:
    """Knock as long as the block lasts, and then wait for the last answers."""
    somebody = Knocking(url, every)
    task = asyncio.create_task(somebody.run())
    try:
        yield somebody
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
