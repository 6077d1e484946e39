"""How often do the 95 % intervals of causal impact hold the truth, and what do they still see? Exit 1: a bar is missed.

    python -m benchmarks.impact_coverage [SERIES] [SHAPE ...]

SERIES of each family, 40 if not said; the figures of docs/benchmarks.md take 1,000. A SHAPE is points, share before the
change and covariates, as in 100/0.7/2; those below if not said. Both priors see the same series, in which nothing
happens; then white noise is raised by one standard deviation. A bar counts as missed by more than two standard errors.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from benchmarks.causal.families import INSIDE, OUTSIDE, Family, Shape, drawn
from checks.impact import estimate

LEAST, MOST = 0.93, 0.985  # of the intervals that hold 0: in every family, and in those inside the model
POWER, SIZE = 0.90, 0.07
SHAPES = ("100/0.7/2", "100/0.7/0", "60/0.5/0", "200/0.9/5", "500/0.7/2")


class Tally(NamedTuple):
    """Of one family and one prior, over many series."""

    held: float  # intervals that hold 0
    found: float  # of the same series, raised by one: intervals that do not
    width: float  # mean


def tally(family: Family, shape: Shape, prior: str, series: int) -> Tally:
    """The same series for every prior."""
    rng = np.random.default_rng([20, *map(ord, family.name), shape.n, shape.before, shape.k])
    ends = []
    for _ in range(series):
        y, x = drawn(family, shape, rng)
        average = estimate(y, x, shape.before, prior, period=family.period, kind=family.kind).average
        if average is not None:
            ends.append((average.lower, average.upper))
    lower, upper = np.array(ends).T
    held, found = (lower <= 0) & (upper >= 0), (lower + 1 > 0) | (upper + 1 < 0)
    return Tally(float(held.mean()), float(found.mean()), float((upper - lower).mean()))


def missed(family: Family, shape: Shape, auto: Tally, series: int) -> Iterator[str]:
    """The bars that prior auto misses by more than two standard errors."""
    slack = 2 * float(np.sqrt(LEAST * (1 - LEAST) / series))
    if auto.held < LEAST - slack:
        yield f"{auto.held:.3f} of the intervals hold 0, {LEAST} should"
    if family.inside and auto.held > MOST + slack:
        yield f"{auto.held:.3f} of the intervals hold 0, {MOST} at most should"
    if family is INSIDE[0] and shape.n == 100:
        if auto.found < POWER - slack:
            yield f"power {auto.found:.3f}, {POWER} at least it should be"
        if 1 - auto.held > SIZE + slack:
            yield f"size {1 - auto.held:.3f}, {SIZE} at most it should be"


def report(shape: Shape, series: int) -> list[str]:
    """Print the table of one shape; the bars it misses."""
    print(f"{shape.n} points, {shape.before} of them before the change, {shape.k} covariates, {series} series each")
    print(f"{'':28}{'auto: held, found, width':26}r")
    bars = []
    for family in (*INSIDE, *OUTSIDE):
        auto, r = (tally(family, shape, prior, series) for prior in ("auto", "r"))
        print(
            f"{family.name:28}" + "  ".join(f"{t.held:.3f}  {t.found:.3f}  {t.width:6.2f}   " for t in (auto, r)),
            flush=True,
        )
        bars += [
            f"{family.name}, {shape.n}/{shape.share}/{shape.k}: {bar}" for bar in missed(family, shape, auto, series)
        ]
    return bars


def main() -> int:
    """Print the report; 0 when every bar holds, 1 when one is missed."""
    series = next((int(word) for word in sys.argv[1:] if word.isdigit()), 40)
    shapes = [word for word in sys.argv[1:] if "/" in word] or SHAPES
    started, bars = time.monotonic(), []
    for word in shapes:
        n, share, k = word.split("/")
        bars += report(Shape(int(n), float(share), int(k)), series)
        print(f"  [{time.monotonic() - started:.0f} s]\n", flush=True)
    print("\n".join(f"MISSED {bar}" for bar in bars) or "all bars hold")
    return int(bool(bars))


if __name__ == "__main__":
    sys.exit(main())
