"""A client that costs little: requests built beforehand, over connections that stay open, on bare sockets."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import random
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

_LINKS = ("branches{/branch}", "commits{/sha}", "compare/{base}...{head}", "contents/{+path}", "issues{/number}")

SECRET = "the benchmark's"
PAYLOAD_BYTES = 21_370  # of the `pull_request` example of @octokit/webhooks-examples 7.6.1, without white space
PULLS = 200


@dataclass(slots=True)
class Measured:
    """What one run brought: answers of 202, others, and the seconds that each took."""

    stored: int = 0
    refused: int = 0
    seconds: list[float] = field(default_factory=list)
    lasted: float = 0.0

    @property
    def rate(self) -> float:
        """Answers of 202 in a second."""
        return self.stored / self.lasted

    def quantile(self, share: float) -> float:
        """The time that `share` of the answers kept, in milliseconds."""
        ordered = sorted(self.seconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1e3


def payload(number: int) -> bytes:
    """A `pull_request` webhook of GitHub's usual size; of a repository that has no rules."""
    said = {
        "action": "opened",
        "number": number,
        "pull_request": {"number": number, "head": {"sha": f"{number:040x}"}, "body": ""},
        "repository": {"full_name": "octo/shop"},
        "installation": {"id": 1},
        "sender": {"login": "alice", "type": "User"},
    }
    dice = random.Random(number)  # noqa: S311 - words that pack as well as GitHub's addresses do, nine to one
    while (missing := PAYLOAD_BYTES - len(json.dumps(said))) > 100:
        said[f"link_{missing}"] = "https://api.github.com/repos/octo/shop/" + dice.choice(_LINKS)
    return json.dumps(said).encode()


def requests(count: int) -> Iterator[bytes]:
    """Signed webhooks, each with a GUID of its own."""
    bodies = [payload(number) for number in range(1, PULLS + 1)]
    signed = [hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest() for body in bodies]
    for index in range(count):
        body = bodies[index % PULLS]
        head = (
            "POST /webhook HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"X-GitHub-Event: pull_request\r\nX-GitHub-Delivery: {uuid.uuid4()}\r\n"
            f"X-Hub-Signature-256: sha256={signed[index % PULLS]}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


class _Connection(asyncio.Protocol):
    """Sends one request at a time and tells how its answer ended."""

    def __init__(self) -> None:
        self.received = b""
        self.answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, rest = self.received.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        if found and len(rest) >= length and self.answer is not None and not self.answer.done():
            self.received = b""
            self.answer.set_result(int(head[9:12]))

    async def ask(self, request: bytes) -> int:
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)  # type: ignore[attr-defined]
        return await asyncio.wait_for(self.answer, 30)


async def flood(port: int, seconds: float, connections: int = 32) -> Measured:
    """As many as `connections` can get through, each asking again once it is answered."""
    measured, waiting = Measured(), requests(1_000_000)
    began = time.perf_counter()

    async def ask() -> None:
        _, connection = await asyncio.get_running_loop().create_connection(_Connection, "127.0.0.1", port)
        while time.perf_counter() - began < seconds:
            await _one(connection, next(waiting), measured)
        connection.transport.close()

    await asyncio.gather(*(ask() for _ in range(connections)))
    measured.lasted = time.perf_counter() - began
    return measured


async def trickle(port: int, seconds: float, rate: float) -> Measured:
    """`rate` a second, whether or not the earlier ones are answered: an open loop, as GitHub is one."""
    measured, waiting = Measured(), requests(1_000_000)
    loop, idle = asyncio.get_running_loop(), list[_Connection]()
    asked: list[asyncio.Task[None]] = []
    began = time.perf_counter()

    async def ask(request: bytes) -> None:
        connection = idle.pop() if idle else (await loop.create_connection(_Connection, "127.0.0.1", port))[1]
        await _one(connection, request, measured)
        idle.append(connection)

    for index in range(int(seconds * rate)):
        await asyncio.sleep(max(0.0, began + index / rate - time.perf_counter()))
        asked.append(asyncio.create_task(ask(next(waiting))))
    await asyncio.gather(*asked)
    measured.lasted = time.perf_counter() - began
    return measured


async def _one(connection: _Connection, request: bytes, measured: Measured) -> None:
    sent = time.perf_counter()
    status = await connection.ask(request)
    measured.seconds.append(time.perf_counter() - sent)
    if status == 202:
        measured.stored += 1
    else:
        measured.refused += 1
