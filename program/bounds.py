"""What a repository lets be done by itself about a change that may not ship, and how far that may go."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from program.remediation import LONGEST, MOST_ATTEMPTS, Step


class Fallback(StrEnum):
    """What is done where nothing is left to try."""

    DRAFT = "draft"  # the pull request is a draft again, has the label, and a comment that says why
    REVERT = "revert"  # one that is merged is taken back by a pull request; an open one is made a draft
    ROLLBACK = "rollback"  # what serves is rolled back, as `/maestro rollback` does; the pull request is made a draft
    NONE = "none"  # people are told


PATIENCE = 3_600.0  # seconds that an attempt may take
MOST_HEADS = 6  # that bots may push within a day, with no person among them and none of it asked for by us


@dataclass(frozen=True, slots=True)
class Bounds:
    """The rules of one base branch. `seconds`: from the beginning of a remediation to its fallback at the latest.

    `asks`: a person must say that it may begin. `everybody`: not of agents' pull requests alone.
    """

    attempts: int = MOST_ATTEMPTS
    seconds: float = LONGEST
    patience: float = PATIENCE
    steps: frozenset[Step] = frozenset(Step)
    asks: bool = False
    everybody: bool = False
    fallback: Fallback = Fallback.DRAFT
    label: str = "needs-human"
