"""What a tick costs: time, and bytes of state; beside a peer where one is installed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import pairwise

import numpy as np

from benchmarks.canary.play import SEED, Bar, draw, rules, ticks
from checks.experiment import Gate, dump
from checks.experiment.table import add_table, empty_table

LOOKS, LAP, ROUNDS = 400, 20, 25


def price(_runs: int) -> list[Bar]:
    """Microseconds a tick of one metric, and the largest state on the way."""
    print(f"Cost of a tick over {LOOKS} ticks, each lap of {LAP} at its fastest of {ROUNDS} rounds")
    peer = _gbstats()
    bars: list[Bar] = []
    for errors in (5, 20, 40):
        whole, kernel, size = _gate(errors)
        beside = f"; gbstats {peer:.0f} us a look, {peer / whole:.1f} x" if peer else "; gbstats is not installed"
        print(f"  {errors} errors: {whole:.1f} us a tick, of it {kernel:.1f} us for the evidence{beside}; {size} bytes")
        bars.append(Bar(f"evidence of {errors} errors: {kernel:.1f} us a metric-tick <= 50 us", kernel <= 50))
        bars.append(Bar(f"state: {size} bytes <= 1,024", size <= 1024))
    return bars


def _gate(errors: int) -> tuple[float, float, int]:
    """Of a run that goes on: microseconds a tick, of them in `add_table`, bytes of its state."""
    config = rules(0.01, watermark_seconds=60, horizon=20, dispersion="auto")
    stream = draw(np.random.default_rng(SEED), 1, (50 * errors, 50 * errors), (0.01, 0.012), LOOKS)
    sent = list(ticks([(50 * errors,) * 2] * LOOKS, stream.xc[0].tolist(), stream.xt[0].tolist()))
    design, pairs = config.designs[0], list(zip(stream.xc[0].tolist(), stream.xt[0].tolist(), strict=True))
    largest = 0

    def whole() -> Iterator[None]:
        gate = Gate(config)
        for at, tick in enumerate(sent, start=1):
            if gate.update(tick).status.final:
                gate = Gate(config)
            if at % LAP == 0:
                yield

    def kernel() -> Iterator[None]:
        table = empty_table(design)
        for at, (control, canary) in enumerate(pairs, start=1):
            table = add_table(table, design, (50 * errors, control), (50 * errors, canary), True)
            if at % LAP == 0:
                yield

    gate = Gate(config)
    for tick in sent:
        gate.update(tick)
        largest = max(largest, len(dump(gate.state)))
    return _fastest(whole), _fastest(kernel), largest


def _fastest(run: Callable[[], Iterator[None]]) -> float:
    """Microseconds for each of `LOOKS`; laps, so that other work on the machine does not count as ours."""
    best = [float("inf")] * (LOOKS // LAP)
    for _ in range(ROUNDS):
        marks = [time.perf_counter(), *(time.perf_counter() for _ in run())]
        best = [min(known, after - before) for known, (before, after) in zip(best, pairwise(marks), strict=True)]
    return sum(best) / LOOKS * 1e6


def _gbstats() -> float | None:
    """Microseconds for one look of GrowthBook's sequential test (gbstats 0.8) at such counts; None without it."""
    try:
        tests = import_module("gbstats.frequentist.tests")
        statistic = import_module("gbstats.models.statistics").ProportionStatistic
    except ImportError:
        return None
    pairs = [(statistic(n=n, sum=n // 100), statistic(n=n, sum=n // 90)) for n in range(999, 999 + LOOKS)]

    def run() -> Iterator[None]:
        for at, (control, canary) in enumerate(pairs, start=1):
            tests.SequentialTwoSidedTTest(control, canary, tests.SequentialConfig()).compute_result()
            if at % LAP == 0:
                yield

    return _fastest(run)
