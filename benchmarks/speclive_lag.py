"""How soon does the Center show what a running service violates? Exit 1 when its bar is missed.

    python -m benchmarks.speclive_lag [ROUNDS]

All parts are the real ones: a guarded service of aiohttp in a process of its own, which tells by the library's
exporter; `maestro web` and `maestro worker`, two processes over one file of SQLite; a reader who has the page of the
pull request open. From the request that violates a card to when the reader, told by the stream of the page, has read
that violation with its inputs.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median

import aiohttp

from benchmarks.intake import process
from benchmarks.live import Town, town

ROUNDS = 8
SOON = 15.0  # bar: seconds, of each
PATIENCE = 60.0  # seconds until a round is given up
CARD = '''@critical
Feature: Payments
  Background:
    Given the endpoint "POST /pay"

  @spec-id:pay.balance
  Scenario: What is paid is what was asked for
    When a payment is made
    Then the balance drops by the amount
      """expr
      result['body']['paid'] == body['amount']
      """
    And the amount may be shown
      | allow | body |
'''
SERVICE = """import sys
from pathlib import Path
from aiohttp import web
import speclive
from speclive.aiohttp import setup

async def pay(request):
    amount = (await request.json())["amount"]
    return web.json_response({"paid": amount if amount < 1000 else 0})

app = web.Application()
app.router.add_post("/pay", pay)
setup(app, speclive.load(Path(__file__).with_name("specs")))
speclive.configure()
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""


@asynccontextmanager
async def service(here: Town, directory: Path) -> AsyncIterator[str]:
    """The guarded service, at the head of the pull request; its address."""
    (directory / "specs").mkdir()
    (directory / "specs" / "pay.feature").write_text(CARD, encoding="utf-8")
    (directory / "service.py").write_text(SERVICE, encoding="utf-8")
    said = {
        "MAESTRO_URL": here.root,
        "MAESTRO_TOKEN": await _token(here),
        "MAESTRO_SERVICE": "shop",
        "MAESTRO_SHA": here.repo.tip("fix"),
    }
    async with process(str(directory / "service.py"), "PORT", **said) as port:
        yield f"http://127.0.0.1:{port}"


async def _token(here: Town) -> str:
    """A token of the whole repository, as an operator issues it."""
    issuing = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.cli", "token", "issue", "octo/shop"),
        env=os.environ | {"DATABASE_URL": f"sqlite:///{here.file}"},
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await issuing.communicate()
    return told.decode().split()[-1]


@dataclass
class Reader:
    """Whoever has the page open. `seen`: by the amount of a payment, when its violation was read (steady seconds)."""

    here: Town
    session: aiohttp.ClientSession
    seen: dict[int, float] = field(default_factory=dict)

    async def follow(self) -> None:
        """Read what is told at each piece of news."""
        address = self.here.root + self.here.path
        async with self.session.get(f"{address}/stream", headers=self.here.cookie) as stream:
            stream.raise_for_status()
            async for line in stream.content:
                if line.startswith(b"data:"):
                    await self._read(f"{self.here.root}/api{self.here.path}")

    async def _read(self, address: str) -> None:
        async with self.session.get(address, headers=self.here.cookie) as answer:
            told = (await answer.json())["speclive"]
        for one in told["violations"] if told else ():
            shown = dict(one["values"])["body"]
            self.seen.setdefault(json.loads(shown)["amount"], time.monotonic())


async def rounds_of(here: Town, pay: str, rounds: int) -> list[float]:
    """Seconds from each violating request to when the reader saw it; the requests come whenever in a window."""
    waits, chance = list[float](), Random(7)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout) as session:
        reader = Reader(here, session)
        following = asyncio.create_task(reader.follow())
        for number in range(rounds):
            await asyncio.sleep(chance.uniform(0, 10) if rounds > 1 else 1)
            began, amount = time.monotonic(), 1_000 + number
            for one in (5, amount):
                async with session.post(f"{pay}/pay", json={"amount": one}) as answer:
                    answer.raise_for_status()
            async with asyncio.timeout(PATIENCE):
                while amount not in reader.seen:
                    assert not following.done(), "the stream ended"
                    await asyncio.sleep(0.02)
            waits.append(reader.seen[amount] - began)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    return waits


async def measure(directory: Path, rounds: int = ROUNDS) -> list[float]:
    """The waits of so many violations, in seconds."""
    async with town(directory) as here, service(here, directory) as pay:
        return await rounds_of(here, pay, rounds)


def main() -> int:
    """Measure and print; 0 where the bar holds."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory(prefix="maestro-speclive-") as directory:
        waits = asyncio.run(measure(Path(directory), rounds))
    print(
        f"from a violation to its reader: median {median(waits):.1f} s, most {max(waits):.1f} s of {len(waits)}",
        end=" ",
    )
    print(f"(bar: {SOON:.0f} s, each)")
    return int(max(waits) > SOON)


if __name__ == "__main__":
    sys.exit(main())
