"""Those who visit a service, and what they see: who answers, whether it fails, and that the canary answers no more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from campaign.drill.service import CANARY, END, FAILED, REQUEST, SERVED

BEAT = 0.02  # seconds of ours between two bursts
SURE = 300  # answers in a row without one of the canary's: with a tenth of them its own, one chance in 10^13

_BAD, _GOOD = FAILED[CANARY].removesuffix(END), SERVED[CANARY].removesuffix(END)


@dataclass(slots=True)
class Visitors(asyncio.Protocol):
    """On one connection. Times are epoch seconds: of the answer, as a visitor has it."""

    begun: bytes = b""  # of an answer that has not come whole yet
    answered: int = 0
    without: int = 0  # answers since the last one of the canary
    gone: float = 0.0  # when the first of these came
    bad: float | None = None  # when the canary first failed since `watch`
    watching: bool = False
    transport: asyncio.Transport = field(init=False)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def watch(self) -> None:
        """From now on look for a failure of the canary."""
        self.bad, self.watching = None, True

    @property
    def taken_back(self) -> float | None:
        """Since when nobody is served by the canary; None while somebody may be."""
        return self.gone if self.without >= SURE else None

    def data_received(self, data: bytes) -> None:
        *answers, self.begun = (self.begun + data).split(END)
        now = time.time()
        for answer in answers:
            if answer in (_GOOD, _BAD):
                self.without = 0
                if answer == _BAD and self.watching:
                    self.bad, self.watching = now, False
            else:
                self.gone = self.gone if self.without else now
                self.without += 1
        self.answered += len(answers)

    async def come(self, pace: float) -> None:
        """`pace` requests a second of ours, until cancelled: a late burst makes up for it."""
        began, sent = time.monotonic(), 0
        while True:
            due = int((time.monotonic() - began) * pace) - sent
            self.transport.write(REQUEST * due)
            sent += due
            await asyncio.sleep(BEAT)


@asynccontextmanager
async def visiting(port: int, pace: float) -> AsyncIterator[Visitors]:
    """Let them come as long as the block lasts."""
    loop = asyncio.get_running_loop()
    transport, visitors = await loop.create_connection(Visitors, "127.0.0.1", port)
    coming = asyncio.create_task(visitors.come(pace))
    try:
        yield visitors
    finally:
        coming.cancel()
        transport.close()
        await asyncio.gather(coming, return_exceptions=True)
