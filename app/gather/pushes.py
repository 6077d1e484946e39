"""What was pushed to a pull request, what ran on its head before, and how one workflow run stands: asked of GitHub."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.gather.rules import Connect
from app.github.errors import NotFound
from app.github.records import CheckRun, Commit, WorkflowRun
from app.model import Place, Pushed, RunOf

_BOT = "[bot]"
_OTHER = (0, "")  # the workflow and the event of what is no job of GitHub Actions
_FAILED = frozenset({"failure", "timed_out", "cancelled", "startup_failure"})


@dataclass(frozen=True, slots=True)
class Pushes:
    """Reads GitHub through `connect`."""

    connect: Connect

    async def of(self, place: Place, number: int, head_sha: str) -> Sequence[Pushed]:
        """The commits of pull request `number`, the oldest first, `head_sha` always among them: GitHub ends the list at
        250, and is asked for that one then.
        """
        repository = await self.connect(place)
        listed = await repository.pull_commits(number)
        if all(commit.sha != head_sha for commit in listed):
            listed = (*listed, *(one for one in await repository.history(head_sha) if one.sha == head_sha))
        return tuple(map(_pushed, listed))

    async def passed(self, place: Place, sha: str) -> frozenset[tuple[str, str]]:
        """The checks that passed on commit `sha` at any time, whatever they said later, each by its App and its name.

        Another workflow may have a job of the same name, and anybody may choose it: where one of that name fails that
        never passed, it is left out.
        """
        repository = await self.connect(place)
        every, workflows = await asyncio.gather(repository.reruns.every_check_run(sha), repository.workflow_runs(sha))
        return passed_before(every, workflows)

    async def ended(self, place: Place, sha: str) -> Mapping[str, float]:
        """When each check on commit `sha` ended at last, by its name, in epoch seconds."""
        every = await (await self.connect(place)).reruns.every_check_run(sha)
        return {run.name: run.completed for run in sorted(every, key=lambda run: run.completed)}

    async def run(self, place: Place, run: int) -> RunOf | None:
        """How a workflow run stands; None where it is gone."""
        try:
            found = await (await self.connect(place)).reruns.workflow_run(run)
        except NotFound:
            return None
        ended = found.status == "completed"
        return RunOf(found.id, found.attempt, ended, found.conclusion, found.started, found.updated)


def passed_before(every: Iterable[CheckRun], workflows: Iterable[WorkflowRun]) -> frozenset[tuple[str, str]]:
    """Of all check runs of a commit. Two are one kind of run where App, name, workflow and event are the same."""
    kinds = {run.suite_id: (run.workflow_id, run.event) for run in workflows}
    by_kind: dict[tuple[str, str, tuple[int, str]], list[CheckRun]] = {}
    for run in sorted(every, key=lambda run: run.id):
        by_kind.setdefault((run.app_slug, run.name, kinds.get(run.suite_id, _OTHER)), []).append(run)
    passed = {kind: any(run.conclusion == "success" for run in runs) for kind, runs in by_kind.items()}
    never = {kind[:2] for kind, runs in by_kind.items() if not passed[kind] and runs[-1].conclusion in _FAILED}
    return frozenset(kind[:2] for kind in passed if passed[kind] and kind[:2] not in never)


def _pushed(commit: Commit) -> Pushed:
    who = commit.login or commit.written[0]
    return Pushed(commit.sha, commit.parents, commit.message, who, commit.bot or who.endswith(_BOT))
