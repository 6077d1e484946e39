"""Do placebo dates tell where a method does not hold on a series? `python -m benchmarks.placebo [reps]`."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

from checks.impact.block import Metric
from checks.impact.placebo import placebo
from checks.impact.plan import Plan
from checks.impact.told import Placebo
from checks.impact.window import Window

BEFORE, AFTER = 330, 40

Maker = Callable[[np.random.Generator], np.ndarray]


def ar(rho: float) -> Maker:
    """Noise that keeps `rho` of the point before."""

    def made(draw: np.random.Generator) -> np.ndarray:
        noise = draw.normal(size=BEFORE + AFTER)
        for at in range(1, len(noise)):
            noise[at] += rho * noise[at - 1]
        return noise

    return made


def wandering(draw: np.random.Generator) -> np.ndarray:
    """Noise of 1 on a level that moves by 0.1 a step."""
    return draw.normal(size=BEFORE + AFTER) + 0.1 * np.cumsum(draw.normal(size=BEFORE + AFTER))


SERIES: tuple[tuple[str, Maker], ...] = (
    ("independent", ar(0.0)),
    ("AR(1) .5", ar(0.5)),
    ("AR(1) .8", ar(0.8)),
    ("random walk .1", wandering),
)


def asked(made: Maker, prior: str, seed: int) -> Placebo:
    """The placebo dates of one series."""
    values = tuple(map(float, made(np.random.default_rng(seed))))
    window = Window(tuple(map(float, range(len(values)))), values, BEFORE)
    metric = Metric(name="y", better="lower")
    plan = Plan(1e9, 1e9, 1.0, 0.05, 0.05, "r" if prior == "r" else "auto", 30, 20)
    return placebo(window, (), metric, plan)


def main() -> None:
    """Print the table of docs/checks/impact.md."""
    reps = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    for name, made in SERIES:
        for prior in ("auto", "r"):
            found = [asked(made, prior, seed) for seed in range(reps)]
            alarms = sum(one.alarms for one in found) / reps
            refused = sum(not one.trusted for one in found)
            print(f"| {name} | `{prior}` | {alarms:.2f} | {refused} of {reps} |", flush=True)


if __name__ == "__main__":
    main()
