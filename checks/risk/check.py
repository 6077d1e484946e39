"""The risk check: is this change so large and so spread that it should not ship as one piece?"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from checks.assessed import Risk
from checks.model import (
    ChangeFacts,
    Check,
    CheckConfig,
    CheckResult,
    Measure,
    Measured,
    Missing,
    Need,
    Snapshot,
    State,
)
from checks.risk.change import Change, ChangeError, change_of
from checks.risk.hot import hot_files
from checks.risk.model import Model, score, shipped

NAME = "risk"
HOT_SHOWN = 10  # hot files listed by name; the count says how many there are

Share = Annotated[float, Field(ge=0, le=1)]


class Config(CheckConfig):
    """How much risk one change may carry."""

    limit: Share = 0.65
    """The highest score that may ship; 0.65 is the 95th percentile of the changes the model was fitted on."""
    warn_at: Share | None = None
    """A score above this is remarked on and still ships; not above `limit`."""
    hot: tuple[Annotated[str, Field(min_length=1)], ...] = Field(default=(), strict=False)
    """Globs, from the root, of paths risky at any size: `*` within one name, `**` over directories."""
    hot_raise: Share = 0.15
    """Added once to the score when the change touches a hot path; the sum ends at 1."""
    model: Model | None = None
    """A model fitted on a history of your own, as `maestro risk fit` prints it; else the shipped one."""

    @model_validator(mode="after")
    def _warn_before_limit(self) -> Self:
        if self.warn_at is not None and self.warn_at > self.limit:
            raise ValueError(f"warn_at ({self.warn_at:g}) must not be above limit ({self.limit:g})")
        return self


def assess(facts: ChangeFacts, config: Config) -> Risk:
    """The risk of the change under the repository's settings: its model, raised where a hot path is touched.

    Raises ChangeError where `facts` hold numbers that no change can have.
    """
    risk = score(change_of(facts), config.model)
    touched = hot_files(facts.files, config.hot)
    if not touched:
        return risk
    reason = f"touches {_count(len(touched), 'hot path')}: {touched[0]} (+{config.hot_raise:g})"
    return replace(risk, score=min(1.0, risk.score + config.hot_raise), reasons=(reason, *risk.reasons))


def evaluate(snapshot: Snapshot, config: Config, measured: Measured) -> CheckResult:
    """Judge the size and spread of the change; limits are inclusive, so a score at the limit still passes."""
    facts = snapshot.change
    if not isinstance(facts, ChangeFacts):
        return _unknown(facts)
    try:
        risk, change = assess(facts, config), change_of(facts)
    except ChangeError as error:
        return CheckResult(NAME, State.ERROR, "The size of the change makes no sense", reasons=(str(error),))
    state = _state(risk, config, facts.truncated)
    return CheckResult(
        NAME,
        state,
        f"Risk {risk.score:.2f} (limit {config.limit:g}): {risk.reasons[0]}",
        reasons=(*_partial(facts), *risk.reasons),
        measures=_measures(risk, config, state),
        next_step=_NEXT_STEPS.get(state, ""),
        detail=_detail(facts, risk, change, config),
    )


def _unknown(facts: Missing | None) -> CheckResult:
    if facts is None:
        return CheckResult(NAME, State.ERROR, "The change was not read")
    return CheckResult(NAME, facts.state, "The size of the change is not known", reasons=(facts.reason,))


def _state(risk: Risk, config: Config, truncated: bool) -> State:
    if risk.score > config.limit:
        return State.BLOCK
    if truncated:
        return State.UNMEASURED
    return State.WARN if config.warn_at is not None and risk.score > config.warn_at else State.PASS


def _partial(facts: ChangeFacts) -> tuple[str, ...]:
    if not facts.truncated:
        return ()
    return (f"only {_count(len(facts.files), 'file')} could be listed, and the score counts no other",)


def _measures(risk: Risk, config: Config, state: State) -> tuple[Measure, ...]:
    changes = (config.model or shipped()).changes
    return (
        Measure("score", risk.score, limit=f"<= {config.limit:g}", state=state),
        Measure("percentile", 100 * risk.percentile, "%", n=changes),
        Measure("probability", 100 * risk.probability, "%", n=changes),
    )


def _detail(facts: ChangeFacts, risk: Risk, change: Change, config: Config) -> dict[str, Any]:
    model = config.model or shipped()
    touched = hot_files(facts.files, config.hot)
    return {
        "percentile": risk.percentile,
        "probability": risk.probability,
        "change": asdict(change),
        "median": asdict(model.median),
        "hot": {"count": len(touched), "paths": list(touched[:HOT_SHOWN]), "raise": config.hot_raise},
        "model": {"source": model.source, "changes": model.changes, "defect_rate": model.defect_rate},
    }


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


_NEXT_STEPS = {
    State.BLOCK: "Split the change into smaller pull requests, or have the limit raised on the base branch.",
    State.WARN: "Give it a second reviewer, or split it.",
    State.UNMEASURED: "Split the change until all its files can be listed.",
}

CHECK = Check(NAME, Config, frozenset({Need.CHANGE}), evaluate)
