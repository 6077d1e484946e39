"""What breaks gates in practice: ramps, bursts, late errors, sudden faults, many metrics."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from math import exp, log
from typing import Any

import numpy as np

from benchmarks.canary import peers
from benchmarks.canary.play import ERRORS, MARGIN, SEED, Bar, at_most, draw, draw_bursts, play, rules, summed, tick_size
from benchmarks.canary.promise import HEAD
from checks.experiment import advance, begin
from checks.experiment.design import Design
from checks.experiment.table import Table, add_table, empty_table

LAG = 10  # ticks
TRICKLE = 20  # requests of the canary in a tick, a tenth of all


def ramp(runs: int) -> list[Bar]:
    """The canary's share goes from 5 to 50 % while the baseline of both sides moves: Simpson's trap."""
    nt = np.round(460 * np.repeat([0.05, 0.1, 0.25, 0.5], 40)).astype(np.int64)
    falling = np.repeat([0.03, 0.02, 0.01, 0.005], 40)
    print(f"Ramp 5 -> 50 % in 160 ticks of 460 requests, rules for 1 %: {HEAD}")
    bars: list[Bar] = []
    for name, base in (("falling 3 -> 0.5 %", falling), ("rising 0.5 -> 3 %", falling[::-1])):
        for ratio in (1.0, MARGIN):
            n = 5 * runs if ratio == MARGIN else runs
            stream = draw(np.random.default_rng(SEED + 2), n, (460 - nt, nt), (base, base * ratio), 160)
            for dispersion in ("auto", "off"):
                ours = play(rules(0.01, dispersion=dispersion), stream, share=True)
                print(f"  baseline {name}, RR {ratio}, dispersion {dispersion}: {ours}", flush=True)
                if ratio == MARGIN:
                    words = f"ramp, {name}, {dispersion}: {100 * ours.promoted:.2f} % falsely promoted <= 0.5 %"
                    bars.append(Bar(words, at_most(ours.promoted, n, 0.005)))
            for peer, rule in (("pooled SPRT", peers.pooled), ("pooled z, one look", peers.one_look_pooled)):
                up, down, _ = peers.outcome(*rule(stream, ERRORS))
                print(f"  baseline {name}, RR {ratio}, {peer}: {100 * up:7.2f} {100 * down:8.2f}")
    return bars


def bursts(runs: int) -> list[Bar]:
    """Errors of either side in bursts."""
    size = tick_size(rules(0.01))
    print(f"Bursts, baseline 1 %: {HEAD}")
    bars: list[Bar] = []
    for factor in (1.5, 3.0):
        for ratio in (1.0, MARGIN):
            n = 4 * runs if ratio == MARGIN else runs
            stream = draw_bursts(np.random.default_rng(SEED + 3), n, size, (0.01, 0.01 * ratio), factor)
            for dispersion in ("auto", "off"):
                ours = play(rules(0.01, dispersion=dispersion), stream)
                print(f"  variance x {factor}, RR {ratio}, dispersion {dispersion}: {ours}", flush=True)
                if ratio == MARGIN and dispersion == "auto":
                    words = f"bursts x {factor}: {100 * ours.promoted:.2f} % falsely promoted <= 0.5 %"
                    bars.append(Bar(words, at_most(ours.promoted, n, 0.005)))
    return bars


def late(runs: int) -> list[Bar]:
    """The canary's errors are reported ten ticks after its requests."""
    size = tick_size(rules(0.01))
    stream = draw(np.random.default_rng(SEED + 4), runs, (size, size), (0.01, 0.02), 160)
    print(f"A canary with RR 2 whose errors are reported {LAG} ticks late: {HEAD}")
    found = {}
    for seconds in (0, 30 * LAG):
        config = rules(0.01, dispersion="off", watermark_seconds=seconds)
        rows = zip(stream.xc.tolist(), stream.xt.tolist(), strict=True)
        states = [advance(begin(config), _reported(size, c, t), config) for c, t in rows]
        found[seconds] = summed(states, config)
        print(f"  watermark {seconds} s: {found[seconds]}", flush=True)
    promoted = found[30 * LAG].promoted
    return [Bar(f"late errors behind a watermark: {100 * promoted:.2f} % promoted, none wanted", promoted == 0)]


def _reported(size: int, control: list[int], canary: list[int]) -> Iterator[dict[str, Any]]:
    """The tick of `LAG` ticks ago with the canary's errors, then the present one without."""
    for at, bad in enumerate(control):
        if at >= LAG:
            yield _tick(at - LAG, size, control[at - LAG], canary[at - LAG])
        yield _tick(at, size, bad, 0)


def _tick(at: int, size: int, control: int, canary: int) -> dict[str, Any]:
    return {"t": 30.0 * at, **_sides(size, (control, canary))}


def _sides(size: int, bad: Any) -> dict[str, Any]:
    return {side: {"good": size - wrong, "total": size} for side, wrong in zip(("control", "canary"), bad, strict=True)}


def sudden(runs: int) -> list[Bar]:
    """A canary that goes bad on the way: how long the healthy hours before it keep the proof waiting."""
    design = rules(0.01).designs[0]
    print(f"Ticks of {TRICKLE} canary requests from fault to proof: mean, 95 of 100 (of a test from the first tick on)")
    bars: list[Bar] = []
    for ratio in (3.0, 10.0):
        for healthy in (0, 20, 120):
            random = np.random.default_rng(SEED + 6)
            each = np.array([_until_proven(design, random, ratio, healthy) for _ in range(max(40, runs // 4))])
            ours, plain = each[each.min(axis=1) > 0].T
            told = [f"{waited.mean():.1f} {np.percentile(waited, 95):.0f}" for waited in (ours, plain)]
            where = f"RR {ratio:g} after {healthy} healthy ticks"
            print(f"  {where}: {told[0]} ({told[1]}), {len(ours)} runs", flush=True)
            if healthy == 120:
                words = f"{where}: {told[0]} ticks, {told[1]} from the first tick on"
                bars.append(Bar(words, bool(ours.mean() < plain.mean())))
    return bars


def _until_proven(design: Design, random: np.random.Generator, ratio: float, healthy: int) -> tuple[int, int]:
    """Ticks after the fault, ours and those of the likelihood from the first tick on; 0 or less: proven before it."""
    table, ours, plain = empty_table(design), 0, 0
    for at in count(1 - healthy):
        sizes = 9 * TRICKLE, TRICKLE
        risks = 0.01, 0.01 * (ratio if at > 0 else 1)
        control, canary = ((n, int(random.binomial(n, risk))) for n, risk in zip(sizes, risks, strict=True))
        table = add_table(table, design, control, canary, False)
        ours = ours or at * (table.log_e_rollback >= design.rollback_bound)
        plain = plain or at * (_from_the_start(table, design) >= design.rollback_bound)
        if ours and plain:
            return ours, plain
    return 0, 0


def _from_the_start(table: Table, design: Design) -> float:
    """log of the mean likelihood ratio over the suspects, of all ticks."""
    ratios = [table.logs[at] - table.logs[design.tolerated] for at in design.suspects]
    return max(ratios) + log(sum(exp(ratio - max(ratios)) for ratio in ratios) / len(ratios))


def many(runs: int) -> list[Bar]:
    """Several gates, all of them good: beta is shared among them."""
    size = tick_size(rules(0.01))
    print(f"Several gates, all RR 1, baseline 1 %, dispersion off: {HEAD}")
    bars: list[Bar] = []
    for gates in (1, 4, 8):
        names = [f"m{at}" for at in range(gates)]
        config = rules(0.01, dispersion="off", metrics=[{"name": name} for name in names])
        random, states = np.random.default_rng(SEED + 5), []
        for _ in range(max(50, runs // (2 * gates))):
            bad = random.binomial(size, 0.01, (151, gates, 2)).tolist()
            states.append(advance(begin(config), _several(size, names, bad), config))
        ours = summed(states, config)
        print(f"  {gates} gates: {ours}", flush=True)
        words = f"false rollback of {gates} gates: {100 * ours.rolled_back:.2f} % <= 2 %"
        bars.append(Bar(words, at_most(ours.rolled_back, ours.runs, 0.02)))
    return bars


def _several(size: int, names: list[str], rows: list[Any]) -> Iterator[dict[str, Any]]:
    for at, row in enumerate(rows):
        yield {
            "t": 30.0 * at,
            "metrics": {name: _sides(size, pair) for name, pair in zip(names, row, strict=True)},
        }
