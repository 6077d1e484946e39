"""The block `experiment` of a repository's configuration: what is a canary, how it is judged, what follows."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from checks.experiment.config import GateConfig
from checks.experiment.watched import SPECLIVE, Queries, SourceName, Watched, guarded
from checks.model import CheckConfig, Strict

Environment = Annotated[str, Field(min_length=1, max_length=255)]
Workflow = Annotated[str, Field(pattern=r"^([A-Za-z0-9_.-]+\.ya?ml)?$", max_length=200)]


class Promote(Strict):
    """What follows a promotion, besides the deployment's status `success`."""

    workflow: Workflow = ""
    """The workflow file that is run, by its name: `promote.yml`. Empty: none."""

    environment: Annotated[str, Field(max_length=255)] = ""
    """The environment that a deployment of the same commit is asked for. Empty: none."""


class Rollback(Strict):
    """What follows a rollback, besides the deployment's status `failure`."""

    workflow: Workflow = ""
    """The workflow file that is run, by its name: `rollback.yml`. Empty: none."""

    revert: bool = True
    """Where the change is merged, open a pull request that takes it back. Nothing changes until somebody merges it."""


class Config(CheckConfig):
    """Which deployments are canaries, and on what evidence one is promoted or taken back."""

    environments: Annotated[tuple[Environment, ...], Field(strict=False, max_length=20)] = ()
    """Environments whose deployments are canaries; upper and lower case are one."""

    gate: GateConfig | None = None
    """How a canary is judged; it needs at least the control's usual share of errors, `baseline`."""

    source: SourceName | Literal[""] = ""
    """The source that figures are read from, by the name that the operator gave it; `speclive`: what Spec Cards saw.
    Empty: somebody sends ticks."""

    queries: Queries = Field(default_factory=dict)
    """What is asked of the source: for each metric, by its name, the counters of either side. Without any,
    `speclive` is asked how many clauses were violated."""

    promote: Promote = Promote()
    """What follows a promotion."""

    rollback: Rollback = Rollback()
    """What follows a rollback."""

    kill_switch: bool = False
    """`true` ends every experiment without an answer, and none begins; nothing is promoted."""

    @model_validator(mode="after")
    def _a_canary_has_a_gate(self) -> Self:
        if self.environments and self.gate is None:
            raise ValueError("environments are named and no gate: set at least `gate: {baseline: 0.01}`")
        return self

    @model_validator(mode="after")
    def _a_source_is_asked_something(self) -> Self:
        if bool(self.source) != bool(self.queries) and self.source != SPECLIVE:
            raise ValueError("source and queries belong together: one says whom to ask, the other what")
        if self.source and self.gate is None:
            raise ValueError("a source is named and no gate: set at least `gate: {baseline: 0.01}`")
        assert self.watched or not self.source  # it refuses queries that are not of the metrics
        return self

    @property
    def judged_by(self) -> GateConfig:
        """The gate. Only for rules that name a canary: those have one."""
        assert self.gate is not None, "see `_a_canary_has_a_gate`"
        return self.watched or self.gate

    @cached_property
    def watched(self) -> Watched | None:
        """The gate with what feeds it; None where ticks are sent."""
        if self.gate is None or not self.source:
            return None
        said = dict(self.gate) | {"source": self.source, "queries": self.queries}
        if self.source == SPECLIVE and not self.queries:  # clauses are not split as requests are
            said |= {"queries": guarded(self.gate.designs), "expected_share": None}
        return Watched(**said)

    def canary(self, environment: str) -> bool:
        """Whether a deployment there is a canary."""
        return environment.casefold() in {name.casefold() for name in self.environments}
