"""What others reported on the head: their check runs, and what their suites say that no run says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from app.gather.dispatches import escalated
from app.gather.minutes import jobs_of
from app.github.records import CheckRun, CheckSuite, WorkflowRun
from app.github.repository import Repository
from app.model import OWN_RUN, Dispatched
from checks.model import TestFacts, TestRun

ACTIONS = "github-actions"
_HARMLESS = frozenset({"success", "neutral", "skipped", ""})
_SAYS_NOTHING = frozenset({"cancelled", "skipped", "stale", "action_required"})


async def tests(repository: Repository, sha: str, own_app: int, asked: Sequence[Dispatched]) -> TestFacts:
    """Every run of every other App on `sha`, and every suite of theirs that is not at rest; of the heavier tests that
    were `asked` for each run as a whole.
    """
    listed, suites = await asyncio.gather(repository.check_runs(sha), repository.check_suites(sha))
    jobs = jobs_of(listed)
    heavier = await escalated(repository, sha, asked, [run.suite_id for run in listed])
    listed = tuple(run for run in listed if run.suite_id not in heavier.suites)
    suites = tuple(suite for suite in suites if suite.id not in heavier.suites)
    runs = [run for run in listed if run.app_id != own_app and not run.external_id.startswith(OWN_RUN)]
    suites = tuple(suite for suite in suites if suite.app_id not in {own_app, None})
    if _contested(runs, suites):
        stale = superseded(await repository.workflow_runs(sha))
        runs = [run for run in runs if run.suite_id not in stale]
        suites = tuple(suite for suite in suites if suite.id not in stale)
    reported = tuple(TestRun(run.name, run.status, run.conclusion, run.url, run.app_slug) for run in runs)
    every = (*reported, *_unsettled(suites, runs))
    return TestFacts(every, f"check runs and suites of {sha[:7]}", heavier.runs, jobs)


def _contested(runs: Iterable[CheckRun], suites: Iterable[CheckSuite]) -> bool:
    """Did something of GitHub Actions not pass, on a head that has several of its suites? It may have run again."""
    of_actions = [suite for suite in suites if suite.app_slug == ACTIONS]
    ends = {run.conclusion for run in runs if run.app_slug == ACTIONS} | {suite.conclusion for suite in of_actions}
    return len(of_actions) > 1 and not ends <= _HARMLESS


def superseded(workflows: Iterable[WorkflowRun]) -> frozenset[int]:
    """Suites of workflow runs that said nothing of the code, and that a newer run of the workflow stands in for.

    GitHub keeps a suite for each time a workflow ran on a commit and lists the check runs of them all. A failure is
    never taken back so: the newer run may have tested the merge with another base.
    """
    newest: dict[tuple[int, str], int] = {}
    workflows = tuple(workflows)
    for workflow in workflows:
        key = workflow.workflow_id, workflow.event
        newest[key] = max(newest.get(key, 0), workflow.number)
    return frozenset(
        workflow.suite_id
        for workflow in workflows
        if workflow.conclusion in _SAYS_NOTHING and workflow.number < newest[workflow.workflow_id, workflow.event]
    )


def _unsettled(suites: Iterable[CheckSuite], runs: Sequence[CheckRun]) -> Iterable[TestRun]:
    """Suites that say what no run of theirs says.

    GitHub opens a suite for every App that may write checks, and most stay queued for ever without a run: of those
    only one that ended (a workflow file that does not parse ends so), or one of GitHub Actions, which will run,
    counts. A suite with runs that is not at rest has more to come: a job behind another has no run of its own yet.
    """
    for suite in suites:
        own = [run for run in runs if run.app_slug == suite.app_slug]
        told = _with_runs(suite, own) if suite.runs else _without_runs(suite)
        if told is not None:
            said, status = told
            conclusion = suite.conclusion if status == "completed" else ""
            name = f"{suite.app_slug} suite{said}"
            yield TestRun(name, status, conclusion, "", suite.app_slug, of_suite=True)


def _with_runs(suite: CheckSuite, own: Sequence[CheckRun]) -> tuple[str, str] | None:
    """What a suite adds to its runs: that more will come, or that it did not pass though they did."""
    if suite.status != "completed":
        return (": more to come", suite.status) if all(run.status == "completed" for run in own) else None
    ends = {run.conclusion for run in own}
    return ("", suite.status) if suite.conclusion not in _HARMLESS and ends <= _HARMLESS else None


def _without_runs(suite: CheckSuite) -> tuple[str, str] | None:
    if suite.conclusion == "action_required":
        return ": a maintainer must approve its workflows", "waiting"
    return ("", suite.status) if suite.status == "completed" or suite.app_slug == ACTIONS else None
