"""The block `remediation`: what is done by itself about a change that may not ship."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from checks.model import Strict
from program.bounds import Bounds, Fallback
from program.remediation import MOST_ATTEMPTS, Step


class RemediationMode(StrEnum):
    """Who begins."""

    AUTO = "auto"
    ASK = "ask"
    OFF = "off"


class Remediation(Strict):
    """What is tried about a pull request that may not ship, and what follows where nothing helps."""

    mode: RemediationMode = Field(default=RemediationMode.AUTO, strict=False)
    """`auto` begins by itself, `ask` waits for `/maestro remediate`, `off` does nothing. A fork's pull request always
    waits, for the word of somebody who may maintain the repository."""
    whose: Literal["agents", "all"] = Field(default="agents", alias="for")
    """Whose pull requests it is about: those of agents, as the block `agents` has it, or everybody's. An agent is never
    sent onto a person's change. Of `agents.labels`, mind that whoever may label a pull request makes it an agent's."""
    attempts: int = Field(default=MOST_ATTEMPTS, ge=1, le=MOST_ATTEMPTS)
    """How often something is tried within a day on one pull request, whatever it is."""
    hours: float = Field(default=24, gt=0, le=24)
    """How long it may take from the first failure, in hours."""
    patience: float = Field(default=60, ge=1, le=1440)
    """How long one attempt may take, in minutes."""
    rerun: bool = True
    """Whether what failed is run again."""
    update: bool = True
    """Whether the base branch is merged into the head branch, where the two do not merge."""
    fix: bool = True
    """Whether fixes of packages are proposed onto the head branch."""
    agent: bool = True
    """Whether an arm of the ladder in `arms` is sent."""
    fallback: Fallback = Field(default=Fallback.DRAFT, strict=False)
    """What follows where nothing helps: `draft` makes the pull request a draft with a label and a comment; `revert`
    also proposes to take back what was merged meanwhile; `rollback` also takes back what serves already, as
    `/maestro rollback` does; `none` only tells."""
    label: str = Field(default="needs-human", pattern=r"^[^\s,][^,\r\n]{0,49}$")
    """The label that a pull request has which people must look at."""

    def as_bounds(self) -> Bounds | None:
        """The same, as the program knows it; None where it is off."""
        if self.mode is RemediationMode.OFF:
            return None
        wanted = {Step.RERUN: self.rerun, Step.UPDATE: self.update, Step.FIX: self.fix, Step.AGENT: self.agent}
        return Bounds(
            attempts=self.attempts,
            seconds=self.hours * 3_600,
            patience=self.patience * 60,
            steps=frozenset(step for step, on in wanted.items() if on),
            asks=self.mode is RemediationMode.ASK,
            everybody=self.whose == "all",
            fallback=self.fallback,
            label=self.label,
        )
