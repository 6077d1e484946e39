"""The words of remediation: what failed, what may mend it, and what came of each attempt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Failure(StrEnum):
    """Why a change may not ship, as far as it tells what could mend it."""

    FLAKY = "flaky"  # the same commit passed before, or passes when it runs again
    INFRA = "infra"  # what ran it failed, not the change
    CONTRACT = "contract"  # measured, and not as promised
    SBOM = "sbom"  # what the change brings in
    POLICY = "policy"  # a rule of the repository that only a person can weigh
    CONFLICT = "conflict"  # it does not merge with its base any more


class Step(StrEnum):
    """What an attempt does, the cheapest first."""

    RERUN = "rerun"  # what failed runs again
    UPDATE = "update"  # the base is merged into the branch
    FIX = "fix"  # the package is moved, by a pull request onto the branch
    AGENT = "agent"  # an arm of the ladder tries again


class Result(StrEnum):
    """What came of an attempt."""

    OPEN = "open"  # it is at work, or its outcome is not measured yet
    MENDED = "mended"  # what had failed holds
    FAILED = "failed"  # it was measured, and fails still
    INFRA = "infra"  # what ran it failed: this says nothing of an arm
    SILENT = "silent"  # nothing came of it in time
    REFUSED = "refused"  # GitHub would not have it
    UNSENT = "unsent"  # it was never carried out: the head moved first, or another arm was at work there
    OVERTAKEN = "overtaken"  # somebody else changed the head first, or ended it
    NEEDLESS = "needless"  # what had failed holds without it
    UNTOLD = "untold"  # what it did cannot be measured, which no change can mend: this says nothing of an arm


class Course(StrEnum):
    """How a remediation stands."""

    ASKING = "asking"  # it waits for the word of a maintainer
    WORKING = "working"  # an attempt is at work, or the next one is about to be
    MENDED = "mended"  # the change may ship
    LAPSED = "lapsed"  # it was closed, no rule asked for it, or nothing had failed: what comes back begins anew
    UNANSWERED = "unanswered"  # nobody gave the word that it waited for: another head asks again
    LEFT = "left"  # a person took over
    STOPPED = "stopped"  # a person said stop
    HANDED_OVER = "handed_over"  # nothing was left to try: it was brought to where it does no harm, and people know

    @property
    def over(self) -> bool:
        """Nothing more comes of it by itself."""
        return self not in {Course.ASKING, Course.WORKING}


_NEVER_WERE = frozenset({Result.REFUSED, Result.UNSENT})

MOST_ATTEMPTS = 3
MOST_TRIES = 2 * MOST_ATTEMPTS
"""Of one remediation, what GitHub refused and what was never carried out among them."""
LONGEST = 86_400.0  # seconds


@dataclass(frozen=True, slots=True)
class Attempted:
    """One attempt. Moments are epoch seconds. `n` counts from 1; `trace` names it to whoever carries it out.

    `head_sha`: the head that it is to mend. `usd`: what was reported that it cost, None where nobody did; `expected`:
    what was expected of an arm, in our own words, "" for what is no arm. `note`: what came of it, in our own words.
    """

    n: int
    step: Step
    failure: Failure
    head_sha: str
    trace: str
    began: float
    arm: str = ""
    task_class: str = ""
    expected: str = ""
    run: int | None = None
    result: Result = Result.OPEN
    ended: float | None = None
    usd: float | None = None
    note: str = ""

    @property
    def counts(self) -> bool:
        """Is it one of the attempts that a pull request may have within a day? What never was is none."""
        return self.result not in _NEVER_WERE


@dataclass(frozen=True, slots=True)
class Remediation:
    """What was done about one failing pull request, from its first failure to its end.

    `who` began it: ourselves, or a login. `word`: the maintainer who let it work on a fork's change, "" for nobody.
    `why`: how it came to stand so, in our own words, in which `code` may stand. `most` and `seconds`: how many attempts
    were left of the day when it began, and how long it may take, by the rules of then. `repository_id`: GitHub's, which
    no other repository ever bears; 0: not told.
    """

    id: int
    repository: str
    number: int
    head_sha: str
    began: float
    failure: Failure
    who: str
    course: Course = Course.WORKING
    why: str = ""
    word: str = ""
    ended: float | None = None
    attempts: tuple[Attempted, ...] = ()
    most: int = MOST_ATTEMPTS
    seconds: float = LONGEST
    repository_id: int = 0

    @property
    def working(self) -> Attempted | None:
        """The attempt whose outcome is not known yet."""
        return next((one for one in self.attempts if one.result is Result.OPEN), None)
