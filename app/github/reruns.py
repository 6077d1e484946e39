"""What is run again in one repository: the only calls that we make for it, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.github.address import Part
from app.github.client import Client
from app.github.records import CheckRun, CheckSuite, WorkflowRun, read_check_run, read_check_suite, read_workflow_run

_REPO = "/repos/{owner}/{repo}"
_RUN = _REPO + "/actions/runs/{run_id}"


@dataclass(frozen=True, slots=True)
class Reruns:
    """`parts`: owner and name of the repository. Every call may raise any error of `app.github.errors`."""

    client: Client
    parts: Mapping[str, Part]

    async def workflow_run(self, run_id: int) -> WorkflowRun:
        """One workflow run, as its newest attempt stands."""
        return await self.client.get(_RUN, {**self.parts, "run_id": run_id}, read_workflow_run)

    async def every_check_run(self, sha: str) -> tuple[CheckRun, ...]:
        """Every check run on `sha` that GitHub keeps, those that ran again since among them; all pages."""
        template = _REPO + "/commits/{ref}/check-runs{?filter,per_page}"
        parts = {**self.parts, "ref": sha, "filter": "all"}
        return await self.client.get_list(template, parts, read_check_run, "check_runs")

    async def rerun_failed(self, run_id: int) -> None:
        """Run the failed jobs of a workflow run again, and those that depend on them, as its next attempt.

        Denied where it runs already, is too old, or has no failed job.
        """
        await self.client.post(_RUN + "/rerun-failed-jobs", {**self.parts, "run_id": run_id}, {}, _nothing)

    async def check_suite(self, suite_id: int) -> CheckSuite:
        """One check suite."""
        template = _REPO + "/check-suites/{check_suite_id}"
        return await self.client.get(template, {**self.parts, "check_suite_id": suite_id}, read_check_suite)

    async def rerequest(self, run_id: int) -> None:
        """Ask the App of a check run for it again. Denied where GitHub lets only that App itself ask."""
        template = _REPO + "/check-runs/{check_run_id}/rerequest"
        await self.client.post(template, {**self.parts, "check_run_id": run_id}, {}, _nothing)


def _nothing(_data: Any) -> None:
    return
