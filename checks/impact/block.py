"""The block `impact` of a repository's configuration: which metrics are watched after a deployment, and how."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from checks.experiment.block import Environment
from checks.experiment.watched import LONGEST, SourceName
from checks.impact.kind import LEAST_ALPHA, MOST_ALPHA, Better
from checks.model import CheckConfig, Mode, Strict

MOST_METRICS = 20
MOST_CONTROLS = 20
MOST_POINTS = 20_000  # of one series in the whole window
UNBORN = "a new version has no past: ask for the instances that it runs on, not for its version"


def _sendable(name: str) -> str:
    if not name.isprintable() or name != name.strip():
        raise ValueError("a name holds what cannot be printed, or space around it: nobody could send it")
    return name


Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_sendable)]
Query = Annotated[str, Field(max_length=LONGEST)]
Seconds = Annotated[int, Field(ge=1, le=90 * 86_400)]
Alpha = Annotated[float, Field(ge=LEAST_ALPHA, le=MOST_ALPHA)]
Share = Annotated[float, Field(gt=0, lt=1)]
Kind = Literal["flow", "stock", "ratio", "count"]
Prior = Literal["auto", "r"]


class Control(Strict):
    """A series that the deployment cannot have moved."""

    name: Name
    """What it is called: of pushed series, the name that it was pushed under."""

    query: Query = ""
    """What is asked of the source."""


class Metric(Strict):
    """One metric that a deployment may move."""

    name: Name
    """What it is called: of pushed series, the name that it was pushed under."""

    query: Query = ""
    """What is asked of the source, once the commit is in production."""

    canary_query: Query = ""
    """The same of the canary alone. Empty: the metric is not studied before the merge."""

    kind: Kind = "stock"
    """`flow`: amounts a step, which add up. `count`: events a step. `stock`: a level. `ratio`: a share, 0 to 1."""

    better: Better
    """Which way is good."""

    unit: Annotated[str, Field(max_length=20)] = ""
    """What it is counted in."""

    controls: Annotated[tuple[Name | Control, ...], Field(strict=False, max_length=MOST_CONTROLS)] = ()
    """Series that the deployment cannot have moved. One that moved all the same is dropped, and named."""

    period: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Steps of a season: 1440 for a day of minutes. 0: none."""

    @property
    def held_against(self) -> tuple[Control, ...]:
        """The controls; those that were only named ask nothing of a source."""
        return tuple(Control(name=one) if isinstance(one, str) else one for one in self.controls)


class Config(CheckConfig):
    """What is asked of the metrics after a deployment, and of whom a summary is owed."""

    mode: Mode = Field(default=Mode.WARN, strict=False)
    """`block` stops the change, `warn` only remarks on it, `off` switches the check off."""

    environment: Environment = "production"
    """The environment whose deployments are studied; upper and lower case are one."""

    canary_environment: Environment = "canary"
    """The environment whose deployments are studied before the merge, against control series."""

    source: SourceName | Literal[""] = ""
    """The source that series are read from, by the name that the operator gave it. Empty: somebody pushes them."""

    metrics: Annotated[tuple[Metric, ...], Field(strict=False, max_length=MOST_METRICS)] = ()
    """What is watched."""

    step_seconds: Annotated[int, Field(ge=1, le=86_400)] = 60
    """Seconds from one point to the next."""

    pre_seconds: Seconds = 21_600
    """How long before the deployment is looked at."""

    post_seconds: Seconds = 21_600
    """How long after the deployment is looked at."""

    min_pre: Annotated[int, Field(ge=3, le=10_000)] = 30
    """The fewest points before the deployment from which anything is said."""

    alpha: Alpha = 0.05
    """How unlikely, two-sided, an effect must be without the deployment. 1 - alpha is the width of intervals."""

    fdr: Share = 0.1
    """The share of the metrics called moved that may be so by chance (Benjamini-Hochberg)."""

    prior: Prior = "auto"
    """`auto`: made for series whose neighbours are alike. `r`: what CausalImpact in R takes for granted."""

    placebos: Annotated[int, Field(ge=0, le=100)] = 20
    """The most dates before the deployment at which the same is asked, where nothing happened. 0: none."""

    risk_at_least: Annotated[float, Field(ge=0, le=1)] = 0.5
    """A change of this risk or more is owed a summary. 0: every change."""

    @model_validator(mode="after")
    def _environments_are_apart(self) -> Self:
        if self.environment.casefold() == self.canary_environment.casefold():
            raise ValueError("canary_environment: the same as `environment`, so that no canary would be studied")
        return self

    @model_validator(mode="after")
    def _names_are_apart(self) -> Self:
        for metric in self.metrics:
            names = [metric.name, *(one.name for one in metric.held_against)]
            if len(set(names)) < len(names):
                raise ValueError(f"metrics.{metric.name}: a control is named twice, or as the metric itself")
        if len({metric.name for metric in self.metrics}) < len(self.metrics):
            raise ValueError("metrics: two have one name")
        return self

    @model_validator(mode="after")
    def _a_source_is_asked_something(self) -> Self:
        unlike = [where for where, asked in self._asked() if asked != bool(self.source)]
        if unlike and self.source:
            raise ValueError(f"{unlike[0]}: a source is named, so it needs a `query`")
        if unlike:
            raise ValueError(f"{unlike[0]}: a `query` needs a `source` to ask")
        return self

    @model_validator(mode="after")
    def _the_window_has_points(self) -> Self:
        if self.pre_seconds < self.min_pre * self.step_seconds:
            raise ValueError(f"pre_seconds: {self.min_pre} points (min_pre) of step_seconds need more")
        if self.post_seconds < self.step_seconds:
            raise ValueError("post_seconds: shorter than one step")
        if self.pre_seconds + self.post_seconds > MOST_POINTS * self.step_seconds:
            raise ValueError(f"step_seconds: the window would have more than {MOST_POINTS:,} points")
        return self

    def unborn(self) -> tuple[str, ...]:
        """Which of what is asked begins with its deployment, so that a study can say nothing of it."""
        asked = ((one.name, key, getattr(one, key)) for one in self.metrics for key in ("query", "canary_query"))
        return tuple(f"metrics.{name}.{key}: {UNBORN}" for name, key, query in asked if of_one_version(query))

    def _asked(self) -> Iterator[tuple[str, bool]]:
        """Each place where a source may be asked something, and whether it is."""
        for metric in self.metrics:
            yield f"metrics.{metric.name}", bool(metric.query or metric.canary_query)
            for control in metric.held_against:
                yield f"metrics.{metric.name}.controls.{control.name}", bool(control.query)


def of_one_version(query: str) -> bool:
    """Does it ask for the commit that was deployed alone?"""
    return "{sha}" in query or "{short_sha}" in query
