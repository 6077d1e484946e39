"""One arm of an agent's ladder as the configuration writes it: how it is started, and in whose name."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.config.choosing import Word
from checks.model import Strict
from program.arms import EVENT, LABEL, NAME, Arm, By

Workflow = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}\.ya?ml$")]
Login = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,99})(?:\[bot\])?$")]
To = Annotated[str, StringConstraints(pattern=r"^[@A-Za-z0-9/][A-Za-z0-9 ._:@/+\[\]-]{0,49}$")]

_BEGINS = {"repository": EVENT, "label": LABEL}


class Rung(Strict):
    """One arm of the ladder."""

    name: str = Field(pattern=f"^{NAME}$", examples=["impl@small"])
    """What people call it: `/maestro retry impl@small`."""
    model: Word | None = None
    """The model that it runs, handed to the workflow as the input `model`."""
    cost_usd: float | None = Field(default=None, ge=0, le=100_000)
    """What one try costs, in US dollars, as you declare it; what was reported of its tries is weighed against it.
    An arm of which nothing is known counts as the dearest that is."""
    tags: tuple[Word, ...] = Field(default=(), max_length=10, strict=False)
    """Words of your own, for people, and for `arms.allow` and `arms.forbid`."""
    workflow: Workflow | None = None
    """The workflow that runs it, where it is another one than `arms.workflow`."""
    by: By = "workflow"
    """How it is started: `workflow` dispatches a workflow; `repository` sends an event to whatever listens for it;
    `mention` calls an agent in a comment; `label` puts a label on; `assign` opens an issue that is assigned to it."""
    to: To | None = Field(default=None, examples=["@claude", "maestro.agent.codex", "fix-me"])
    """The type of the event (`maestro.agent`), the words that call the agent, the label (`fix-me`), or its login."""
    behalf: Login | None = None
    """The login of the person in whose name `assign` asks. They must have signed in on the Decision Center."""

    @model_validator(mode="after")
    def _startable(self) -> Self:
        wrong = (
            (self.by != "workflow" and self.workflow is not None, "`workflow` is of arms by `workflow` alone"),
            (
                self.by == "workflow" and self.to is not None,
                "an arm by `workflow` goes to that: leave out `to`",
            ),
            (self.by in {"mention", "assign"} and self.to is None, "name in `to` whom it is for"),
            (self.by == "mention" and "@" not in (self.to or "@"), "the words that call an agent hold an @"),
            (
                self.by == "mention" and (self.to or "").lstrip().casefold().startswith("/maestro"),
                "what begins with /maestro is a command of ours, and calls no agent",
            ),
            (self.by == "repository" and " " in (self.to or ""), "the type of an event has no blanks"),
            (self.by == "assign" and self.behalf is None, "name in `behalf` the person in whose name it asks"),
            (self.by != "assign" and self.behalf is not None, "`behalf` is of arms by `assign` alone"),
        )
        why = next((why for holds, why in wrong if holds), "")
        if why:
            raise PydanticCustomError("arms", "the arm {name}: {why}", {"name": self.name, "why": why})
        return self

    @property
    def needs_workflow(self) -> bool:
        """Is it started by a workflow, and names none of its own?"""
        return self.by == "workflow" and self.workflow is None

    def as_arm(self, workflow: str | None) -> Arm:
        """The same, as the program knows it; `workflow`: of those that name none."""
        file = (self.workflow or workflow or "") if self.by == "workflow" else ""
        to = self.to or _BEGINS.get(self.by, "")
        return Arm(self.name, file, self.model or "", self.cost_usd, self.tags, self.by, to, self.behalf or "")
