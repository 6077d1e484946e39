"""A stage for the engine: a real database, and bodies that do as they are told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from app.engine.engine import Engine, Pace
from app.model import Again, Delivery, Done, Kind, Later, Trigger
from app.store.address import Address
from app.store.database import connect, migrate
from app.store.inbox import Inbox

SOON = Pace(hand_over=0.05, lanes=0.05)


def understand(delivery: Delivery) -> tuple[Trigger, ...]:
    """The tests' own language: the body is a list of triggers."""
    return tuple(trigger(**asked) for asked in json.loads(delivery.body))


def trigger(kind: str = "evaluate", repository: str = "o/r", number: int | None = 1, **more: Any) -> Trigger:
    return Trigger(Kind(kind), repository, number=number, **more)


@dataclass
class Stage:
    """Real storage, an engine over it, and a body that notes what it was called with and does as it is told."""

    address: Address
    main: AsyncEngine
    webhooks: AsyncEngine
    calls: list[tuple[Trigger, int]] = field(default_factory=list)
    answers: list[Done | Again | Later | BaseException] = field(default_factory=list)  # DONE once used up
    gate: asyncio.Event = field(default_factory=asyncio.Event)  # closed: bodies wait here
    entered: asyncio.Queue[Trigger] = field(default_factory=asyncio.Queue)
    running: dict[str, int] = field(default_factory=dict)  # per lane, now
    most: dict[str, int] = field(default_factory=dict)  # per lane, ever; "" over all lanes
    engine: Engine = field(init=False)
    inbox: Inbox = field(init=False)
    sent: int = 0

    def __post_init__(self) -> None:
        self.gate.set()
        self.inbox = Inbox(self.webhooks)
        self.engine = self.anew()

    def anew(self, **changes: Any) -> Engine:
        """Another engine over the same storage, as after a restart."""
        facts: dict[str, Any] = {"bodies": dict.fromkeys(Kind, self.body), "backoff": lambda _attempt: 0.0}
        facts |= {"pace": SOON, "understand": understand} | changes
        self.engine = Engine(self.address, **facts)
        return self.engine

    async def body(self, trigger: Trigger, attempts_left: int) -> Done | Again | Later:
        self.calls.append((trigger, attempts_left))
        for name in (trigger.lane, ""):
            self.running[name] = self.running.get(name, 0) + 1
            self.most[name] = max(self.most.get(name, 0), self.running[name])
        self.entered.put_nowait(trigger)
        try:
            await self.gate.wait()
            answer = self.answers.pop(0) if self.answers else Done()
        finally:
            for name in (trigger.lane, ""):
                self.running[name] -= 1
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def send(self, *triggers: dict[str, Any], guid: str = "") -> None:
        self.sent += 1
        assert await self.inbox.keep(guid or f"guid-{self.sent}", "event", json.dumps(triggers).encode())
        self.engine.wake()

    async def rows(self) -> list[tuple[str, str, str]]:
        """(guid, standing, error) of each delivery, by arrival."""
        query = text("SELECT guid, state, error FROM deliveries ORDER BY id")
        async with self.webhooks.connect() as connection:
            return [tuple(row) for row in await connection.execute(query)]

    async def states(self) -> list[str]:
        return [row[1] for row in await self.rows()]

    async def inside(self) -> Trigger:
        """Wait until one more body has begun to run."""
        return await asyncio.wait_for(self.entered.get(), 10)

    async def taken(self) -> None:
        """Wait until the engine has all that was sent."""
        async with asyncio.timeout(10):
            while "new" in await self.states():  # noqa: ASYNC110 - the engine tells nobody
                await asyncio.sleep(0.01)

    async def called(self, times: int) -> bool:
        """Whether bodies have been run that often."""
        return len(self.calls) >= times

    @property
    def triggers(self) -> list[Trigger]:
        return [trigger for trigger, _ in self.calls]


@asynccontextmanager
async def opened(address: Address) -> AsyncIterator[Stage]:
    """A stage over empty storage; logs are captured, so that expected failures do not fill the terminal."""
    main = connect(address.main)
    await migrate(main)
    webhooks = main if address.shared else connect(address.intake)
    await migrate(webhooks)
    stage = Stage(address, main, webhooks)
    with capture_logs():
        yield stage
        await stage.engine.stop(drain=1)
    await stage.inbox.close()
    for engine in {main, webhooks}:
        await engine.dispose()


EVALUATE: dict[str, Any] = {"kind": "evaluate"}
COMMAND: dict[str, Any] = {"kind": "command"}


def command(words: str, **more: Any) -> dict[str, Any]:
    return COMMAND | {"text": words} | more
