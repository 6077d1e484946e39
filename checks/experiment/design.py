"""What the rules of one metric mean for its arithmetic: hypotheses as odds ratios, bounds, sizes. Made once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import inf, log

from checks.experiment.odds import fixed_size, odds_ratio, risk_ratio

BETTER = (0.05, 0.25, 0.6)  # odds ratios below 1 at which the likelihood is kept, for the interval alone
WORSE = (2.0, 3.0, 6.0, 20.0)  # what a canary to be rolled back may be, besides the margin
FARTHEST = 20.0  # ratio of odds; no hypothesis lies beyond
TAIL = 2.5  # log share over log latency around a p95, where nobody stated it; lognormal, sigma 0.7: 2.8


class Kind(StrEnum):
    """How a metric is measured."""

    BERNOULLI = "bernoulli"
    LATENCY = "latency_bucket"
    MEAN = "mean"


class Role(StrEnum):
    """What a metric may bring about."""

    GATE = "gate"
    ROLLBACK_ONLY = "rollback_only"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Design:
    """One metric's hypotheses and bounds; a bound is on the log of evidence, sizes are requests a side.

    `psis` are the odds ratios, in ascending order, whose log-likelihood is kept against that of 1. `fixed` is the size
    of the one-look test with the same errors, `most` the horizon; both None for a mean.
    """

    name: str
    kind: Kind
    role: Role
    alpha: float
    beta: float  # its share of the experiment's beta
    margin: float
    tolerate: float
    promote_bound: float
    rollback_bound: float
    burn_in: int = 0
    baseline: float | None = None
    inner_baseline: float | None = None
    tau: float | None = None
    inner: float | None = None
    psis: tuple[float, ...] = (1.0,)
    thetas: tuple[float, ...] = (0.0,)  # log psi
    unit: int = 0  # where in `psis` 1 stands
    tolerated: int = 0
    limit: int = 0  # where the margin stands
    suspects: tuple[int, ...] = ()  # where the alternatives of rollback stand
    weight: float = 1.0  # of the control's variance against the canary's, in the size of a tick
    fixed: int | None = None
    most: float = inf


def table_design(
    name: str,
    role: Role,
    alpha: float,
    beta: float,
    margin: float,
    tolerate: float,
    *,
    baseline: float,
    tau: float | None = None,
    inner: float | None = None,
    inner_baseline: float | None = None,
    horizon: float,
) -> Design:
    """A metric that counts bad requests, or with `tau` (ms) slow ones: there `margin` is a ratio of latencies."""
    if tau is None:
        limit, kind = odds_ratio(margin, baseline), Kind.BERNOULLI
        fixed, weight = fixed_size(baseline, baseline, margin, alpha, beta), margin * margin
    else:
        inner = tau / margin if inner is None else inner
        above = inner_baseline or min(baseline * (tau / inner) ** TAIL, risk_ratio(FARTHEST, baseline) * baseline)
        limit, kind, inner_baseline = odds_ratio(above / baseline, baseline), Kind.LATENCY, above
        fixed, weight = fixed_size(above, baseline, 1.0, alpha, beta), 1.0
    nearest = odds_ratio(tolerate, baseline)
    suspects = (limit, *(psi for psi in WORSE if psi > limit))
    psis = tuple(sorted({*BETTER, 1.0, nearest, *suspects}))
    return Design(
        name,
        kind,
        role,
        alpha,
        beta,
        margin,
        tolerate,
        log(1 / alpha),
        log(1 / beta),
        baseline=baseline,
        inner_baseline=inner_baseline,
        tau=tau,
        inner=inner,
        psis=psis,
        thetas=tuple(map(log, psis)),
        unit=psis.index(1.0),
        tolerated=psis.index(nearest),
        limit=psis.index(limit),
        suspects=tuple(map(psis.index, suspects)),
        weight=weight,
        fixed=fixed,
        most=horizon * fixed,
    )


def mean_design(
    name: str, role: Role, alpha: float, beta: float, margin: float, tolerate: float, *, burn_in: int
) -> Design:
    """A metric whose mean is compared; it never promotes."""
    return Design(name, Kind.MEAN, role, alpha, beta, margin, tolerate, log(1 / alpha), log(1 / beta), burn_in=burn_in)
