"""What a tick costs: time, and bytes of state; beside a peer where one is installed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.canary.play import SEED, Bar, draw, rules, ticks
from checks.experiment import Gate, dump
from checks.experiment.table import add_table, empty_table

LOOKS = 400


def price(_runs: int) -> list[Bar]:
    """Microseconds a tick of one metric, the fastest of nine, and the largest state on the way."""
    print(f"Cost of a tick, the fastest of nine times {LOOKS} ticks")
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

    def whole() -> None:
        gate = Gate(config)
        for tick in sent:
            if gate.update(tick).status.final:
                gate = Gate(config)

    def kernel() -> None:
        table = empty_table(design)
        for control, canary in pairs:
            table = add_table(table, design, (50 * errors, control), (50 * errors, canary), True)

    gate = Gate(config)
    for tick in sent:
        gate.update(tick)
        largest = max(largest, len(dump(gate.state)))
    return _fastest(whole), _fastest(kernel), largest


def _fastest(run: Callable[[], Any]) -> float:
    """Microseconds for each of `LOOKS`."""
    times = []
    for _ in range(9):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times) / LOOKS * 1e6


def _gbstats() -> float | None:
    """Microseconds for one look of GrowthBook's sequential test at the same counts."""
    try:
        from gbstats.frequentist.tests import (  # type: ignore[import-not-found,unused-ignore]
            SequentialConfig,
            SequentialTwoSidedTTest,
        )
        from gbstats.models.statistics import (  # type: ignore[import-not-found,unused-ignore]
            ProportionStatistic,
        )
    except ImportError:
        return None
    pairs = [
        (ProportionStatistic(n=n, sum=n // 100), ProportionStatistic(n=n, sum=n // 90)) for n in range(999, 999 + LOOKS)
    ]

    def run() -> None:
        for pair in pairs:
            SequentialTwoSidedTTest([pair], SequentialConfig()).compute_result()

    return _fastest(run)
