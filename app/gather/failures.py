"""What failed on a head and can be run again, and which arms a pull request says it was made by: asked of GitHub."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from math import floor

from app.gather.rules import Connect
from app.gather.testing import ACTIONS, superseded
from app.github.records import CheckRun, WorkflowRun
from app.model import OWN_RUN, Failed, FailedCheck, FailedRun, Place
from checks.model import Pull
from program.arms import stated

MOST = 25  # of each kind that one command has run again: each is a call or two
_FAILED = frozenset({"failure", "timed_out", "cancelled", "startup_failure"})


@dataclass(frozen=True, slots=True)
class Failures:
    """Reads GitHub through `connect`; what `own_app` says is no failure of others."""

    connect: Connect
    own_app: int

    async def of(self, place: Place, pull: Pull, since: float) -> Failed:
        """What failed on the head of `pull` as it was at `since`, epoch seconds: an attempt that began later is told as
        the one before it. Where nobody says when that was (0), so is one that is running.
        """
        repository = await self.connect(place)
        workflows, listed = await asyncio.gather(
            repository.workflow_runs(pull.head_sha), repository.check_runs(pull.head_sha)
        )
        stale = superseded(workflows)
        known = (_run(run, since) for run in workflows if run.suite_id not in stale or not run.suite_id)
        runs = [run for run in known if run is not None]
        checks = list(self._checks(listed))
        more = max(0, len(runs) - MOST) + max(0, len(checks) - MOST)
        return Failed(tuple(runs[:MOST]), tuple(checks[:MOST]), more)

    def _checks(self, listed: Iterable[CheckRun]) -> Iterable[FailedCheck]:
        """Of other Apps; those of GitHub Actions are jobs of its workflow runs."""
        for run in listed:
            ours = run.app_id == self.own_app or run.external_id.startswith(OWN_RUN)
            if not ours and run.app_slug != ACTIONS and run.status == "completed" and run.conclusion in _FAILED:
                yield FailedCheck(run.id, run.suite_id, run.conclusion, run.name, run.app_slug)

    async def stated(self, place: Place, pull: Pull) -> tuple[str, ...]:
        """The arms that the description and the commits of `pull` say they were made by, untrusted."""
        commits = await (await self.connect(place)).pull_commits(pull.number or 0)
        return stated((pull.body, *(commit.message for commit in commits)))


def _run(run: WorkflowRun, since: float) -> FailedRun | None:
    workflow = run.path.rpartition("/")[2]
    # GitHub tells whole seconds
    later = run.started >= floor(since) if since else run.status != "completed"
    if run.attempt > 1 and later:
        return FailedRun(run.id, run.attempt - 1, "", workflow)
    if run.status == "completed" and run.conclusion in _FAILED:
        return FailedRun(run.id, run.attempt, run.conclusion, workflow)
    return None
