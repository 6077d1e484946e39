"""What does it cost a service to be watched? Exit 1 when the bar is missed.

    python -m benchmarks.drift_client

A row of five features is noted by `examples/drift/client.py`, against the cheapest thing that could be done with it: a
`dict.update` of the same row, in the same run and by turns. What its thread spends on each row later is told beside it.
"""

from __future__ import annotations

import importlib.util
import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

ROWS, ROUNDS = 20_000, 15
BAR = 5.0  # times a dict.update
CLIENT = Path(__file__).parents[1] / "examples" / "drift" / "client.py"
_NANO = 1e9


def loaded() -> ModuleType:
    """The client as a service has it: one file."""
    spec = importlib.util.spec_from_file_location("drift_client", CLIENT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(seed: int = 1) -> list[dict[str, Any]]:
    """Three numbers and two names each."""
    draw = random.Random(seed)
    return [
        {
            "price": draw.lognormvariate(2, 1),
            "score": draw.random(),
            "items": draw.randrange(1, 20),
            "card": draw.choice(["visa", "amex", "cash"]),
            "country": f"C{draw.randrange(200)}",
        }
        for _ in range(ROWS)
    ]


def spent(work: Callable[[dict[str, Any]], object], told: list[dict[str, Any]]) -> float:
    """Seconds of this thread for all rows."""
    began = time.thread_time()
    for row in told:
        work(row)
    return time.thread_time() - began


def main() -> int:
    """Print the report."""
    bodies: list[int] = []

    def taken(_address: str, body: bytes, _headers: Mapping[str, str]) -> int:
        bodies.append(len(body))
        return 202

    told, held, ratios, later = rows(), dict[str, Any](), list[float](), list[float]()
    client = loaded().DriftClient("ranking", "https://maestro.example", "t", send=taken, interval=3_600.0)
    for _ in range(ROUNDS):
        plain, observed = spent(held.update, told), spent(client.observe, told)
        ratios.append(observed / plain)
        began = time.thread_time()
        client.flush()
        later.append((time.thread_time() - began) / ROWS * _NANO)
    ratio, cost = statistics.median(ratios), statistics.median(later)
    print(f"{ROUNDS} rounds of {ROWS:,} rows of five features")
    print(f"observe, in times of a dict.update: {ratio:.2f} (bar {BAR:g}; {min(ratios):.2f} to {max(ratios):.2f})")
    print(f"the thread's work on a row later: {cost:,.0f} ns, where {plain / ROWS * _NANO:,.0f} ns are a dict.update")
    print(f"bytes of a batch of {ROWS:,} rows: {max(bodies):,}")
    return int(ratio > BAR)


if __name__ == "__main__":
    sys.exit(main())
