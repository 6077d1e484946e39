"""How often is a control called moved that nothing moved? `python -m benchmarks.controls [reps]`.

One control beside a metric that does not follow it; 70 points before the deployment and 30 after it, or 360 and 360.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

from checks.impact.block import Metric
from checks.impact.controls import controls
from checks.impact.plan import Plan
from checks.impact.series import Series
from checks.impact.window import Window

LEVEL = 0.05
WINDOWS = ((70, 100), (360, 720))  # points before the deployment, points in all
METRIC, PLAN = Metric(name="y", better="lower"), Plan(1e9, 1e9, 1.0, LEVEL, LEVEL, "auto", 30, 0)

Maker = Callable[[np.random.Generator, int], np.ndarray]


def ar(rho: float) -> Maker:
    """Noise that keeps `rho` of the point before; 1: a random walk."""

    def made(draw: np.random.Generator, n: int) -> np.ndarray:
        noise = draw.normal(size=n)
        for at in range(1, n):
            noise[at] += rho * noise[at - 1]
        return noise

    return made


def wandering(draw: np.random.Generator, n: int) -> np.ndarray:
    """Noise of 1 on a level that moves by 0.3 a step."""
    return draw.normal(size=n) + 0.3 * np.cumsum(draw.normal(size=n))


KINDS: tuple[tuple[str, Maker], ...] = (
    ("independent", ar(0.0)),
    ("AR(1) .9", ar(0.9)),
    ("random walk .3 under noise", wandering),
    ("pure random walk", ar(1.0)),
)


def moved(made: Maker, before: int, n: int, seed: int) -> bool:
    """Whether the control of one window is called moved."""
    draw = np.random.default_rng(seed)
    times = tuple(map(float, range(n)))
    control = Series("x", times, tuple(map(float, made(draw, n))))
    window = Window(times, tuple(map(float, draw.normal(size=n))), before, (control,))
    return controls(window, METRIC, PLAN)[0].state == "moved"


def main() -> None:
    """Print the table of docs/checks/impact.md."""
    reps = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for name, made in KINDS:
        found = [sum(moved(made, before, n, seed) for seed in range(reps)) for before, n in WINDOWS]
        print(f"| {name} | " + " | ".join(f"{100 * number / reps:.1f} %" for number in found) + " |", flush=True)


if __name__ == "__main__":
    main()
