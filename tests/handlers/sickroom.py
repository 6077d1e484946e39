"""GitHub, an agent and our memory of what was tried, as small as they go: the loop can be killed at each step."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from app.model import (
    Action,
    AddLabel,
    Cause,
    Dispatched,
    Done,
    Failed,
    FailedRun,
    Fix,
    Kind,
    Later,
    MakeDraft,
    Opened,
    Outcome,
    Performed,
    Place,
    Proposal,
    Pushed,
    RerunFailed,
    RunOf,
    Sent,
    Stop,
    Stopped,
    Task,
    Tell,
    Trigger,
    Unsent,
    UpdateBranch,
)
from app.render.remedial import RemedialRenderer
from checks.contract import Config
from checks.decide import Policy
from checks.judge import Case
from checks.model import ChangeFacts, Document, Measurement, Missing, Pull, Snapshot, TestFacts, TestRun
from handlers.attempting import Attempting
from handlers.commands.asked import Answer, Asked, Declined
from handlers.fallback import FallingBack
from handlers.remediation import Remediations
from handlers.signs import Looking
from program.arms import Arm, Ladder
from program.bounds import Bounds
from program.chain import Choice
from program.next_try import AT_WORK, Past, next_try
from program.remediation import Attempted, Remediation
from tests.handlers.hub import Killed

NOW = 1_800_000_000.0
HEADS = [f"{n:x}" * 40 for n in range(1, 16)]
PLACE = Place("octo/shop", 1, 7)
PULL = Pull("octo/shop", 7, "Pay", "robo[bot]", HEADS[0], "agent/pay", "b" * 40, "main", merge_base_sha="b" * 40)
LADDER = Ladder((Arm("impl@small", "agent.yml", cost_usd=0.08), Arm("impl@large", "agent.yml", cost_usd=0.8)))
TESTED = Policy({"contract": Config.model_validate({"post": {"tests": "pass"}})}, agent="label `agent`")
FAST = Policy({"contract": Config.model_validate({"post": {"perf_p95_ms": {"lt": 250}}})}, agent="label `agent`")
_NEAR = {"post": {"tests": "pass", "perf_p95_ms": {"lt_base_pct": 5}}}
NEAR = Policy({"contract": Config.model_validate(_NEAR)}, agent="label `agent`")
BY_ROBO = Pushed(HEADS[0], ("b" * 40,), "Pay", "robo[bot]", bot=True)


@dataclass
class Room:
    """Pull request 7. `kill_at`: the step at which the process ends; 0: never. `refused`: kinds of deeds that GitHub
    will not have. `seen`: when each head was judged. `others`: arms that others sent. `spent`: what the pull request
    has cost.
    """

    opened: Opened | None = field(default_factory=lambda: Opened(PLACE, PULL, TESTED, ladder=LADDER, bounds=Bounds()))
    case: Case | None = None
    now: float = NOW
    merges: bool | None = True
    proposal: Proposal | None = None
    runs: dict[int, RunOf] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=lambda: {"unit": NOW - 30})
    failed: Failed = field(default_factory=Failed)
    before: frozenset[tuple[str, str]] = frozenset()
    commits: list[Pushed] = field(default_factory=lambda: [BY_ROBO])
    seen: list[tuple[str, float]] = field(default_factory=lambda: [(HEADS[0], NOW)])
    fixes: list[Fix] = field(default_factory=list)
    rows: list[Remediation] = field(default_factory=list)
    deeds: list[Action] = field(default_factory=list)
    sent: dict[str, Task] = field(default_factory=dict)
    unsent: Unsent | None = None
    refused: tuple[type, ...] = ()
    others: list[Dispatched] = field(default_factory=list)
    spent: float = 0.0
    told: dict[str, str] = field(default_factory=dict)
    rolled: list[Asked] = field(default_factory=list)
    kill_at: int = 0
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.kill_at:
            raise Killed

    # --- what there is -------------------------------------------------------------------------------------------

    def shows(self, *runs: tuple[str, str], policy: Policy = TESTED, p95: float | None = None, **more: Any) -> None:
        """The head was judged, with these checks by name and conclusion; "" has not ended."""
        assert self.opened is not None
        told = (TestRun(name, "completed" if end else "in_progress", end) for name, end in runs)
        measured = () if p95 is None else (Measurement("perf_p95_ms", p95, "ms", source="api"),)
        facts: dict[str, Any] = {"measurements": measured, "contracts": (), **more}
        snapshot = Snapshot(self.opened.pull, tests=TestFacts(tuple(told)), **facts)
        self.case = Case(snapshot, policy, None, "test")
        self.opened = replace(self.opened, policy=policy)

    def fails(self) -> None:
        """A check fails that is a job of workflow run 5."""
        self.shows(("unit", "failure"))
        self.failed = Failed((FailedRun(5, 1, "failure", "ci.yml"),))
        self.runs[5] = RunOf(5, 1, True, "failure", NOW - 60, NOW - 30)

    def pushed(self, who: str = "robo[bot]", trace: str = "", parents: tuple[str, ...] = (), bot: bool = True) -> str:
        """Another head, by `who`."""
        assert self.opened is not None
        head, old = HEADS[len(self.seen)], self.opened.pull.head_sha
        message = f"Mend it\n\nMaestro-Trace: {trace}\n" if trace else "Mend it"
        self.commits.append(Pushed(head, parents or (old,), message, who, bot))
        self.opened = replace(self.opened, pull=replace(self.opened.pull, head_sha=head))
        self.seen.insert(0, (head, self.now))
        self.failed = Failed()
        return head

    # --- what is asked -------------------------------------------------------------------------------------------

    async def run(self, reason: str = "evaluated") -> Done | Later:
        return await self.loop()(Trigger(Kind.REMEDIATE, "octo/shop", 1, 7, reason=reason))

    async def survive(self, times: int = 3) -> None:
        """Run, and again by the next process wherever it was killed."""
        for _ in range(times):
            with suppress(Killed):
                await self.run()

    @property
    def last(self) -> Remediation:
        return self.rows[-1]

    @property
    def made(self) -> list[tuple[str, str]]:
        """Each attempt of the newest: its step and result."""
        return [(one.step.value, one.result.value) for one in self.last.attempts]

    def did(self, kind: type) -> int:
        return sum(isinstance(one, kind) for one in self.deeds)

    def loop(self) -> Remediations:
        texts = RemedialRenderer()
        fixes: Any = _Fixes(self)
        looking = Looking(self, _Proposals(self), fixes, _Failures(self), _Heard(self), self, lambda: self.now)
        traces = iter(f"{n:032x}" for n in range(100 * (1 + self.steps), 10_000_000))
        attempting = Attempting(self, _Arms(self), _Failures(self), _Send(self), texts, self, lambda: next(traces))
        reverting: Any = _NothingLanded()
        falling_back = FallingBack(self, texts, self.back, reverting)
        return Remediations(self, _Kept(self), _Proposals(self), looking, attempting, falling_back, lambda: self.now)

    # --- the ports -----------------------------------------------------------------------------------------------

    async def open(self, trigger: Trigger) -> Opened | None:
        return self.opened if self.opened and self.opened.pull.open else None

    async def merged(self, trigger: Trigger) -> Opened | None:
        return self.opened

    async def closed(self, trigger: Trigger) -> Opened | None:
        return None

    async def newest(self, repository: str, number: int) -> Case | None:
        return self.case

    async def judged(self, repository: str, number: int) -> Case | None:
        return self.case

    async def judged_since(self, repository: str, number: int, since: float) -> list[tuple[str, float]]:
        return [(sha, at) for sha, at in self.seen if at > since]

    async def of_trace(self, trace: str) -> float | None:
        return 0.07 if trace in {one.trace for one in self.sent.values()} else None

    async def back(self, asked: Asked) -> Answer | Declined:
        self.step()
        self.rolled.append(asked)
        return Answer(said="rolled back")

    async def send(self, place: Place, pull: Pull, arm: Arm, task: Task, cause: Cause) -> Sent | Unsent:
        """Once for each key, as the real one."""
        self.step()
        if self.unsent is not None:
            return self.unsent
        if task.key not in self.sent and task.head_sha != pull.head_sha:
            return Unsent("the head has moved on", moved=True)
        known = self.sent.setdefault(task.key, task)
        assert known.trace == task.trace, "a key has one task for good"
        self.step()
        return Sent(900 + task.attempt, f"`{arm.name}` tries, run {900 + task.attempt}")

    def turn(self, place: Place, head_sha: str) -> AbstractAsyncContextManager[object]:
        return nullcontext()

    async def perform(self, place: Place, actions: Sequence[Action], cause: Cause) -> tuple[Outcome, ...]:
        outcomes: list[Outcome] = []
        for action in actions:
            self.step()
            outcomes.append(self._performed(action))
            self.step()
        return tuple(outcomes)

    def _performed(self, action: Action) -> Outcome:
        assert self.opened is not None
        if isinstance(action, self.refused):
            return Stopped(action, Stop.REFUSED, "no")
        head = getattr(action, "head_sha", "")
        if action in self.deeds:
            return Performed(action)
        if head and head != self.opened.pull.head_sha:
            return Stopped(action, Stop.HEAD_MOVED)
        if isinstance(action, Tell):
            self.told.setdefault(action.about, action.body)
        if isinstance(action, RerunFailed):
            found = self.runs[action.run]
            self.runs[action.run] = replace(found, attempt=action.attempt + 1, ended=False, started=self.now)
        assert isinstance(action, RerunFailed | UpdateBranch | MakeDraft | AddLabel | Tell), action
        self.deeds.append(action)
        return Performed(action)


@dataclass
class _Proposals:
    room: Room

    async def of(self, place: Place, number: int) -> Proposal | None:
        return self.room.proposal

    async def merging(self, place: Place, number: int) -> Proposal | None:
        assert self.room.opened is not None
        return Proposal(True, False, self.room.opened.pull.head_sha, self.room.merges)

    async def from_branch(self, place: Place, branch: str) -> list[int]:
        return []

    async def documents(self, place: Place, paths: Sequence[str], sha: str) -> tuple[Document, ...]:
        return ()


@dataclass
class _Heard:
    room: Room

    async def of(self, place: Place, number: int, head_sha: str) -> list[Pushed]:
        return self.room.commits

    async def passed(self, place: Place, sha: str) -> frozenset[tuple[str, str]]:
        return self.room.before

    async def ended(self, place: Place, sha: str) -> dict[str, float]:
        return self.room.ended

    async def run(self, place: Place, run: int) -> RunOf | None:
        return self.room.runs.get(run)


@dataclass
class _Fixes:
    room: Room

    async def of_pull(self, repository: str, number: int) -> list[Fix]:
        return self.room.fixes


@dataclass
class _Kept:
    """The table of remediations, as `app.store.remediations` keeps it."""

    room: Room

    async def begin(self, begun: Remediation, cause: Cause | None = None) -> Remediation:
        self.room.step()
        going = await self.open(begun.repository, begun.number)
        if going is None:
            going = replace(begun, id=len(self.room.rows) + 1)
            self.room.rows.append(going)
        self.room.step()
        return going

    async def keep(self, changed: Remediation, cause: Cause | None = None) -> Remediation:
        self.room.step()
        at = next(n for n, one in enumerate(self.room.rows) if one.id == changed.id)
        if not self.room.rows[at].course.over:
            self.room.rows[at] = changed
        self.room.step()
        return self.room.rows[at]

    async def moved(self, repository: str, repository_id: int, number: int) -> bool:
        return False

    async def open(self, repository: str, number: int) -> Remediation | None:
        return next((one for one in self.room.rows if not one.course.over), None)

    async def of_pull(self, repository: str, number: int) -> list[Remediation]:
        return list(self.room.rows)

    async def going_on(self) -> list[Remediation]:
        return [one for one in self.room.rows if not one.course.over]

    async def ended_attempts(self, repository: str) -> list[Attempted]:
        return [one for each in self.room.rows for one in each.attempts if one.ended is not None]


@dataclass
class _Arms:
    """The arm that tries next, of what the room knows."""

    room: Room

    async def next(self, opened: Opened, facts: ChangeFacts | Missing | None, at: float) -> Choice | str:
        kept, ladder = _Kept(self.room), opened.ladder or LADDER
        past = Past(await kept.of_pull("", 0), ended=await kept.ended_attempts(""), spent_usd=self.room.spent)
        return next_try(ladder, opened.bounds, past, "octo/shop#1", ["a.py"], at)


@dataclass
class _Send:
    room: Room

    async def __call__(self, place: Place, pull: Pull, arm: Arm, task: Task, cause: Cause) -> Sent | Unsent:
        return await self.room.send(place, pull, arm, task, cause)

    async def at_work(self, pull: Pull, head_sha: str, at: float, over: Collection[str] = ()) -> Dispatched | None:
        sent = [one for one in self.room.others if one.head_sha == head_sha and at - one.at < AT_WORK]
        return sent[-1] if sent else None


@dataclass
class _Failures:
    room: Room

    async def of(self, place: Place, pull: Pull, since: float) -> Failed:
        return self.room.failed

    async def stated(self, place: Place, pull: Pull) -> Sequence[str]:
        return ()


class _NothingLanded:
    async def landed(self, place: Place, canary: object) -> None:
        return None
