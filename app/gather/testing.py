"""What others reported on the head: their check runs, and their suites that ended without one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from app.github.records import CheckRun, CheckSuite
from app.github.repository import Repository
from app.model import OWN_RUN
from checks.model import TestFacts, TestRun

_ACTIONS = "github-actions"


async def tests(repository: Repository, sha: str, own_app: int) -> TestFacts:
    """Every run of every other App on `sha`."""
    runs, suites = await asyncio.gather(repository.check_runs(sha), repository.check_suites(sha))
    others = [run for run in runs if not _ours(run, own_app)]
    return TestFacts(
        runs=(*map(_run, others), *_silent_suites(suites, own_app)),
        source=f"check runs and suites of {sha[:7]}",
    )


def _ours(run: CheckRun, own_app: int) -> bool:
    return run.app_id == own_app or (run.app_id is None and run.external_id.startswith(OWN_RUN))


def _run(run: CheckRun) -> TestRun:
    return TestRun(run.name, run.status, run.conclusion, run.url, run.app_slug)


def _silent_suites(suites: Iterable[CheckSuite], own_app: int) -> Iterable[TestRun]:
    """Suites without a run that still say something.

    GitHub opens a suite for every App that may write checks, and most stay queued for ever: only one that ended (a
    workflow file that does not parse ends so), or one of GitHub Actions, which will run, counts. One of an App that
    GitHub does not name may be our own.
    """
    for suite in suites:
        if suite.app_id in {own_app, None} or suite.runs:
            continue
        if suite.status == "completed" or suite.app_slug == _ACTIONS:
            yield TestRun(f"{suite.app_slug} suite", suite.status, suite.conclusion, "", suite.app_slug)
