"""The part of block `arms` that says how an arm is chosen: what tries, waits and people cost, and what none may do."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from checks.model import Strict
from program.remediation import MOST_ATTEMPTS
from program.terms import OTHER, Terms

Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,99}$")]
Glob = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Usd = Annotated[float, Field(ge=0, le=100_000)]


class TaskClass(Strict):
    """One kind of task, told by the paths that the change touches."""

    name: Word
    """What it is called. What fits no class is of the class `other`."""
    paths: tuple[Glob, ...] = Field(min_length=1, max_length=50, strict=False)
    """Globs, from the root: a change that touches one of them is of this class, unless an earlier class fits too."""


class Retry(Strict):
    """What every try after the first costs besides the arm: the minutes' price, CI and the reviewer are added up."""

    minutes: float = Field(default=10.0, ge=0, le=10_000)
    """Minutes that the change waits for a further try."""
    minute_usd: Usd = 0.01
    """What such a minute costs, in US dollars."""
    ci_usd: Usd = 0.0
    """What the runs of CI of a further try cost, in US dollars."""
    reviewer_usd: Usd = 0.0
    """What it costs that a reviewer is drawn to it once more, in US dollars."""

    @property
    def usd(self) -> float:
        """All of it."""
        return self.minutes * self.minute_usd + self.ci_usd + self.reviewer_usd


class Choosing(Strict):
    """On what terms an arm is chosen."""

    classes: tuple[TaskClass, ...] = Field(default=(), max_length=20, strict=False)
    """The kinds of task that are told apart: what an arm can do is learned for each. The first that fits counts."""
    floor: float = Field(default=0.85, ge=0, lt=1)
    """The least chance that the tries together mend a change. Where no order of the arms gives it, the one that
    comes nearest is taken, and the reply says so."""
    attempts: int = Field(default=MOST_ATTEMPTS, ge=1, le=MOST_ATTEMPTS)
    """How many tries one change is given."""
    retry: Retry = Field(default_factory=Retry)
    """What every try after the first costs besides the arm."""
    human_usd: Usd = 10.0
    """What it costs that a person takes over when every try has failed, in US dollars."""
    max_usd: Usd | None = None
    """The most that one try may cost, in US dollars, as it is declared or was measured, whichever is more."""
    budget_usd: Usd | None = None
    """The most that the tries of one pull request may cost together, in US dollars, even if all of them fail."""
    allow: tuple[Word, ...] = Field(default=(), max_length=20, strict=False)
    """Tags of which an arm must have one to be chosen; empty: any arm."""
    forbid: tuple[Word, ...] = Field(default=(), max_length=20, strict=False)
    """Tags with which an arm is not chosen. Whoever names it may have it try all the same."""
    repeat: float = Field(default=0.8, ge=0, le=1)
    """What a further try of the same arm at the same change is worth, as a share of the try before. 1: its tries do
    not depend on each other; 0: it never tries twice."""

    @model_validator(mode="after")
    def _classes_told_apart(self) -> Self:
        names = [one.name for one in self.classes]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise PydanticCustomError("arms", "two classes are called {name}", {"name": twice})
        if OTHER in names:
            raise PydanticCustomError(
                "arms", "the class {name} is what fits no other: give it no paths", {"name": OTHER}
            )
        return self

    def terms(self) -> Terms:
        """The same, as the program knows it."""
        return Terms(
            floor=self.floor,
            attempts=self.attempts,
            retry_usd=self.retry.usd,
            human_usd=self.human_usd,
            max_usd=self.max_usd,
            budget_usd=self.budget_usd,
            allow=self.allow,
            forbid=self.forbid,
            repeat=self.repeat,
        )
