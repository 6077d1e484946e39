"""What commands may have run: an agent's ladder, heavier tests, and what takes a change back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.config.choosing import Choosing
from app.config.rung import Rung, Workflow
from checks.model import Strict
from program.arms import LABEL, Ladder

Environment = Annotated[str, StringConstraints(min_length=1, max_length=255)]
InputName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,99}$")]
InputValue = Annotated[str, StringConstraints(max_length=1000)]

_COMMIT = re.compile(r"[0-9A-Fa-f]{7,64}")
OWN_INPUTS = frozenset({"maestro_id"})  # that every dispatch of ours carries


class Arms(Choosing):
    """The ladder of arms that an agent's pull request is tried again with, and how one of them is chosen."""

    workflow: Workflow | None = None
    """File name of the workflow that runs an arm. It is dispatched on the base branch, which must have it."""
    ladder: tuple[Rung, ...] = Field(min_length=1, max_length=20, strict=False)
    """The arms, from the smallest to the largest."""

    @model_validator(mode="after")
    def _named_once_and_run(self) -> Self:
        names = [rung.name.casefold() for rung in self.ladder]
        twice = next((rung.name for rung in self.ladder if names.count(rung.name.casefold()) > 1), None)
        if twice is not None:
            why = "two arms are called {name}: commands take upper and lower case for one"
            raise PydanticCustomError("arms", why, {"name": twice})
        idle = next((rung.name for rung in self.ladder if rung.needs_workflow and not self.workflow), None)
        if idle is not None:
            raise PydanticCustomError("arms", "no workflow runs {name}: name one in `arms.workflow`", {"name": idle})
        return self

    @model_validator(mode="after")
    def _some_arm_may_try(self) -> Self:
        unknown = next((rung.name for rung in self.ladder if rung.cost_usd is None), None)
        if unknown is not None and (self.max_usd is not None or self.budget_usd is not None):
            limit = "max_usd" if self.max_usd is not None else "budget_usd"
            why = "`arms.{limit}` is a limit of cost: declare `cost_usd` of {name}"
            raise PydanticCustomError("arms", why, {"limit": limit, "name": unknown})
        if not any(self._may_try(rung) for rung in self.ladder):
            raise PydanticCustomError("arms", "no arm may try: `allow`, `forbid` and the limits of cost leave none")
        return self

    def warns(self, label: str | None) -> Iterator[str]:
        """What somebody who writes this should know of it, though it is valid. `label`: that of the fallback."""
        for rung in self.ladder:
            if _COMMIT.fullmatch(rung.name):
                yield f"{rung.name} reads like a commit, so no command can name it"
            if not self._may_try(rung):
                yield f"{rung.name} is never chosen: `allow`, `forbid` and the limits of cost leave it out"
            if label is not None and rung.by == "label" and (rung.to or LABEL).casefold() == label.casefold():
                yield f"{rung.name} is started by the label {label}, which `remediation` puts on what is for people"

    def _may_try(self, rung: Rung) -> bool:
        most = min((usd for usd in (self.max_usd, self.budget_usd) if usd is not None), default=None)
        tagged = not self.allow or not set(self.allow).isdisjoint(rung.tags)
        return tagged and set(self.forbid).isdisjoint(rung.tags) and (most is None or (rung.cost_usd or 0.0) <= most)

    def as_ladder(self) -> Ladder:
        """The same, as the program knows it."""
        classes = tuple((one.name, one.paths) for one in self.classes)
        return Ladder(tuple(rung.as_arm(self.workflow) for rung in self.ladder), self.terms(), classes)


class Escalate(Strict):
    """The heavier tests that `/maestro escalate` has run on the head."""

    workflow: Workflow
    """File name of their workflow. It is dispatched on the head branch, and must be on the default branch too."""
    inputs: dict[InputName, InputValue] = Field(default_factory=dict, max_length=10)
    """The inputs that it is dispatched with, such as `mode: high`."""

    @model_validator(mode="after")
    def _own_inputs_are_ours(self) -> Self:
        taken = next((name for name in self.inputs if name in OWN_INPUTS), None)
        if taken is not None:
            raise PydanticCustomError("escalate", "the input {name} is ours to set", {"name": taken})
        return self


class Rollback(Strict):
    """What `/maestro rollback` does, besides ending the canary."""

    environments: tuple[Environment, ...] = Field(default=(), max_length=20, strict=False)
    """Where the change is taken back; upper and lower case are one. Empty: wherever GitHub has a deployment of it."""
    workflow: Workflow | None = None
    """File name of the workflow that puts back what served before. It is dispatched on the base branch, once for each
    environment, with the inputs `environment` and `sha`."""
    revert: bool = True
    """Where the change is merged, open a pull request that takes it back. Nothing changes until somebody merges it."""
