"""What rules would do: whole experiments on requests that a seed brings about, through the very gate that judges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

from checks.experiment.config import GateConfig
from checks.experiment.design import TAIL, Design, Kind, Role
from checks.experiment.gate import Gate
from checks.experiment.state import GateState
from checks.experiment.status import Status

TICKS = 100  # in the requests of a fixed test, where nobody says how many come a tick
SPREAD = 0.3  # of the mean of a tick, over its mean
LONGEST = 5_000  # ticks; rules that have not answered by then never will


@dataclass(frozen=True, slots=True)
class Share:
    """A share of `n` experiments, with its standard error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Course:
    """How `n` experiments went whose canary is `ratio` times as bad as the control, in every gate.

    `requests`: mean of the canary's scored requests; `of_fixed`: the same over those of the fixed test with the same
    errors, None where no gate has one; `ticks`: mean of the ticks until the answer.
    """

    ratio: float
    n: int
    promote: Share
    rollback: Share
    inconclusive: Share
    requests: float
    of_fixed: float | None
    ticks: float


def simulate(config: GateConfig, ratio: float, n: int, seed: int, per_tick: int | None = None) -> Iterator[GateState]:
    """The last states of `n` experiments, one after the other. `per_tick`: requests of either side.

    Metrics that gate are `ratio` times as bad in the canary, all others are alike.
    """
    size = per_tick or max(1, ceil(_fixed(config) / TICKS))
    for number in range(n):
        yield _experiment(config, ratio, size, np.random.default_rng([seed, number]))


def course(config: GateConfig, ratio: float, states: list[GateState]) -> Course:
    """The last states of experiments at one `ratio`, summed up."""
    n, fixed = len(states), _fixed(config)
    requests = sum(state.samples for state in states) / n
    return Course(
        ratio=ratio,
        n=n,
        promote=_share(states, Status.PROMOTE),
        rollback=_share(states, Status.ROLLBACK),
        inconclusive=_share(states, Status.INCONCLUSIVE),
        requests=requests,
        of_fixed=requests / fixed if fixed else None,
        ticks=sum(max(evidence.ticks for evidence in state.metrics) for state in states) / n,
    )


def _fixed(config: GateConfig) -> int:
    return max((config.designs[at].fixed or 0 for at in config.gates), default=0)


def _share(states: list[GateState], status: Status) -> Share:
    share = sum(state.status is status for state in states) / len(states)
    return Share(share, sqrt(share * (1 - share) / len(states)))


def _experiment(config: GateConfig, ratio: float, size: int, random: np.random.Generator) -> GateState:
    gate = Gate(config)
    for number in range(LONGEST):
        metrics = {
            design.name: {
                "control": _side(design, 1.0, size, random),
                "canary": _side(design, ratio if design.role is Role.GATE else 1.0, size, random),
            }
            for design in config.designs
        }
        state = gate.update({"t": number * config.tick_seconds, "share": 0.5, "metrics": metrics})
        if state.status.final:
            return state
    return gate.state


def _side(design: Design, ratio: float, size: int, random: np.random.Generator) -> dict[str, object]:
    if design.kind is Kind.MEAN:
        return {"n": size, "sum": float(size * ratio * random.normal(1.0, SPREAD))}
    if design.kind is Kind.BERNOULLI:
        bad = int(random.binomial(size, min(1.0, ratio * (design.baseline or 0.0))))
        return {"good": size - bad, "total": size}
    slow, inner = _slow(design, ratio)
    beyond = int(random.binomial(size, inner))
    worst = int(random.binomial(beyond, slow / inner))
    return {"buckets": {f"{design.inner:.9g}": size - beyond, f"{design.tau:.9g}": size - worst, "+Inf": size}}


def _slow(design: Design, ratio: float) -> tuple[float, float]:
    """The shares beyond `tau` and beyond `inner`, of requests `ratio` times as slow."""
    assert design.baseline is not None
    assert design.inner_baseline is not None
    slow, inner = (_scaled(share, ratio) for share in (design.baseline, design.inner_baseline))
    return min(slow, inner), inner


def _scaled(share: float, ratio: float) -> float:
    odds: float = share / (1 - share) * ratio**TAIL
    return odds / (1 + odds)
