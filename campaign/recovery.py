"""How long until work goes on: after kill -9 under `maestro serve`, and after a worker is gone for good."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.github.sandbox.faults import Slow
from campaign.installation import Installation, database, installation, until
from campaign.lanes import DEAD, Run, overlaps
from campaign.processes import ROOT
from campaign.report import Report, say
from campaign.stories import tell
from tests.postgres import Postgres

AGAIN = "kill -9 of the worker of `maestro serve` -> first workflow runs again (s; bar 5)"
TAKEN = "worker on PostgreSQL gone for good -> another runs its lane (s; bar 30)"
GOES_ON = "what a killed worker was running is run again, by its successor or by another"
LONG = 60.0  # seconds that the interrupted run would take


async def recovered(server: Postgres, times: int) -> Report:
    """Measure both so many times."""
    report = Report(f"recovery, {times} times each", (GOES_ON,))
    for number in range(times):
        await _served(report)
        with database(server) as url:
            await _taken_over(url, report)
        say(f"   {number + 1} of {times}")
    return report


async def _served(report: Report) -> None:
    """The real thing: a supervisor in the web process, which starts a worker that must import everything."""
    async with installation() as here, _serving(here):
        await here.up()
        await _busy(here)
        run = _at_work(here)
        here.journal.note(DEAD, run.process)
        killed = time.monotonic()
        os.kill(run.process, signal.SIGKILL)
        report.counts["kills"] += 1
        report.measured(AGAIN, await _again(here, run.lane, killed))
        report.broken(overlaps(here.journal.runs()))


async def _taken_over(url: str, report: Report) -> None:
    async with installation(url) as here:
        for role in ("web", "worker"):
            await here.start(role)
        await here.up()
        await _busy(here)
        lane, (_, first) = _at_work(here).lane, here.members
        await here.start("worker")
        await asyncio.sleep(1.0)
        killed = time.monotonic()
        await first.kill()
        report.counts["workers gone"] += 1
        report.measured(TAKEN, await _again(here, lane, killed))
        report.broken(overlaps(here.journal.runs()))


async def _busy(here: Installation) -> None:
    """Wait until a run has begun that will not end by itself for a long time."""
    here.sandbox.faults.add(Slow(LONG), path="/repos/org/shop/compare/*", times=1)
    tell(here.sandbox, "org", 1)

    async def caught() -> bool:
        return bool(here.sandbox.faults.struck)

    await until(caught, LONG)


def _at_work(here: Installation) -> Run:
    """The run that was caught: the newest of a pull request, for what the clock asks for begins in the same moment."""
    return next(run for run in reversed(here.journal.runs()) if "#" in run.lane)


async def _again(here: Installation, lane: str, since: float) -> float:
    async def runs() -> bool:
        return any(run.lane == lane and run.begin > since for run in here.journal.runs())

    await until(runs, LONG)
    return min(run.begin for run in here.journal.runs() if run.lane == lane and run.begin > since) - since


@asynccontextmanager
async def _serving(here: Installation) -> AsyncIterator[None]:
    """`maestro serve`, executed as a command is."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | here.environment
    with (here.directory / "serve.log").open("wb") as log:
        command = (sys.executable, "-P", "-m", "campaign.launcher", "serve")
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.kill()
        await process.wait()
