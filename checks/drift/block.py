"""The block `drift` of a repository's configuration: which modules are watched, against what, and what follows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from checks.drift.column import Kind
from checks.drift.limits import DriftLimits
from checks.drift.reference import MOST_FEATURES
from checks.experiment.watched import LONGEST, SourceName
from checks.model import CheckConfig, Mode, Strict

NAME = "drift"
MOST_MODULES = 50
MOST_DAYS = 28  # of a reference
DAILY_HOURS = 26.0  # from one batch to the next, of a module that has one a day; the worker looks once an hour

ModuleName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
FeatureName = Annotated[str, Field(min_length=1, max_length=200)]
Label = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", max_length=100)]
Path = Annotated[str, Field(min_length=1, max_length=400)]
Workflow = Annotated[str, Field(pattern=r"^([A-Za-z0-9_.-]+\.ya?ml)?$", max_length=200)]


class Feature(Strict):
    """One input or output of a module."""

    name: FeatureName
    """As the service calls it."""

    kind: Kind = Field(strict=False)
    """`numeric`: compared by deciles. `categorical`: by its most frequent values."""

    role: Literal["input", "output"] = "input"
    """Whether the module is given it, or answers it. It is told; both are watched alike."""

    counts: Annotated[str, Field(max_length=LONGEST)] = ""
    """Where a `source` is asked: the counter of its rows, `orders_total{service="shop"}`. It is `categorical`."""

    by: Label | Literal[""] = ""
    """The label of that counter whose values are the feature's. `le`: a histogram's buckets are its bins."""


class Window(Strict):
    """Which days the reference is made of. Once they are full it is frozen, until somebody asks for another."""

    days: Annotated[int, Field(ge=2, le=MOST_DAYS)] = MOST_DAYS
    """The first so many days with enough rows. Fewer prove large shifts alone; below 21 weekdays are not matched."""

    first: str = ""
    """Or a day to begin with, ISO 8601 ..."""

    last: str = ""
    """... and the last one."""

    @property
    def length(self) -> int:
        """Days at most that it is made of."""
        return day_of(self.last) - day_of(self.first) + 1 if self.first else self.days

    @field_validator("first", "last")
    @classmethod
    def _dated(cls, text: str) -> str:
        if text:
            day_of(text)
        return text

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if bool(self.first) != bool(self.last):
            raise ValueError("`first` and `last` belong together")
        if self.first and not 1 <= day_of(self.last) - day_of(self.first) < MOST_DAYS:
            raise ValueError(f"`last` comes 1 to {MOST_DAYS - 1} days after `first`")
        return self


class Prepared(Strict):
    """A file that was prepared for the day that a module drifts."""

    prepared: Path
    """The file that is ready, on the default branch."""

    live: Path
    """The file that it takes the place of."""

    @field_validator("prepared", "live")
    @classmethod
    def _within(cls, path: str) -> str:
        if path.startswith("/") or {"", ".", ".."} & set(path.split("/")):
            raise ValueError(f"{path!r} is no path within the repository")
        return path


class Remediation(Strict):
    """What is proposed, or begun, when a module drifts. Nothing is merged by itself."""

    files: Annotated[tuple[Prepared, ...], Field(strict=False, max_length=20)] = ()
    """Files that a pull request puts in the place of others."""

    workflow: Workflow = ""
    """The workflow file that is run, once for each drift: `retrain.yml`. Empty: none."""

    @property
    def declared(self) -> bool:
        """Is there anything to do?"""
        return bool(self.files or self.workflow)


class Module(Strict):
    """A module whose inputs and outputs are watched."""

    name: ModuleName
    """By which batches are sent: `/api/drift/<name>`."""

    paths: Annotated[tuple[Path, ...], Field(strict=False, max_length=50)] = ()
    """Globs of its code: a pull request that touches it is told how it stands."""

    environment: Annotated[str, Field(min_length=1, max_length=255)] = "production"
    """Where it serves. Deployments there, since the last good day, are who is suspected first."""

    source: SourceName | Literal[""] = ""
    """The source that days are counted from, by the name that the operator gave it. Empty: somebody sends batches."""

    features: Annotated[tuple[Feature, ...], Field(strict=False, max_length=MOST_FEATURES)] = ()
    """What is watched. Empty: whatever is sent."""

    reference: Window = Window()
    """What each day is compared with."""

    limits: DriftLimits = DriftLimits()
    """What counts as a shift, and how often it may be wrong."""

    silent_hours: Annotated[float, Field(ge=1, le=720)] = DAILY_HOURS
    """Without a batch for so long the module is `blind`."""

    issue: bool = True
    """Keep one issue open while the module drifts, or is blind."""

    remediation: Remediation = Remediation()
    """What is done about a drift."""

    @model_validator(mode="after")
    def _features_once(self) -> Self:
        if (twice := _twice(feature.name for feature in self.features)) is not None:
            raise ValueError(f"the feature {twice!r} stands there twice")
        return self

    @model_validator(mode="after")
    def _a_source_is_asked_something(self) -> Self:
        if self.source and not self.features:
            raise ValueError("a source is named, so it needs `features` to ask for")
        if self.source and self.silent_hours < DAILY_HOURS:
            raise ValueError(f"silent_hours: a source is asked once a day, so {DAILY_HOURS:g} at least")
        for feature in self.features:
            _asked(feature, self.source)
        return self

    @property
    def kinds(self) -> dict[str, Kind]:
        """How the named features are compared."""
        return {feature.name: feature.kind for feature in self.features}

    @property
    def compared_by(self) -> str:
        """All that bears on a reference, as JSON: under another one it is made anew."""
        features = {"__all__": {"name", "kind", "role"}}
        return self.model_dump_json(include={"features": features, "reference": True, "limits": True})


class Config(CheckConfig):
    """The modules whose inputs and outputs are watched for drift."""

    mode: Mode = Field(default=Mode.WARN, strict=False)
    """`block` stops a change to the code of a module that drifts, `warn` only remarks on it, `off` watches nothing."""

    modules: Annotated[tuple[Module, ...], Field(strict=False, max_length=MOST_MODULES)] = ()
    """Each with the batches that are sent of it."""

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        if (twice := _twice(module.name for module in self.modules)) is not None:
            raise ValueError(f"the module {twice!r} stands there twice")
        return self

    def named(self, name: str) -> Module | None:
        """The module of this name."""
        return next((module for module in self.modules if module.name == name), None)


def day_of(text: str) -> int:
    """The day, as of `date.toordinal`. Raises ValueError."""
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise ValueError(f"{text!r} is no day; write it as 2026-12-31") from None


def _asked(feature: Feature, source: str) -> None:
    """Raises ValueError where a feature and the source of its module do not fit."""
    if bool(feature.counts) != bool(source) or bool(feature.by) != bool(source):
        told = "a source is named, so it needs `counts` and `by`" if source else "`counts` and `by` need a `source`"
        raise ValueError(f"the feature {feature.name!r}: {told}")
    if source and feature.kind is not Kind.CATEGORICAL:
        raise ValueError(f"the feature {feature.name!r}: what is counted by a label is `categorical`")


def _twice(names: Iterable[str]) -> str | None:
    """The first that was there before."""
    seen: set[str] = set()
    return next((name for name in names if name in seen or seen.add(name)), None)  # type: ignore[func-returns-value]
