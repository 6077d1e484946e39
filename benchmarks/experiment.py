"""How often is the canary gate wrong, and how many requests does it take? Exit 1 when a bar is missed.

    python -m benchmarks.experiment [RUNS] [PART ...]

RUNS is 400, and up to ten times as many where false promotions are counted; a PART is a function named below. Every
figure of ours comes from `checks.experiment`, looked at after every tick; peers, written anew, see the same draws.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from benchmarks.canary import kinds, price, promise, stress
from benchmarks.canary.play import Bar

PARTS: tuple[Callable[[int], list[Bar]], ...] = (
    promise.grid,
    promise.coarse,
    promise.compared,
    promise.seed,
    stress.ramp,
    stress.bursts,
    stress.late,
    stress.sudden,
    stress.many,
    kinds.latency,
    kinds.means,
    kinds.speed,
    price.price,
)


def main() -> int:
    """Print the report; 0 when every bar holds, 1 when one is missed."""
    runs = next((int(word) for word in sys.argv[1:] if word.isdigit()), 400)
    wanted = {word for word in sys.argv[1:] if not word.isdigit()} or {part.__name__ for part in PARTS}
    bars: list[Bar] = []
    started = time.monotonic()
    for part in PARTS:
        if part.__name__ in wanted:
            bars += part(runs)
            print(f"  [{time.monotonic() - started:.0f} s]\n", flush=True)
    for bar in bars:
        print(f"{'holds ' if bar.holds else 'MISSED'} {bar.words}")
    return int(not all(bar.holds for bar in bars))


if __name__ == "__main__":
    sys.exit(main())
