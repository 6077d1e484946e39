"""What was prepared for the day that a module drifts: a pull request that puts files in place, a workflow that runs.

Each is had once for each drift. Nothing is merged by itself, and what is not merged is withdrawn when the drift ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from msgspec.structs import replace

from app.model import (
    FIX_BRANCH,
    Cause,
    ClosePullRequest,
    DeleteBranch,
    DispatchWorkflow,
    OpenPullRequest,
    Outcome,
    Performed,
    Place,
    Refusal,
    Restored,
    Shelf,
    Signature,
    Stop,
    WriteBranch,
)
from checks.drift.alarm import Acted, Course
from checks.drift.block import Module, Prepared
from checks.drift.told import written
from handlers.drift_ports import DriftTexts, Shelves
from handlers.ground import AUTHOR
from handlers.ports import Writer


@dataclass(frozen=True, slots=True)
class Remedy:
    """Whatever was done before is found, not done again."""

    writer: Writer
    shelves: Shelves
    texts: DriftTexts

    async def __call__(self, place: Place, rules: Module, course: Course, cause: Cause) -> Acted:
        """What was done, once what the rules declare is had, or is known not to be."""
        acted = course.acted
        if rules.remediation.files and not acted.branch:
            acted = await self._proposed(place, rules, course, cause)
        if rules.remediation.workflow and not acted.ran:
            acted = replace(acted, ran=await self._ran(place, rules, course, cause))
        return acted

    async def withdrawn(self, place: Place, rules: Module, acted: Acted, cause: Cause) -> Acted:
        """The drift is over: what was proposed, and never merged, is closed."""
        if acted.pull is None:
            return acted
        close = ClosePullRequest(acted.pull, acted.branch, acted.base, self.texts.moot(rules), "")
        await self.writer.perform(place, (close, DeleteBranch(acted.branch)), cause)
        return replace(acted, pull=None)

    async def _proposed(self, place: Place, rules: Module, course: Course, cause: Cause) -> Acted:
        files = rules.remediation.files
        begun = replace(course.acted, branch=f"{FIX_BRANCH}drift/{rules.name}-{course.episode}")
        shelf = await self.shelves.of(place, {path for one in files for path in (one.prepared, one.live)})
        edits = shelf if isinstance(shelf, Refusal) else _edits(shelf, files)
        if isinstance(edits, Refusal) or isinstance(shelf, Refusal):
            return replace(begun, proposed=f"nothing is proposed: {edits.reason}")  # type: ignore[union-attr]
        text = self.texts.remedy(rules, course)
        author = Signature(*AUTHOR, _midnight(course.since))
        write = WriteBranch(begun.branch, shelf.tip, edits, text.title, author, "")
        opened = OpenPullRequest(begun.branch, shelf.base, text.title, text.body, "")
        last = (await self.writer.perform(place, (write, opened), cause))[-1]
        if isinstance(last, Performed):
            return replace(begun, base=shelf.base, pull=last.remote)
        return replace(begun, proposed=f"nothing is proposed: {last.detail or last.why}")

    async def _ran(self, place: Place, rules: Module, course: Course, cause: Cause) -> str:
        """What became of the workflow, in words."""
        workflow = rules.remediation.workflow
        shelf = await self.shelves.of(place, ())
        if isinstance(shelf, Refusal):
            return f"`{workflow}` was not run: {shelf.reason}"
        inputs = (("module", rules.name), ("since", written(course.since) or ""))
        run = DispatchWorkflow(workflow, shelf.base, inputs, f"drift of {rules.name} {course.episode}", "")
        return _said(workflow, (await self.writer.perform(place, (run,), cause))[-1])


def _edits(shelf: Shelf, files: Sequence[Prepared]) -> tuple[Restored, ...] | Refusal:
    """Each live file becomes the prepared one, where it is another."""
    for one in files:
        if one.prepared not in shelf.files:
            return Refusal(f"there is no file `{one.prepared}` on {shelf.base}")
    there = [(one.live, shelf.files[one.prepared]) for one in files]
    edits = tuple(Restored(live, sha, mode) for live, (mode, sha) in there if shelf.files.get(live) != (mode, sha))
    return edits or Refusal("the prepared files are in place already")


def _midnight(day: int | None) -> int:
    """Epoch seconds: the same look makes the same commit."""
    return 0 if day is None else int(datetime.combine(date.fromordinal(day), datetime.min.time(), UTC).timestamp())


def _said(workflow: str, outcome: Outcome) -> str:
    if isinstance(outcome, Performed):
        return f"`{workflow}` was run"
    if outcome.why is Stop.IN_DOUBT:
        return f"`{workflow}` was asked for, and nobody can tell whether it ran"
    return f"`{workflow}` was not run: {outcome.detail or outcome.why}"
