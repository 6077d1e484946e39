"""Where the figures of an experiment come from, as a repository says it: a source by its name, and what to ask of it.

The operator says where a source is and who may use it; here is never an address. What a text means is for the kind of
the source: a selector of Prometheus, a query of Datadog.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from checks.experiment.config import GateConfig
from checks.experiment.design import Design, Kind
from checks.model import Strict

LONGEST = 2_000  # characters of one text
MOST_DIMENSIONS = 30
SOURCE = r"^[a-z][a-z0-9-]{0,62}$"

SPECLIVE = "speclive"
"""The source that every repository has: what its Spec Cards saw of its own services."""
_SIDES = ("control", "canary")
_GUARDED = re.compile(r"speclive:(control|canary):(evaluated|violated)")

Text = Annotated[str, Field(min_length=1, max_length=LONGEST)]
Word = Annotated[str, Field(min_length=1, max_length=255)]
SourceName = Annotated[str, Field(pattern=SOURCE, examples=["production"])]


class NamedMetric(Strict):
    """A metric by its name and dimensions, for sources that have no text for it, as CloudWatch."""

    namespace: Word
    """Whose metric it is: `AWS/ApplicationELB`."""

    metric: Word
    """Its name: `RequestCount`."""

    dimensions: Annotated[dict[Word, Word], Field(max_length=MOST_DIMENSIONS)] = Field(default_factory=dict)
    """What it is narrowed to, by name."""


Counter = Text | NamedMetric
"""One count of events, in the words of the kind of source. `{sha}`, `{short_sha}` and `{environment}` stand for the
canary's."""


class Side(Strict):
    """The counters of one side of one metric."""

    total: Counter | None = None
    """bernoulli: all requests. mean: the requests that `sum` is of."""

    bad: Counter | None = None
    """bernoulli: those that went wrong."""

    good: Counter | None = None
    """bernoulli: those that went well, in place of `bad`."""

    sum: Counter | None = None
    """mean: what they cost together."""

    buckets: Counter | None = None
    """latency_bucket: a histogram's `_bucket` series, in seconds."""

    @property
    def counters(self) -> Mapping[str, Counter]:
        """Those that are set, by name."""
        named = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {name: counter for name, counter in named if counter is not None}


def of_guards(side: Side) -> bool:
    """Is it what Spec Cards saw, whatever the source of the others?"""
    return all(isinstance(one, str) and _GUARDED.fullmatch(one) for one in side.counters.values())


class Query(Strict):
    """The counters of one metric."""

    control: Side
    """Of the version in service."""

    canary: Side
    """Of the canary."""


Queries = Annotated[dict[str, Query], Field(strict=False)]


def guarded(designs: Sequence[Design]) -> dict[str, Query]:
    """What is asked of `speclive` where nothing is said: how many of the clauses that were looked at were violated."""
    sides = {label: Side(total=f"speclive:{label}:evaluated", bad=f"speclive:{label}:violated") for label in _SIDES}
    return {design.name: Query(**sides) for design in designs}


class Watched(GateConfig):
    """The rules of an experiment, and where its figures come from."""

    source: Annotated[str, Field(max_length=63)] = ""
    """The operator's name of the source. Empty: whoever watches says where it is."""

    queries: Queries = Field(default_factory=dict)
    """For each metric, by its name, the counters of either side."""

    @model_validator(mode="after")
    def _every_metric(self) -> Self:
        designs = {design.name: design for design in self.designs}
        if self.queries and self.queries.keys() != designs.keys():
            raise ValueError(f"queries: they must be of the metrics, {', '.join(designs)}, and of nothing else")
        for name, query in self.queries.items():
            for label, side in (("control", query.control), ("canary", query.canary)):
                _needs(side, designs[name], f"queries.{name}.{label}")
        return self

    def bearing(self) -> dict[str, Any]:
        """The rules that evidence depends on; where its figures come from is one, once it is said."""
        unsaid = {name for name in ("source", "queries") if not getattr(self, name)}
        return {name: value for name, value in super().bearing().items() if name not in unsaid}


_FIELDS = {
    Kind.BERNOULLI: ({"total", "bad"}, {"total", "good"}),
    Kind.LATENCY: ({"buckets"},),
    Kind.MEAN: ({"total", "sum"},),
}


def _needs(side: Side, design: Design, where: str) -> None:
    if set(side.counters) not in _FIELDS[design.kind]:
        wanted = " or ".join(" and ".join(sorted(each)) for each in _FIELDS[design.kind])
        raise ValueError(f"{where}: a metric of kind {design.kind.value} needs {wanted}")
