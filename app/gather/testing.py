"""What others reported on the head: their check runs, and what their suites say that no run says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from app.github.records import CheckRun, CheckSuite, WorkflowRun
from app.github.repository import Repository
from app.model import OWN_RUN
from checks.model import TestFacts, TestRun

_ACTIONS = "github-actions"
_HARMLESS = frozenset({"success", "neutral", "skipped", ""})


async def tests(repository: Repository, sha: str, own_app: int) -> TestFacts:
    """Every run of every other App on `sha`, and every suite of theirs that is not at rest."""
    listed, suites = await asyncio.gather(repository.check_runs(sha), repository.check_suites(sha))
    runs = [run for run in listed if run.app_id != own_app and not run.external_id.startswith(OWN_RUN)]
    suites = tuple(suite for suite in suites if suite.app_id not in {own_app, None})
    if _contested(runs, suites):
        stale = _superseded(await repository.workflow_runs(sha))
        runs = [run for run in runs if run.suite_id not in stale]
        suites = tuple(suite for suite in suites if suite.id not in stale)
    reported = tuple(TestRun(run.name, run.status, run.conclusion, run.url, run.app_slug) for run in runs)
    return TestFacts((*reported, *_unsettled(suites, reported)), f"check runs and suites of {sha[:7]}")


def _contested(runs: Iterable[CheckRun], suites: Iterable[CheckSuite]) -> bool:
    """Did something of GitHub Actions not pass, on a head that has several of its suites? It may have run again."""
    of_actions = [suite for suite in suites if suite.app_slug == _ACTIONS]
    ends = {run.conclusion for run in runs if run.app_slug == _ACTIONS} | {suite.conclusion for suite in of_actions}
    return len(of_actions) > 1 and not ends <= _HARMLESS


def _superseded(workflows: Iterable[WorkflowRun]) -> frozenset[int]:
    """Suites of workflow runs that a newer run of the same workflow and event stands in for.

    GitHub keeps a suite for each time a workflow ran on a commit and lists the check runs of them all; its own page
    shows the newest.
    """
    newest: dict[tuple[int, str], WorkflowRun] = {}
    stale: set[int] = set()
    for workflow in sorted(workflows, key=lambda workflow: workflow.number):
        older = newest.get((workflow.workflow_id, workflow.event))
        if older is not None:
            stale.add(older.suite_id)
        newest[workflow.workflow_id, workflow.event] = workflow
    return frozenset(stale)


def _unsettled(suites: Iterable[CheckSuite], reported: Iterable[TestRun]) -> Iterable[TestRun]:
    """Suites that say what no run of theirs says.

    GitHub opens a suite for every App that may write checks, and most stay queued for ever without a run: of those
    only one that ended (a workflow file that does not parse ends so), or one of GitHub Actions, which will run,
    counts. A suite with runs that is not at rest has more to come: a job behind another has no run of its own yet.
    """
    running = {run.app for run in reported if run.status != "completed"}
    for suite in suites:
        name = f"{suite.app_slug} suite"
        if suite.runs:
            if suite.status != "completed" and suite.app_slug not in running:
                yield TestRun(f"{name}: more to come", suite.status, "", "", suite.app_slug)
        elif suite.conclusion == "action_required":
            yield TestRun(f"{name}: a maintainer must approve its workflows", "waiting", "", "", suite.app_slug)
        elif suite.status == "completed" or suite.app_slug == _ACTIONS:
            yield TestRun(name, suite.status, suite.conclusion, "", suite.app_slug)
