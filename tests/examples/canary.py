"""The example service, its canary and the router before them, each a process of its own as its page starts it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

EXAMPLE = Path(__file__).parents[2] / "examples" / "canary"


@asynccontextmanager
async def started(script: str, *words: str) -> AsyncIterator[str]:
    """The address of `examples/canary/<script>`, which is killed at the end."""
    command = (sys.executable, str(EXAMPLE / script), *words)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
    finally:
        process.kill()
        await process.wait()


@dataclass(frozen=True)
class Shop:
    """Addresses of the three, and a way to speak with them."""

    stable: str
    canary: str
    router: str
    session: aiohttp.ClientSession

    async def visit(self) -> tuple[str, int]:
        """One request of a customer: who served it, with which status."""
        async with self.session.get(f"{self.router}/") as answer:
            await answer.read()
            return answer.headers["X-Served-By"], answer.status

    async def visits(self, count: int) -> list[tuple[str, int]]:
        """So many, ten at a time."""
        left = iter(range(count))

        async def customer() -> list[tuple[str, int]]:
            return [await self.visit() for _ in left]

        return [visit for some in await asyncio.gather(*(customer() for _ in range(10))) for visit in some]

    async def standing(self) -> Any:
        """What the router says of itself."""
        async with self.session.get(f"{self.router}/-/share") as answer:
            return await answer.json(content_type=None)

    async def put(self, url: str, number: object) -> int:
        """PUT a number; the status."""
        async with self.session.put(url, data=str(number)) as answer:
            return answer.status

    async def metrics(self, url: str) -> dict[str, float]:
        """The counters of one version, by series."""
        async with self.session.get(f"{url}/metrics") as answer:
            lines = [line.rpartition(" ") for line in (await answer.text()).splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in lines}


@asynccontextmanager
async def shop(*, stable: float = 0.05, canary: float = 0.05, p95_ms: float = 0) -> AsyncIterator[Shop]:
    """A service, its canary and a router that sends the canary nothing yet; `stable`, `canary`: how often they fail."""

    def words(version: str, rate: float) -> tuple[str, ...]:
        told = {"version": version, "fault-rate": rate, "p95-ms": p95_ms, "seed": 1}
        return tuple(f"--{name}={value}" for name, value in told.items())

    async with (
        started("service.py", *words("stable", stable)) as old,
        started("service.py", *words("canary", canary)) as new,
        started("router.py", f"--stable={old}", f"--canary={new}", "--seed=1") as router,
        aiohttp.ClientSession() as session,
    ):
        yield Shop(old, new, router, session)
