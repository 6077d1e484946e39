"""The courier: signed webhooks over real HTTP, one after the other unless the script of misfortunes says otherwise."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp

from app.github import limits
from app.github.sandbox.faults import DeliveryFaults, Sent
from app.github.sandbox.state import Delivery


@dataclass(slots=True)
class Courier:
    """Sends our App's webhooks. Without a `url` deliveries are logged and go nowhere.

    `faults` decides over each batch, that is over all that waits at one moment; `hold` lets a batch gather.
    """

    app_id: int
    secret: str
    url: str | None
    new_id: Callable[[], int]
    now: Callable[[], float]
    faults: DeliveryFaults = field(default_factory=DeliveryFaults)
    log: list[Delivery] = field(default_factory=list)
    batches: int = 0
    waiting: asyncio.Queue[Delivery] = field(default_factory=asyncio.Queue)
    flowing: asyncio.Event = field(default_factory=asyncio.Event)
    round: asyncio.Task[None] | None = None
    late: set[asyncio.Task[None]] = field(default_factory=set)

    # --- in ------------------------------------------------------------------------------------------------

    def post(self, event: str, payload: dict[str, Any]) -> None:
        """Queue a new delivery."""
        self._enqueue(Delivery(self.new_id(), str(uuid.uuid4()), event, payload, self.now()))

    def again(self, delivery: Delivery) -> None:
        """Queue a redelivery: a new id, the same GUID and payload."""
        again = Delivery(self.new_id(), delivery.guid, delivery.event, delivery.payload, self.now(), redelivery=True)
        self._enqueue(again)

    def _enqueue(self, delivery: Delivery) -> None:
        self.log.append(delivery)
        if self.url is not None:
            self.waiting.put_nowait(delivery)

    # --- out -----------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to deliver."""
        self.flowing.set()
        self.round = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop at once; what waits is lost."""
        tasks = [*self.late, *([self.round] if self.round else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def hold(self) -> None:
        """Keep what comes until `release`."""
        self.flowing.clear()

    def release(self) -> None:
        """Send what was kept, as one batch."""
        self.flowing.set()

    async def settle(self) -> None:
        """Wait until everything queued has been answered, refused or lost."""
        await self.waiting.join()
        await asyncio.gather(*self.late)

    async def _run(self) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                batch = await self._next_batch()
                faults = replace(self.faults, seed=self.faults.seed + self.batches)
                self.batches += 1
                await self._send_batch(session, batch, faults)

    async def _next_batch(self) -> list[Delivery]:
        batch = [await self.waiting.get()]
        await self.flowing.wait()
        while not self.waiting.empty():
            batch.append(self.waiting.get_nowait())
        return batch

    async def _send_batch(self, session: aiohttp.ClientSession, batch: list[Delivery], faults: DeliveryFaults) -> None:
        schedule = faults.schedule(batch)
        for lost in schedule.lost:
            lost.status, lost.status_code = "failed to connect to host", 502
        for sent in schedule.sent:
            if sent.late:
                self._send_later(session, sent)
            else:
                await self._send(session, sent.delivery)
        for _ in range(len(batch)):
            self.waiting.task_done()

    def _send_later(self, session: aiohttp.ClientSession, sent: Sent[Delivery]) -> None:
        async def wait_and_send() -> None:
            await asyncio.sleep(sent.late)
            await self._send(session, sent.delivery)

        task = asyncio.create_task(wait_and_send())
        self.late.add(task)
        task.add_done_callback(self.late.discard)

    async def _send(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        body = json.dumps(delivery.payload).encode()
        delivery.request_headers = headers(delivery, body, self.secret, self.app_id)
        if self.url is None or len(body) > limits.PAYLOAD_BYTES:
            delivery.status = "never sent"
            return
        began = time.monotonic()
        timeout = aiohttp.ClientTimeout(total=limits.DELIVERY_SECONDS)
        try:
            async with session.post(
                self.url, data=body, headers=delivery.request_headers, timeout=timeout, allow_redirects=False
            ) as response:
                delivery.response_body = await response.text(errors="replace")
                delivery.response_headers = dict(response.headers)
                delivery.status_code = response.status
                delivery.status = "OK" if response.ok else response.reason or "failed"
        except TimeoutError:
            delivery.status, delivery.status_code = "timed out", 504
        except aiohttp.ClientError:
            delivery.status, delivery.status_code = "failed to connect to host", 502
        delivery.duration = time.monotonic() - began


def headers(delivery: Delivery, body: bytes, secret: str, app_id: int) -> dict[str, str]:
    """GitHub's headers of a delivery, both signatures included."""
    return {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/5ab0d3c",
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Hook-ID": str(app_id),
        "X-GitHub-Hook-Installation-Target-ID": str(app_id),
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        "X-Hub-Signature": f"sha1={_mac(secret, body, hashlib.sha1)}",
        "X-Hub-Signature-256": f"sha256={_mac(secret, body, hashlib.sha256)}",
    }


def _mac(secret: str, body: bytes, digest: Callable[..., Any]) -> str:
    return hmac.new(secret.encode(), body, digest).hexdigest()
