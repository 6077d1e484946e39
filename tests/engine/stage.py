"""A stage for the engine: a real store, and bodies that do as they are told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from app.engine import Again, Done, Engine
from app.model import Delivery, Kind, Trigger
from app.store.database import connect, migrate
from app.store.deliveries import Deliveries
from tests.waiting import until


def understand(delivery: Delivery) -> tuple[Trigger, ...]:
    """The tests' own language: the body is a list of triggers."""
    return tuple(trigger(**asked) for asked in json.loads(delivery.body))


def trigger(kind: str = "evaluate", repository: str = "o/r", number: int | None = 1, **more: Any) -> Trigger:
    return Trigger(Kind(kind), repository, number=number, **more)


@dataclass
class Stage:
    """A real store, an engine over it, and a body that notes what it was called with and does as it is told."""

    database: AsyncEngine
    calls: list[tuple[Trigger, int]] = field(default_factory=list)
    answers: list[Done | Again | BaseException] = field(default_factory=list)  # DONE once used up
    gate: asyncio.Event = field(default_factory=asyncio.Event)  # closed: bodies wait here
    entered: asyncio.Queue[Trigger] = field(default_factory=asyncio.Queue)
    running: dict[str, int] = field(default_factory=dict)  # per lane, now
    most: dict[str, int] = field(default_factory=dict)  # per lane, ever; "" over all lanes
    understood: set[int] = field(default_factory=set)  # deliveries that the engine has read
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.gate.set()
        self.engine = self.anew()

    def anew(self, **changes: Any) -> Engine:
        """Another engine over the same file, as after a restart."""
        facts: dict[str, Any] = {"bodies": dict.fromkeys(Kind, self.body), "backoff": lambda _attempt: 0.0}
        self.understood.clear()
        self.engine = Engine(self.deliveries, self.understand, **(facts | changes))
        return self.engine

    def understand(self, delivery: Delivery) -> tuple[Trigger, ...]:
        self.understood.add(delivery.id)
        return understand(delivery)

    @property
    def deliveries(self) -> Deliveries:
        return Deliveries(self.database)

    async def body(self, trigger: Trigger, attempts_left: int) -> Done | Again:
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
        guid = guid or f"guid-{await self.count()}"
        assert await self.deliveries.keep(guid, "event", json.dumps(triggers).encode())
        self.engine.wake()

    async def count(self) -> int:
        return sum((await self.deliveries.counts()).values())

    async def states(self) -> list[str]:
        return [row[1] for row in await self.rows()]

    async def rows(self) -> list[tuple[str, str, int, str]]:
        """(guid, state, attempts, error) of each delivery, by arrival."""
        query = text("SELECT guid, state, attempts, error FROM deliveries ORDER BY id")
        async with self.database.connect() as connection:
            return [tuple(row) for row in await connection.execute(query)]

    async def inside(self) -> None:
        """Wait until one more body has begun to run."""
        await asyncio.wait_for(self.entered.get(), 5)

    async def taken(self, jobs: int) -> None:
        """Wait until the engine holds `jobs` jobs, waiting or running, and has read all that is stored."""

        async def held() -> bool:
            stored = {delivery.id for delivery in await self.deliveries.waiting(0, 1_000)}
            return stored <= self.understood and self.engine.depth() == jobs

        await until(held)

    async def stand(self, *states: str) -> bool:
        return await self.states() == list(states)

    async def tried(self, times: int) -> bool:
        """Whether the first delivery has been tried that often."""
        return (await self.rows())[0][2] >= times

    async def called(self, times: int) -> bool:
        """Whether bodies have been run that often."""
        return len(self.calls) >= times

    @property
    def triggers(self) -> list[Trigger]:
        return [trigger for trigger, _ in self.calls]

    def memory(self) -> int:
        return len(self.engine._open) + len(self.engine._lanes)


@asynccontextmanager
async def opened(directory: Path) -> AsyncIterator[Stage]:
    """A stage over a file in `directory`; logs are captured, so that expected failures do not fill the terminal."""
    database = connect(f"sqlite:///{directory / 'maestro.db'}")
    await migrate(database)
    stage = Stage(database)
    with capture_logs():
        yield stage
        await stage.engine.stop(drain=1)
    await database.dispose()


EVALUATE: dict[str, Any] = {"kind": "evaluate"}
COMMAND: dict[str, Any] = {"kind": "command"}


def command(words: str, **more: Any) -> dict[str, Any]:
    return COMMAND | {"text": words} | more
