"""The rules of one experiment, as a repository writes them; strict, and every default here is the documented one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from math import log
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from checks.experiment.design import Design, Kind, Role, mean_design, table_design
from checks.experiment.metric import Chance, Limits, Margin, Metric, Rate, Tolerated, problems
from checks.model import Strict

MOST_METRICS = 16
DEFAULT = "errors"  # the metric of a configuration that lists none
MOST_WAITING = 1000  # ticks that the watermark may hold back
SOONEST_LOOK, LATEST_LOOK = 1.0, 10.0  # seconds


class OnInconclusive(StrEnum):
    """What to do where nothing was proven. Never promote."""

    HOLD = "hold"
    ROLLBACK = "rollback"


class GateConfig(Strict):
    """One guarded experiment. Without `metrics` it has one of kind bernoulli, named `errors`."""

    alpha: Chance = 0.005
    """Probability of promoting a canary at or beyond the margin, however often one looks."""

    beta: Chance = 0.02
    """Probability of rolling back a canary within `tolerate`, over all metrics together."""

    margin: Margin = 1.5
    """The ratio canary / control that must be ruled out before promotion."""

    tolerate: Tolerated = 1.0
    """Up to this ratio nothing is rolled back, but with probability beta."""

    baseline: Rate | None = None
    """The control's usual share of bad requests; frozen, it sizes the experiment and turns risks into odds."""

    metrics: Annotated[tuple[Metric, ...], Field(strict=False, max_length=MOST_METRICS)] = ()
    """What is measured; at least one has the role `gate`."""

    tick_seconds: Annotated[float, Field(gt=0, le=86_400)] = 30
    """Seconds from one tick to the next."""

    watermark_seconds: Annotated[float, Field(ge=0, le=86_400)] = 60
    """A tick is scored once it is this much older than the newest, and never changes after that."""

    horizon: Annotated[float, Field(gt=0, le=20)] = 1.5
    """The most requests a side, as a multiple of the fixed test of the same alpha, beta and margin."""

    max_minutes: Annotated[float, Field(gt=0, le=1e6)] | None = None
    """The longest an experiment runs, in minutes of its ticks; not limited by default."""

    expected_share: Annotated[float, Field(gt=0, lt=1)] | None = 0.5
    """The canary's share of requests as routed; a tick may state its own. `null`: not checked."""

    share_tolerance: Annotated[float, Field(ge=0, le=0.2)] = 0.0
    """How far the true share may lie from the expected one, for routers that do not toss a coin."""

    srm_alpha: Chance = 0.001
    """Probability of calling a correct split of requests a mismatch."""

    dispersion: Literal["auto", "off"] = "auto"
    """`auto` asks for more evidence where the control's errors come in bursts; `off` takes requests as independent."""

    max_missing_ticks: Annotated[int, Field(ge=0, le=10_000)] = 5
    """The most ticks in a row without data on both sides; one more ends the experiment."""

    min_ticks: Annotated[int, Field(ge=1, le=10_000)] = 3
    """Scored ticks before promotion; rollback waits for none."""

    on_inconclusive: OnInconclusive = Field(default=OnInconclusive.HOLD, strict=False)
    """`hold` leaves the canary to a person, `rollback` takes it back. Nothing promotes it."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        found = tuple(self._problems())
        if found:
            raise ValueError("; ".join(found))
        return self

    @cached_property
    def designs(self) -> tuple[Design, ...]:
        """What follows from these rules for each metric, in order."""
        may_roll_back = sum(metric.role is not Role.REPORT for metric in self._listed())
        return tuple(self._design(metric, may_roll_back) for metric in self._listed())

    @cached_property
    def digest(self) -> str:
        """16 hexadecimal digits that change with every rule that evidence depends on."""
        return hashlib.sha256(json.dumps(self.bearing(), sort_keys=True).encode()).hexdigest()[:16]

    def bearing(self) -> dict[str, Any]:
        """The rules that evidence depends on, as JSON has them."""
        return self.model_dump(mode="json", exclude={"on_inconclusive"})

    @cached_property
    def deciding(self) -> tuple[int, ...]:
        """Which of `designs` may bring something about."""
        return tuple(at for at, design in enumerate(self.designs) if design.role is not Role.REPORT)

    @cached_property
    def gates(self) -> tuple[int, ...]:
        """Which of `designs` must be proven."""
        return tuple(at for at, design in enumerate(self.designs) if design.role is Role.GATE)

    @property
    def look_seconds(self) -> float:
        """Seconds between two looks of whoever looks after it: a third of a tick, within reason."""
        return min(max(self.tick_seconds / 3, SOONEST_LOOK), LATEST_LOOK)

    @cached_property
    def split_bound(self) -> float:
        """The log of evidence at which requests were not split as routed."""
        return log(1 / self.srm_alpha)

    def _listed(self) -> tuple[Metric, ...]:
        return self.metrics or (Metric(name=DEFAULT),)

    def _limits(self, metric: Metric) -> Limits:
        return Limits(self.alpha, self.beta, self.margin, self.tolerate, self.baseline).over(metric)

    def _design(self, metric: Metric, may_roll_back: int) -> Design:
        limits = self._limits(metric)
        beta = limits.beta / max(may_roll_back, 1)
        common = (metric.name, metric.role, limits.alpha, beta, limits.margin, limits.tolerate)
        if metric.kind is Kind.MEAN:
            return mean_design(*common, burn_in=metric.burn_in)
        assert limits.baseline is not None, "a configuration without it is not valid"
        return table_design(
            *common,
            baseline=limits.baseline,
            tau=metric.tau_ms,
            inner=metric.inner_ms,
            inner_baseline=metric.inner_baseline,
            horizon=self.horizon,
        )

    def _problems(self) -> Iterator[str]:
        names = [metric.name for metric in self._listed()]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            yield f"two metrics are named {', '.join(twice)}"
        if not any(metric.role is Role.GATE for metric in self._listed()):
            yield "no metric has the role gate, so nothing could ever be promoted"
        if self.watermark_seconds > MOST_WAITING * self.tick_seconds:
            yield f"watermark_seconds spans more than {MOST_WAITING} ticks"
        for metric in self._listed():
            for problem in problems(metric, self._limits(metric)):
                yield f"{metric.name}: {problem}"
