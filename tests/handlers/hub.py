"""GitHub and our memory of fixes, as small as they go: what a run of repairs is tried on. It can be killed anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace

from app.model import (
    Action,
    Cause,
    ClosePullRequest,
    DeleteBranch,
    DispatchWorkflow,
    EditPullRequest,
    FindPullRequest,
    Fix,
    FixState,
    OpenPullRequest,
    Outcome,
    Performed,
    Place,
    Proposal,
    Stop,
    Stopped,
    Trigger,
    WriteBranch,
)
from checks.judge import Case
from checks.model import Document
from checks.sbom import Config

OURS = 100  # the first number of a pull request that we open


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Pull:
    """A pull request of ours on this GitHub."""

    branch: str
    base: str
    title: str
    body: str
    state: str = "open"
    comments: list[str] = field(default_factory=list)


@dataclass
class Hub:
    """`heads`: the pull requests of people, by number. `kill_at`: the step at which the process ends; 0: never.

    `merge`: whether our pull requests do. `asked`: how often GitHub was asked for anything; `deeds`: what was done, of
    what kind.
    """

    heads: dict[int, Proposal] = field(default_factory=dict)
    cases: dict[int, Case] = field(default_factory=dict)
    ground: Case | None = None
    before: tuple[Document, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    branches: dict[str, WriteBranch] = field(default_factory=dict)
    runs: list[DispatchWorkflow] = field(default_factory=list)
    rows: dict[int, Fix] = field(default_factory=dict)
    deeds: list[str] = field(default_factory=list)
    refusal: str = ""
    merge: bool | None = True
    kill_at: int = 0
    steps: int = 0
    asked: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.kill_at:
            raise Killed

    # --- Cases and Bases

    async def newest(self, repository: str, number: int) -> Case | None:
        return self.cases.get(number)

    async def base(self, trigger: Trigger) -> Case | None:
        self.asked += 1
        return self.ground

    async def bills(self, place: Place, sha: str, config: Config) -> tuple[Document, ...]:
        self.asked += 1
        return self.before

    # --- Proposals

    async def of(self, place: Place, number: int) -> Proposal | None:
        self.asked += 1
        if number in self.pulls:
            state = self.pulls[number].state
            return Proposal(state == "open", state == "merged", "3c" * 20)
        return self.heads.get(number)

    async def merging(self, place: Place, number: int) -> Proposal | None:
        now = await self.of(place, number)
        return None if now is None else replace(now, merges=self.merge)

    async def from_branch(self, place: Place, branch: str) -> list[int]:
        heads = {number: case.snapshot.pull.head_ref for number, case in self.cases.items()}
        return [number for number, now in self.heads.items() if now.open and heads.get(number) == branch]

    async def documents(self, place: Place, paths: Sequence[str], sha: str) -> tuple[Document, ...]:
        return tuple(Document(path, sha, self.files[path]) for path in paths if path in self.files)

    # --- Fixes

    async def of_target(self, repository: str, target: str) -> list[Fix]:
        return [fix for fix in self.rows.values() if fix.target == target]

    async def of_pull(self, repository: str, number: int) -> list[Fix]:
        return [fix for fix in self.rows.values() if number in {fix.source, fix.number}]

    async def of_repository(self, repository: str) -> list[Fix]:
        return list(self.rows.values())

    async def keep(self, fix: Fix) -> Fix:
        self.step()
        key = (fix.target, fix.purl, fix.version, fix.attempt)
        known = next(
            (one for one in self.rows.values() if (one.target, one.purl, one.version, one.attempt) == key), None
        )
        if not fix.id and known:
            return known
        kept = fix if fix.id else replace(fix, id=len(self.rows) + 1)
        self.rows[kept.id] = kept
        return kept

    async def reopen(self, fix: Fix) -> Fix:
        return await self.keep(replace(fix, state=FixState.OPEN, ending=None, green_at=None))

    # --- Writer

    def turn(self, place: Place, head_sha: str) -> AbstractAsyncContextManager[object]:
        raise AssertionError("no fix writes words")

    async def perform(self, place: Place, actions: Sequence[Action], cause: Cause) -> tuple[Outcome, ...]:
        outcomes: list[Outcome] = []
        for action in actions:
            self.step()
            outcomes.append(self._one(place, action))
            self.step()
            if isinstance(outcomes[-1], Stopped):
                break
        return tuple(outcomes)

    def _one(self, place: Place, action: Action) -> Outcome:
        return self._stopped(place, action) or Performed(action, self._did(action))

    def _stopped(self, place: Place, action: Action) -> Stopped | None:
        decided_on = getattr(action, "head_sha", None)
        if decided_on is None:
            return None
        if place.number is not None and self.heads[place.number].head_sha != decided_on:
            return Stopped(action, Stop.HEAD_MOVED)
        return Stopped(action, Stop.REFUSED, self.refusal) if self.refusal else None

    def _did(self, action: Action) -> int | None:
        """What GitHub has of it then: a number, where it has one."""
        match action:
            case WriteBranch():
                self._branch(action)
            case DeleteBranch():
                self.branches.pop(action.branch, None)
            case OpenPullRequest():
                return self._pull(action)
            case FindPullRequest():
                return self._of_branch(action)
            case DispatchWorkflow():
                self._run(action)
            case EditPullRequest() | ClosePullRequest():
                self._change(action)
            case _:
                raise AssertionError("no fix does that")
        return None

    def _run(self, action: DispatchWorkflow) -> None:
        if action not in self.runs:
            self._note(action)
            self.runs.append(action)

    def _branch(self, action: WriteBranch) -> None:
        if self.branches.get(action.branch) != action:
            self._note(action)
        self.branches[action.branch] = action

    def _pull(self, action: OpenPullRequest) -> int:
        known = self._of_branch(action)
        if known is not None:
            return known
        self._note(action)
        number = OURS + len(self.pulls)
        self.pulls[number] = Pull(action.branch, action.base, action.title, action.body)
        return number

    def _of_branch(self, action: OpenPullRequest | FindPullRequest) -> int | None:
        ours = (number for number, one in self.pulls.items() if (one.branch, one.base) == (action.branch, action.base))
        return next(ours, None)

    def _change(self, action: EditPullRequest | ClosePullRequest) -> None:
        pull = self.pulls[action.number]
        assert pull.branch == action.branch
        if pull.state != "open":
            return
        if isinstance(action, ClosePullRequest):
            self._note(action)
            pull.state = "closed"
            pull.comments.append(action.comment)
        elif pull.body != action.body:
            self._note(action)
            pull.body = action.body

    def _note(self, action: Action) -> None:
        self.deeds.append(type(action).__name__)

    # --- what people do

    def open_fixes(self) -> list[str]:
        return [pull.title for pull in self.pulls.values() if pull.state == "open"]
