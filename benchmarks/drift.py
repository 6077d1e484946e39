"""Does the drift watch keep its promise, and find what it should? Exit 1 when a bar is missed.

    python -m benchmarks.drift [RUNS] [PART ...]

RUNS is 400: modules of 20 features, watched for 30 days of 500 rows; a PART is a function named below. All of it goes
through `checks.drift` as the product does. EVIDENTLY names a Python that has evidently (0.7, with pandas 2), for one
more peer in `speed`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median as middle

import numpy as np
from numpy.random import Generator
from scipy.stats import ks_2samp

from benchmarks.drifting import peers
from benchmarks.drifting.play import (
    DAYS,
    LASTING,
    ROWS,
    Bar,
    Share,
    by_day,
    delays,
    ends,
    false_alarms,
    generators,
    median,
    recoveries,
    whole,
    within,
)
from benchmarks.drifting.streams import STREAMS, TENTHS, Rows, all_to_one, one_to_one, still, wandering, weekend
from checks.drift import NumberSketch, Reference, compare

FEATURES = 20
REFERENCE = 15_000  # rows
MOST_FALSE = 0.01
MOST_ENDED = 0.05  # of the modules whose shift lasts
DEADLINE = 10  # days
POINTS = 0.03


def promise(runs: int) -> list[Bar]:
    """False alarms of independent rows: references of 15,000 and of 500 rows, and of 30 days."""
    known: dict[str, Callable[[Generator], Reference]] = {
        "15,000 rows": partial(whole, stream=still, features=FEATURES, rows=REFERENCE),
        "500 rows": partial(whole, stream=still, features=FEATURES, rows=500),
        "30 days": partial(by_day, stream=still, features=FEATURES, days=30),
    }
    bars = []
    for name, reference in known.items():
        share = false_alarms(runs, still, FEATURES, reference)
        print(f"  a false alarm in {DAYS} days, {FEATURES} features, reference of {name}: {share}", flush=True)
        bars.append(Bar(f"false alarms with a reference of {name} <= 1 %", share.count <= MOST_FALSE * runs))
    return bars


def weather(runs: int) -> list[Bar]:
    """The same of rows that are tied or rare, and of days that vary, with references of days; a fifth of the runs."""
    bars = []
    for name, stream in STREAMS.items():
        for days in (30, 14):
            reference = partial(by_day, stream=stream, features=FEATURES, days=days)
            share = false_alarms(max(1, runs // 5), stream, FEATURES, reference)
            print(f"  {name}, reference of {days} days: {share}", flush=True)
            bars.append(Bar(f"{name}, {days} days: the interval reaches down to 1 %", share.interval[0] <= MOST_FALSE))
    return bars


def short(runs: int) -> list[Bar]:
    """One feature, references of few days: false alarms, and three points from one bin to another from day 8 on."""
    bars = []
    for days in (7, 10, 14, 28):
        for stream in (still, weekend, wandering):
            share = false_alarms(runs, stream, 1, partial(by_day, stream=stream, features=1, days=days))
            print(f"  {stream.__name__}, reference of {days} days: {share}", flush=True)
            words = f"{stream.__name__}, {days} days: the interval reaches down to 1 %"
            bars.append(Bar(words, share.interval[0] <= MOST_FALSE))
        found = delays(runs, one_to_one, POINTS, 1, 8, partial(by_day, stream=still, features=1, days=days))
        print(f"  seen by it: median {median(found):g} days, within {DEADLINE}: {within(found, DEADLINE)}", flush=True)
    return bars


def detection(runs: int) -> list[Bar]:
    """Three points of mass move in one of the features, on day 1, 8 and 20: from one bin to one, or from all to one."""
    bars = []
    for moved in (one_to_one, all_to_one):
        for features, number in ((1, runs), (FEATURES, max(1, runs // 4))):
            reference = partial(whole, stream=still, features=features, rows=REFERENCE)
            for start in (1, 8, 20):
                found = delays(number, moved, POINTS, features, start, reference)
                print(
                    f"  {moved.__name__}, one of {features}, from day {start}: median {median(found):g} days, "
                    f"within {DEADLINE}: {within(found, DEADLINE)}",
                    flush=True,
                )
                if moved is one_to_one:
                    words = f"one_to_one, one of {features}, from day {start}: 95 % within {DEADLINE} days"
                    bars.append(Bar(words, within(found, DEADLINE).count >= 0.95 * number))
    return bars


def recovery(runs: int) -> list[Bar]:
    """A shift of one feature lasts, or goes back: is its end told then, and only then? A quarter of the runs."""
    reference = partial(whole, stream=still, features=1, rows=REFERENCE)
    number, bars = max(1, runs // 4), []
    for moved in (one_to_one, all_to_one):
        false = ends(number, moved, POINTS, reference)
        share = Share(sum(map(bool, false)), number)
        found = recoveries(number, moved, POINTS, 0.0, reference)
        print(f"  {moved.__name__} lasts for {LASTING} days: ended in {share}, {sum(false)} ends", flush=True)
        print(f"  it goes back: median {median(found):g} days, within 14: {within(found, 14)}", flush=True)
        bars.append(
            Bar(
                f"{moved.__name__} that lasts is not told as ended: the interval reaches down to 5 %",
                share.interval[0] <= MOST_ENDED,
            )
        )
    partly = recoveries(number, all_to_one, 0.1, POINTS, reference)
    print(f"  all_to_one, ten points go back to three: within {LASTING} days {within(partly, LASTING)}", flush=True)
    return bars


def compared(runs: int) -> list[Bar]:
    """Rules of others on one feature: what they cost where nothing moves, and what they see."""
    moved = TENTHS + np.eye(10)[9] * POINTS - np.eye(10)[0] * POINTS
    for name, rule in peers.RULES.items():
        alarms = [bool(rule(*peers.course(random, ROWS, DAYS, TENTHS, 0)).any()) for random in generators(runs)]
        courses = [rule(*peers.course(random, ROWS, DAYS + 8, moved, 8))[8:] for random in generators(runs)]
        found = [int(course.argmax()) + 1 if course.any() else None for course in courses]
        print(
            f"  {name}: false {Share(sum(alarms), runs)}; one_to_one from day 9: median {median(found):g} days, "
            f"within {DEADLINE}: {within(found, DEADLINE)}",
            flush=True,
        )
    return []


def speed(_runs: int) -> list[Bar]:
    """1e5 rows of 20 numeric features on either side, from arrays to the answer; processor time, median of 5."""
    random = np.random.default_rng(1)
    before, after = ({f"f{at}": random.normal(size=100_000) for at in range(FEATURES)} for _ in range(2))
    ours, scipys = [], []
    for _ in range(5):
        ours.append(_timed(lambda: compare(before, after)))
        scipys.append(_timed(lambda: [_plain(before[name], after[name]) for name in before]))
    sketching = middle(_timed(lambda: NumberSketch().add_many(before["f0"])) for _ in range(9))
    print(
        f"  ours {middle(ours):.3f} s, a loop over scipy {middle(scipys):.3f} s: {middle(scipys) / middle(ours):.1f} x"
    )
    print(f"  a sketch of 1e5 rows: {1000 * sketching:.1f} ms")
    if python := os.environ.get("EVIDENTLY"):
        taken = float(subprocess.run([python, "-c", _EVIDENTLY], capture_output=True, text=True, check=True).stdout)
        print(f"  evidently {taken:.1f} s, its import left out: {taken / middle(ours):.0f} x")
    return [Bar("1e5 rows x 20 features compared in <= 1 s of one processor", middle(ours) <= 1.0)]


def _plain(before: Rows, after: Rows) -> tuple[float, float]:
    """What one would write: deciles, histograms, PSI, and scipy's test."""
    edges = np.quantile(before, np.linspace(0, 1, 11)[1:-1])
    p, q = ((np.bincount(np.searchsorted(edges, x), minlength=10) + 0.5) / (len(x) + 5) for x in (before, after))
    return float(((q - p) * np.log(q / p)).sum()), float(ks_2samp(before, after, method="asymp").pvalue)


def _timed(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


_EVIDENTLY = """
import time, numpy as np, pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset
random = np.random.default_rng(1)
before, after = (pd.DataFrame({f"f{at}": random.normal(size=100_000) for at in range(20)}) for _ in range(2))
started = time.process_time()
Report([DataDriftPreset()]).run(after, before).dict()
print(time.process_time() - started)
"""

PARTS: tuple[Callable[[int], list[Bar]], ...] = (promise, weather, short, detection, recovery, compared, speed)


def main() -> int:
    """Print the report; 0 when every bar holds, 1 when one is missed."""
    runs = next((int(word) for word in sys.argv[1:] if word.isdigit()), 400)
    wanted = {word for word in sys.argv[1:] if not word.isdigit()} or {part.__name__ for part in PARTS}
    bars: list[Bar] = []
    started = time.monotonic()
    for part in PARTS:
        if part.__name__ in wanted:
            print(f"{part.__name__}: {part.__doc__}", flush=True)
            bars += part(runs)
            print(f"  [{time.monotonic() - started:.0f} s]\n", flush=True)
    for bar in bars:
        print(f"{'holds ' if bar.holds else 'MISSED'} {bar.words}")
    return int(not all(bar.holds for bar in bars))


if __name__ == "__main__":
    sys.exit(main())
