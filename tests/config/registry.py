"""A registry of two small checks: every shape of key that a check's own block may have."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from checks.model import Check, CheckConfig, CheckResult, Measured, Snapshot, State, Strict


class Severity(StrEnum):
    LOW = "low"
    HIGH = "high"


class Licenses(Strict):
    """Which licences may arrive."""

    deny: tuple[str, ...] = ()
    """Licences that block."""


class Bill(CheckConfig):
    """What the software is made of."""

    paths: tuple[str, ...] = ("sbom/*.json",)
    """Where the bills are."""
    severity: Severity = Severity.HIGH
    """The lowest severity that blocks."""
    licenses: Licenses = Licenses()
    """Licence rules."""


class Limit(Strict):
    """Bounds of one measurement."""

    lt: float | None = None
    """Below this."""
    between: tuple[float, float] | None = None
    """Within these two."""

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.between and self.between[0] > self.between[1]:
            raise ValueError("`between` must ascend")
        return self


class Promise(CheckConfig):
    """What a change must be measured to do."""

    post: dict[str, Literal["pass"] | float | Limit] = Field(default_factory=dict)
    """One bound a measurement."""
    retries: int = Field(default=1, ge=0, le=5)
    """How often to ask again."""
    patience: int = Field(default=0, ge=0)
    """How many of those in a row may fail."""

    @model_validator(mode="after")
    def _within_retries(self) -> Self:
        if self.patience > self.retries:
            raise ValueError("`patience` must not be above `retries`")
        return self


def _evaluate(snapshot: Snapshot, config: Any, measured: Measured) -> CheckResult:
    return CheckResult("", State.PASS, "")


CHECKS = (
    Check("sbom", Bill, frozenset(), _evaluate),
    Check("contract", Promise, frozenset(), _evaluate),
)
