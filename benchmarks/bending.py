"""How often is a curve taken for an effect, and what does asking for it cost? `python -m benchmarks.bending [reps]`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable

import numpy as np

from checks.impact.block import Config
from checks.impact.series import Observed, Series
from checks.impact.study import study

N, BEFORE, STEP = 120, 84, 60
TIMES = tuple(float(STEP * at) for at in range(N))
AT = np.arange(N)
RULES = Config.model_validate(
    {
        "metrics": [{"name": "y", "better": "higher"}],
        "pre_seconds": BEFORE * STEP,
        "post_seconds": (N - BEFORE) * STEP,
    }
)

Maker = Callable[[np.random.Generator], np.ndarray]


def growth(rate: float) -> Maker:
    """So much more each step, with noise of 5 %."""
    return lambda draw: np.asarray(100 * np.exp(rate * AT) * (1 + 0.05 * draw.normal(size=N)))


def ar(rho: float) -> Maker:
    """Noise of 1 that keeps `rho` of the point before."""

    def made(draw: np.random.Generator) -> np.ndarray:
        noise = draw.normal(size=N) * np.sqrt(1 - rho * rho)
        noise[0] /= np.sqrt(1 - rho * rho)
        for at in range(1, N):
            noise[at] += rho * noise[at - 1]
        return np.asarray(100 + noise)

    return made


def walk(step: float) -> Maker:
    """Noise of 1 on a level that moves by `step`."""
    return lambda draw: 100 + draw.normal(size=N) + step * np.cumsum(draw.normal(size=N))


def saturating(draw: np.random.Generator) -> np.ndarray:
    """Two thirds of the way to its end every 40 steps, with noise of 3."""
    return 100 * (1 - np.exp(-AT / 40)) + 3 * draw.normal(size=N)


def part_of_a_year(draw: np.random.Generator) -> np.ndarray:
    """A third of a cycle of 10 either way, with noise of 2."""
    return 100 + 10 * np.sin(2 * np.pi * AT / 365) + 2 * draw.normal(size=N)


def slope(draw: np.random.Generator) -> np.ndarray:
    """A straight line of 0.02 a step, with noise of 1."""
    return 100 + draw.normal(size=N) + 0.02 * AT


SERIES: tuple[tuple[str, Maker, float], ...] = (
    ("growth of 0.5 % a step", growth(0.005), 0),
    ("growth of 1 % a step", growth(0.01), 0),
    ("growth of 2 % a step", growth(0.02), 0),
    ("saturating", saturating, 0),
    ("a third of a yearly cycle", part_of_a_year, 0),
    ("independent", ar(0.0), 2),
    ("AR(1) .5", ar(0.5), 2),
    ("random walk .1", walk(0.1), 2),
    ("random walk .3", walk(0.3), 2),
    ("slope", slope, 2),
)


def told(made: Maker, effect: float, seed: int) -> str:
    """What is said of one series that moves by so many standard deviations of its noise."""
    y = made(np.random.default_rng(seed))
    y = y + effect * np.std(np.diff(y[:BEFORE])) / np.sqrt(2) * (AT >= BEFORE)
    one = study(RULES, [Observed("y", Series("y", TIMES, tuple(map(float, y))))], TIMES[BEFORE]).metrics[0]
    if one.outcome.value.startswith("likely"):
        return "believed"
    return "bending" if "bending" in one.reason else one.reason.partition(":")[0]


def main() -> None:
    """Print the table of docs/checks/impact.md."""
    reps = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    for name, made, effect in SERIES:
        said = Counter(told(made, effect, seed) for seed in range(reps))
        row = " | ".join(str(said[one]) for one in ("believed", "bending", "calibration failed"))
        print(f"| {name} | {effect:g} | {row} |", flush=True)


if __name__ == "__main__":
    main()
