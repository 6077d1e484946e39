"""Running the gate on drawn traffic, and what of it is counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from benchmarks.canary.peers import Errors, Stream
from checks.experiment import GateConfig, GateState, Status, advance, begin
from checks.experiment.table import Table

SEED = 20261130
TICKS = 100  # of the fixed test's size
MARGIN = 1.5
ERRORS = Errors(0.005, 0.02, MARGIN)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Shares of runs, and the mean requests a side as a share of the fixed test's."""

    promoted: float
    rolled_back: float
    samples: float
    runs: int

    def __str__(self) -> str:
        figures = f"{100 * self.promoted:7.2f} {100 * self.rolled_back:8.2f} {100 * self.samples:7.1f}"
        return f"{figures}  ({self.runs:,} runs)"


@dataclass(frozen=True, slots=True)
class Bar:
    """What must hold, and whether it did."""

    words: str
    holds: bool


def rules(baseline: float, **more: Any) -> GateConfig:
    """The rules of the bars, without a watermark: a tick is scored when it comes."""
    return GateConfig.model_validate({"baseline": baseline, "watermark_seconds": 0, **more})


def play(config: GateConfig, stream: Stream, share: bool = False) -> Outcome:
    """The gate on every run of `stream`; with `share` each tick states how it was routed."""
    sizes = [(int(c), int(t)) for c, t in zip(stream.nc, stream.nt, strict=True)]
    rows = zip(stream.xc.tolist(), stream.xt.tolist(), strict=True)
    return summed([advance(begin(config), ticks(sizes, c, t, share), config) for c, t in rows], config)


def ticks(
    sizes: Sequence[tuple[int, int]], control: Sequence[int], canary: Sequence[int], share: bool = False
) -> Iterator[dict[str, Any]]:
    """Ticks of `sizes` requests with so many bad ones."""
    for at, ((nc, nt), c, t) in enumerate(zip(sizes, control, canary, strict=True)):
        one = {"t": 30.0 * at, "control": {"good": nc - c, "total": nc}, "canary": {"good": nt - t, "total": nt}}
        yield {**one, "share": nt / (nc + nt)} if share else one


def summed(states: Sequence[GateState], config: GateConfig) -> Outcome:
    """Shares over finished runs; the size is that of the first metric."""
    fixed = config.designs[0].fixed or 1
    sizes = [state.metrics[0].size for state in states if isinstance(state.metrics[0], Table)]
    return Outcome(
        sum(state.status is Status.PROMOTE for state in states) / len(states),
        sum(state.status is Status.ROLLBACK for state in states) / len(states),
        float(np.mean(sizes)) / fixed,
        len(states),
    )


def draw(random: np.random.Generator, runs: int, sizes: tuple[Any, Any], risks: tuple[Any, Any], looks: int) -> Stream:
    """Independent requests: `sizes` and `risks` of control and canary, each a number or one a tick."""
    nc, nt = (np.broadcast_to(np.asarray(size, dtype=np.int64), looks) for size in sizes)
    xc, xt = (random.binomial(n, risk, (runs, looks)) for n, risk in zip((nc, nt), risks, strict=True))
    return Stream(xc, xt, nc, nt)


def draw_bursts(random: np.random.Generator, runs: int, size: int, risks: Sequence[float], factor: float) -> Stream:
    """Errors whose rate differs from tick to tick on either side by itself: variance `factor` times Poisson's."""
    shape = (runs, round(1.5 * TICKS) + 1)
    xc, xt = (
        np.minimum(size, random.poisson(random.gamma(size * risk / (factor - 1), factor - 1, shape))) for risk in risks
    )
    return Stream(xc, xt, np.full(shape[1], size), np.full(shape[1], size))


def at_most(share: float, runs: int, bar: float) -> bool:
    """Whether a share seen in `runs` may be `bar` or less: it is given three standard errors of chance."""
    return share <= bar + 3 * sqrt(bar * (1 - bar) / runs)


def tick_size(config: GateConfig, looks: int = TICKS) -> int:
    """Requests a side in one tick, so that the fixed test takes `looks`."""
    return max(1, round((config.designs[0].fixed or 0) / looks))
