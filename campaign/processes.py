"""Processes of the product under our hands: born, killed, told to end, and known to have ended."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from campaign.lanes import DEAD, Journal

ROOT = Path(__file__).parents[1]
PATIENCE = 30.0  # seconds that a process which was told to end may take
ORPHANED = -1
BORN = 60.0  # seconds that the nursery may take to be ready, or a process to come into the world


@dataclass(slots=True)
class Member:
    """One process. `ended`: its exit status, negative for a signal."""

    role: str
    pid: int
    journal: Journal
    log: Path
    ended: asyncio.Future[int]

    @property
    def alive(self) -> bool:
        """Has nobody heard of its end?"""
        return not self.ended.done()

    async def kill(self) -> None:
        """kill -9, noted just before: what runs in it has ended then. Nothing happens to one that has ended."""
        if self.alive:
            self.journal.note(DEAD, self.pid)
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        await asyncio.wait_for(asyncio.shield(self.ended), BORN)

    async def stop(self) -> float:
        """Tell it to end as a platform does; the seconds that it took. One that does not listen is killed."""
        began = time.monotonic()
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        await asyncio.wait([self.ended], timeout=PATIENCE)
        await self.kill()
        return time.monotonic() - began

    @property
    def state(self) -> str:
        """Whether it lives, in words."""
        return "lives" if self.alive else f"ended with {self.ended.result()}"

    def said(self, lines: int = 0) -> str:
        """The end of its log: 2,000 characters, of so many lines at most."""
        end = self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""
        return "\n".join(end.splitlines()[-lines:])


@dataclass(slots=True)
class Nursery:
    """Where processes come from; see `campaign.nursery`."""

    process: Process
    directory: Path
    journal: Journal
    born: asyncio.Queue[int] = field(default_factory=asyncio.Queue)
    members: dict[int, Member] = field(default_factory=dict)
    unknown: dict[int, int] = field(default_factory=dict)  # deaths that were told before we knew of the birth

    async def start(self, role: str, environment: Mapping[str, str]) -> Member:
        """Let `maestro role` be born with `environment`."""
        log = self.directory / f"{role}.log"
        wish = {"words": [role], "environment": dict(environment), "log": str(log)}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(wish).encode() + b"\n")
        pid = await asyncio.wait_for(self.born.get(), BORN)
        member = Member(role, pid, self.journal, log, asyncio.get_running_loop().create_future())
        self.members[pid] = member
        if pid in self.unknown:
            member.ended.set_result(self.unknown.pop(pid))
        return member

    async def listen(self) -> None:
        """Hear of births and deaths, as long as it lives."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            news = json.loads(line)
            if "born" in news or "ready" in news:
                self.born.put_nowait(news.get("born", 0))
            elif (member := self.members.pop(news["dead"], None)) is not None:
                member.ended.set_result(news["status"])
            else:
                self.unknown[news["dead"]] = news["status"]
        for member in self.members.values():  # somebody ended the nursery: nobody would ever hear of these again
            member.ended.set_result(ORPHANED)


@asynccontextmanager
async def nursery(directory: Path) -> AsyncIterator[Nursery]:
    """Open one; at the end nothing that came from it lives."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "campaign.nursery", stdin=PIPE, stdout=PIPE, env=environment, cwd=directory
    )
    opened = Nursery(process, directory, Journal(directory / "runs.journal"))
    ears = asyncio.create_task(opened.listen())
    try:
        await asyncio.wait_for(opened.born.get(), BORN)
        yield opened
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        ears.cancel()
        await asyncio.gather(ears, return_exceptions=True)
