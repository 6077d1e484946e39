"""What is next about a change that may not ship: wait, the cheapest attempt that may mend it, or people. Pure.

docs/remediation.md tells the order and the bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from program.bounds import MOST_HEADS, Bounds
from program.classify import Trouble
from program.remediation import (
    LONGEST,
    MOST_ATTEMPTS,
    MOST_TRIES,
    Attempted,
    Course,
    Failure,
    Remediation,
    Result,
    Step,
)

_WORST = (Failure.CONFLICT, Failure.CONTRACT, Failure.SBOM, Failure.FLAKY, Failure.INFRA)
ANEW = frozenset({Course.MENDED, Course.LAPSED})
"""What ended so begins anew by itself."""
_RERUNS = 2  # of one head that fails by chance: then the chance itself is to be mended


@dataclass(frozen=True, slots=True)
class Signs:
    """What one head shows. `rerunnable`: something failed that can be run again; `behind`: its base has moved on;
    `mendable`: a fix of its bill is known. `heads`: how many heads bots pushed of their own accord within a day, with
    no person among them, and `bots` which. `person`: who took it over by making the newest commit, "" for nobody.
    """

    head_sha: str
    troubles: tuple[Trouble, ...] = ()
    pending: bool = False
    agent: bool = True
    fork: bool = False
    rerunnable: bool = False
    behind: bool = False
    mendable: bool = False
    arms: bool = True  # the ladder has an arm
    heads: int = 0
    bots: tuple[str, ...] = ()
    person: str = ""
    coming: float = 0.0  # until when what is missing may still be measured, epoch seconds: `pending` so long

    @property
    def ships(self) -> bool:
        """Nothing stands in the way, and nothing is waited for."""
        return not self.troubles and not self.pending

    @property
    def failure(self) -> Failure:
        """What it is about, where there is trouble: of several the one that takes most to mend."""
        found = {one.failure for one in self.troubles}
        return next((one for one in (Failure.POLICY, *_WORST) if one in found), Failure.CONTRACT)

    @property
    def said(self) -> str:
        """All that stands in the way, in words."""
        return "; ".join(one.what for one in self.troubles)


@dataclass(frozen=True, slots=True)
class Try:
    """Begin an attempt."""

    step: Step
    failure: Failure


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing yet. `until`: when to look again at the latest, epoch seconds."""

    until: float


@dataclass(frozen=True, slots=True)
class Over:
    """It ends, on this course."""

    course: Course
    why: str


Todo = Try | Wait | Over


def begins(signs: Signs, before: Sequence[Remediation], bounds: Bounds) -> bool:
    """Does a remediation begin by itself? Not while anything is pending, nor where people have it in hand: what they
    stopped, took over or were handed begins again by their word alone. What nobody answered is asked of the next head.
    """
    if signs.pending or not signs.troubles or signs.person or not (signs.agent or bounds.everybody):
        return False
    last = before[-1] if before else None
    if last is None or last.course in ANEW:
        return True
    return last.course is Course.UNANSWERED and last.head_sha != signs.head_sha


def recent(before: Iterable[Remediation], now: float) -> tuple[Attempted, ...]:
    """The attempts of a pull request within the last day that count, whatever they belong to: the oldest first."""
    return tuple(one for each in before for one in each.attempts if one.counts and now - one.began < LONGEST)


def bounded(made: Remediation, before: Iterable[Remediation], bounds: Bounds) -> Remediation:
    """One that begins, with the bounds in force: `before` are those of its pull request."""
    left = min(bounds.attempts, MOST_ATTEMPTS) - len(recent(before, made.began))
    return replace(made, most=max(left, 0), seconds=min(bounds.seconds, LONGEST))


def next_step(signs: Signs, made: Remediation, lately: Sequence[Attempted], bounds: Bounds, now: float) -> Todo:
    """What is next, where no attempt is at work. `lately`: the attempts within the last day, those of `made` too."""
    deadline = made.began + min(bounds.seconds, LONGEST)
    if signs.ships:
        done = "the change may ship"
        return Over(Course.MENDED, done) if made.attempts else Over(Course.LAPSED, f"{done}, and nothing was tried")
    if made.course is Course.ASKING:
        return _asked(made, deadline, now)
    if signs.person and not (made.word and made.head_sha == signs.head_sha):  # who asked for it knew whose head it is
        return Over(Course.LEFT, f"`{signs.person}` pushed `{signs.head_sha[:7]}`")
    ends = _past_the_bounds(signs, made.began, deadline, now)
    if ends is not None:
        return ends
    return Wait(deadline) if signs.pending else _tried(signs, made, len(lately), bounds)


def unjudged(head_sha: str, made: Remediation, bounds: Bounds, now: float) -> Over | None:
    """Its end, where the time is up and its newest head was never judged; None while it may wait."""
    deadline = made.began + min(bounds.seconds, LONGEST)
    if now < deadline:
        return None
    if made.course is Course.ASKING:
        return Over(Course.UNANSWERED, f"nobody said within {_hours(deadline - made.began)} that it may begin")
    why = f"{_hours(deadline - made.began)} have passed, and `{head_sha[:7]}` could not be judged"
    return Over(Course.HANDED_OVER, why)


def free_at(lately: Sequence[Attempted], bounds: Bounds) -> float:
    """When another attempt may be made after those within the last day, the oldest first: epoch seconds; 0: now."""
    most = min(bounds.attempts, MOST_ATTEMPTS)
    return 0.0 if len(lately) < most else lately[-most].began + LONGEST


def _past_the_bounds(signs: Signs, began: float, deadline: float, now: float) -> Over | None:
    if signs.heads > MOST_HEADS:
        return Over(Course.HANDED_OVER, _ping_pong(signs))
    if now >= deadline:
        return Over(Course.HANDED_OVER, f"{_hours(deadline - began)} have passed: {signs.said or 'it waits still'}")
    return None


def _tried(signs: Signs, made: Remediation, lately: int, bounds: Bounds) -> Todo:
    if any(one.failure is Failure.POLICY for one in signs.troubles):
        return Over(Course.HANDED_OVER, f"nothing that we try could help: {signs.said}")
    most = min(bounds.attempts, MOST_ATTEMPTS)
    if lately >= most:
        return Over(Course.HANDED_OVER, f"{most} attempt{'s' if most > 1 else ''} within a day: {signs.said}")
    if len(made.attempts) >= MOST_TRIES:
        return Over(Course.HANDED_OVER, f"{len(made.attempts)} tries, and few that were carried out: {signs.said}")
    found = next(iter(_steps(signs, made.attempts, bounds)), None)
    return found or Over(Course.HANDED_OVER, f"{_nothing_left(signs, made.attempts, bounds)}: {signs.said}")


def _asked(made: Remediation, deadline: float, now: float) -> Todo:
    if now >= deadline:
        return Over(Course.UNANSWERED, f"nobody said within {_hours(deadline - made.began)} that it may begin")
    return Wait(deadline)


def _steps(signs: Signs, made: Sequence[Attempted], bounds: Bounds) -> Iterable[Try]:
    """What may be tried, the cheapest first."""
    found = {one.failure for one in signs.troubles}
    if Step.RERUN in bounds.steps and signs.rerunnable and _worth_a_rerun(signs, found, made):
        yield Try(Step.RERUN, next(one for one in reversed(_WORST) if one in found and one is not Failure.SBOM))
    tried = {one.step for one in made if one.result is not Result.UNSENT}
    if signs.fork:  # we cannot push there
        return
    if Step.UPDATE in bounds.steps and Failure.CONFLICT in found and signs.behind and Step.UPDATE not in tried:
        yield Try(Step.UPDATE, Failure.CONFLICT)
    if Step.FIX in bounds.steps and Failure.SBOM in found and signs.mendable and Step.FIX not in tried:
        yield Try(Step.FIX, Failure.SBOM)
    if Step.AGENT in bounds.steps and signs.arms and signs.agent and found - {Failure.INFRA}:
        yield Try(Step.AGENT, signs.failure)


def _worth_a_rerun(signs: Signs, found: set[Failure], made: Sequence[Attempted]) -> bool:
    """What broke off runs again each time; what failed by chance twice; any other failure once, for it may be chance,
    unless the agent has pushed since: then it is the agent's. What GitHub would not run again is not asked for anew.
    """
    reruns = [one for one in made if one.step is Step.RERUN]
    here = [one for one in reruns if one.head_sha == signs.head_sha]
    if any(one.result is Result.REFUSED for one in here):
        return False
    if Failure.INFRA in found:
        return True
    if Failure.FLAKY in found:
        return len(here) < _RERUNS
    return Failure.CONTRACT in found and not reruns and not any(one.step is Step.AGENT and one.counts for one in made)


def refusals(made: Iterable[Attempted]) -> str:
    """What GitHub would not have, each reason once, "" for nothing."""
    return "; ".join(dict.fromkeys(one.note for one in made if one.result is Result.REFUSED))


def _nothing_left(signs: Signs, made: Sequence[Attempted], bounds: Bounds) -> str:
    refused = refusals(made)
    if refused and all(one.result is Result.REFUSED for one in made[-1:]):
        return f"nothing else can be tried, and GitHub refused what was: {refused}"
    if signs.fork:
        return "nothing else can be tried on a fork, where nobody but its owner pushes"
    if not signs.agent:
        return "nothing else can be tried on a person's change without them"
    if Step.AGENT in bounds.steps and not signs.arms:
        return "the configuration has no arm of an agent to try"
    return "nothing that may be tried would help"


def _ping_pong(signs: Signs) -> str:
    who = ", ".join(f"`{bot}`" for bot in signs.bots)
    return f"ping-pong: {who or 'bots'} pushed {signs.heads} heads within a day, and no person any"


def _hours(seconds: float) -> str:
    hours = round(seconds / 3_600, 1)
    return f"{hours:g} hour{'s' if hours != 1 else ''}"


def settled(result: Result) -> bool:
    """Does the result tell how an arm does? What the runner, GitHub or somebody else spoiled does not."""
    return result in {Result.MENDED, Result.FAILED, Result.SILENT}
