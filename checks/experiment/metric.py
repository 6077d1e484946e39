"""One metric of an experiment, as a repository writes it, and what cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, model_validator

from checks.experiment.design import FARTHEST, Kind, Role
from checks.experiment.odds import odds_ratio
from checks.model import Strict

Chance = Annotated[float, Field(gt=0, le=0.25)]
Margin = Annotated[float, Field(gt=1, le=20)]
Tolerated = Annotated[float, Field(ge=1, le=20)]
Rate = Annotated[float, Field(ge=1e-7, le=0.9)]
Milliseconds = Annotated[float, Field(gt=0, le=1e9)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.:-]{0,63}$")]

USUAL_SLOW = 0.05  # p95: the share of requests above it


# What everybody means by these names; of each, more is worse. Errors and p95 gate, what a request costs is reported.
USUAL: Mapping[str, tuple[Kind, Role]] = {
    "errors": (Kind.BERNOULLI, Role.GATE),
    "p95": (Kind.LATENCY, Role.GATE),
    "cost": (Kind.MEAN, Role.REPORT),
    "carbon": (Kind.MEAN, Role.REPORT),
}


class Metric(Strict):
    """One thing measured on both sides, of which more is worse. What is not said here is as the experiment says."""

    name: Name
    """Its key in a tick. `errors`, `p95`, `cost` and `carbon` need no kind and no role."""

    kind: Kind = Field(default=Kind.BERNOULLI, strict=False)
    """`bernoulli`: good of total. `latency_bucket`: requests slower than `tau_ms` (p95). `mean`: cost, carbon."""

    role: Role = Field(default=Role.GATE, strict=False)
    """`gate` must be proven before promotion and may roll back; `rollback_only`; `report` decides nothing."""

    margin: Margin | None = None
    """The ratio canary / control that must be ruled out: of risks, of p95, of means."""

    tolerate: Tolerated | None = None
    """Up to this ratio nothing is rolled back, but with probability beta."""

    alpha: Chance | None = None
    """Probability of promoting a canary at or beyond the margin."""

    beta: Chance | None = None
    """Probability of rolling back a canary within `tolerate`, shared with the other metrics that may do so."""

    baseline: Rate | None = None
    """The control's usual share of bad requests (bernoulli), or of those slower than `tau_ms` (0.05)."""

    tau_ms: Milliseconds | None = None
    """latency_bucket: what counts as slow, in ms; a bound of the histogram, best near the control's usual p95."""

    inner_ms: Milliseconds | None = None
    """latency_bucket: the bound at or above tau_ms / margin that stands for it; default tau_ms / margin itself."""

    inner_baseline: Rate | None = None
    """latency_bucket: the control's usual share slower than `inner_ms`; default baseline x (tau_ms / inner_ms)^2.5."""

    burn_in: Annotated[int, Field(ge=20, le=10_000)] = 20
    """mean: ticks before any decision; fewer would break the error rates."""

    @model_validator(mode="before")
    @classmethod
    def _as_usual(cls, sent: Any) -> Any:
        """A well-known name brings its kind, and its role as long as it is of that kind."""
        name = sent.get("name") if isinstance(sent, dict) else None
        if not isinstance(name, str) or name not in USUAL:
            return sent
        kind, role = USUAL[name]
        return {"kind": kind, **({"role": role} if sent.get("kind", kind) == kind else {}), **sent}


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers that hold for one metric, its own or the experiment's."""

    alpha: float
    beta: float
    margin: float
    tolerate: float
    baseline: float | None

    def over(self, metric: Metric) -> Limits:
        """These of the experiment, as far as the metric has none of its own. A latency inherits no share of errors."""
        latency = metric.kind is Kind.LATENCY
        return Limits(
            metric.alpha or self.alpha,
            metric.beta or self.beta,
            metric.margin or self.margin,
            metric.tolerate or (1.0 if latency else self.tolerate),
            metric.baseline or (USUAL_SLOW if latency else self.baseline),
        )


def problems(metric: Metric, limits: Limits) -> Iterator[str]:
    """What makes no sense about a metric for which `limits` hold, each in a sentence."""
    if limits.tolerate >= limits.margin:
        yield f"tolerate ({limits.tolerate:g}) must be below margin ({limits.margin:g})"
    if metric.kind is Kind.MEAN and metric.role is Role.GATE:
        yield "a mean can roll back or be reported; it cannot prove a canary good (role rollback_only or report)"
    if metric.kind is Kind.BERNOULLI:
        yield from _of_rate(limits)
    yield from (_of_latency(metric, limits) if metric.kind is Kind.LATENCY else _strays(metric))


def _of_rate(limits: Limits) -> Iterator[str]:
    if limits.baseline is None:
        yield "state the baseline, the control's usual share of bad requests, such as 0.01"
    elif limits.baseline * limits.margin >= 0.95:
        yield f"margin x baseline ({limits.margin * limits.baseline:g}) must be below 0.95: no canary could be so bad"
    elif odds_ratio(limits.margin, limits.baseline) > FARTHEST:
        yield f"at that baseline the margin is a ratio of odds above {FARTHEST:g}: lower the margin"


def _of_latency(metric: Metric, limits: Limits) -> Iterator[str]:
    if limits.tolerate > 1:
        yield "a latency cannot tolerate a ratio above 1: raise tau_ms instead"
    if metric.tau_ms is None:
        yield "state tau_ms, what counts as slow: a bound of the histogram near the control's p95"
        return
    least = metric.tau_ms / limits.margin
    inner = metric.inner_ms or least
    if not least * (1 - 1e-9) <= inner <= metric.tau_ms / 1.01:
        yield f"inner_ms ({inner:g}) must lie from tau_ms / margin ({least:g}) to 1 % below tau_ms ({metric.tau_ms:g})"
    yield from _of_shares(limits.baseline or USUAL_SLOW, metric.inner_baseline)


def _of_shares(baseline: float, inner: float | None) -> Iterator[str]:
    if baseline > 0.5:
        yield "raise tau_ms: at its baseline most requests count as slow"
    elif inner is not None and not (inner > 1.01 * baseline and odds_ratio(inner / baseline, baseline) <= FARTHEST):
        yield f"inner_baseline must be above baseline, but not beyond {FARTHEST:g} times its odds"


def _strays(metric: Metric) -> Iterator[str]:
    for name in ("tau_ms", "inner_ms", "inner_baseline"):
        if getattr(metric, name) is not None:
            yield f"{name} belongs to the kind latency_bucket"
