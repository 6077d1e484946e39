"""Our way into the product: `python -m campaign.launcher worker` is `maestro worker`, watched, and hurt where told.

The environment says how: CAMPAIGN_JOURNAL (file of the runs), CAMPAIGN_CRASH (a point of `campaign.crash`),
CAMPAIGN_CLOCK (a file with the seconds by which the clock is wrong), CAMPAIGN_PAGES (a file with the most pages that
a database may have) and CAMPAIGN_VERSION (what this release calls itself). The product reads none of them.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from campaign import crash
from campaign.lanes import BEGIN, END, Journal

JOURNAL, CRASH, CLOCK = "CAMPAIGN_JOURNAL", "CAMPAIGN_CRASH", "CAMPAIGN_CLOCK"
PAGES, RELEASE = "CAMPAIGN_PAGES", "CAMPAIGN_VERSION"
ENDLESS = 4_294_967_294  # pages, SQLite's own most


def prepare(role: str, environment: Mapping[str, str]) -> None:
    """Change this process as the environment says. The web process must not load the engine."""
    if version := environment.get(RELEASE):
        _call_itself(version)
    if file := environment.get(CLOCK):
        _step_clock(Path(file))
    if file := environment.get(PAGES):
        _limit_pages(Path(file))
    journal = Journal(Path(environment[JOURNAL]))
    if role == "worker":
        _keep_journal(journal)
    if role == "serve":
        _lead_the_child_here()
    elif spec := environment.get(CRASH):
        crash.arm(spec, journal)


def run(words: Sequence[str]) -> None:
    """`maestro words...`, to its end."""
    prepare(words[0], os.environ)
    from app.cli import main

    sys.argv = ["maestro", *words]
    main()


def _keep_journal(journal: Journal) -> None:
    from app.engine.jobs import Job
    from app.engine.runner import Alone, Runner

    run = Runner.__call__

    async def noted(self: Runner, job: Job, alone: Alone | None = None) -> None:
        journal.note(BEGIN, lane=job.trigger.lane, job=job.name)
        try:
            await run(self, job, alone)
        finally:
            journal.note(END, lane=job.trigger.lane, job=job.name)

    Runner.__call__ = noted  # type: ignore[method-assign]


def _lead_the_child_here() -> None:
    from app.commands import supervisor

    supervisor.COMMAND = (sys.executable, "-P", "-m", "campaign.launcher", "worker")


def _call_itself(version: str) -> None:
    import app

    app.__version__ = version


def _step_clock(file: Path) -> None:
    """The wall clock is wrong by what `file` says, and steps when that changes.

    GitHub's client keeps the right time: with a clock an hour off, GitHub would take no signature of ours at all.
    """
    import app.github.clock  # noqa: F401 - it takes hold of time.time when it is imported

    true, true_ns = time.time, time.time_ns

    def wrong() -> float:
        with suppress(OSError, ValueError):
            return float(file.read_text())
        return 0.0

    time.time = lambda: true() + wrong()
    time.time_ns = lambda: true_ns() + int(wrong() * 1e9)


def _limit_pages(file: Path) -> None:
    """No database grows beyond what `file` says: SQLite answers as it does on a full disk."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def limited(connection: Any) -> None:
        cursor = connection.connection.dbapi_connection.cursor()
        with suppress(OSError, ValueError):
            cursor.execute(f"PRAGMA max_page_count={int(file.read_text())}")
        cursor.close()

    event.listen(Engine, "begin", limited)


if __name__ == "__main__":
    run(sys.argv[1:])
