"""Latency by buckets, means, and how soon a bad canary is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, log
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from benchmarks.canary.play import SEED, Bar, at_most, draw, rules, ticks
from checks.experiment import GateState, Status, advance, begin

SPREAD = 0.7  # sigma of the lognormal latency
TICK = 100  # requests a side


def latency(runs: int) -> list[Bar]:
    """p95 with margin 1.2, lognormal; the buckets stand at the control's p95 and a sixth below."""
    tau = exp(SPREAD * float(ndtri(0.95)))
    metric = {"name": "p95", "kind": "latency_bucket", "tau_ms": tau, "margin": 1.2}
    config = rules(0.01, dispersion="off", metrics=[metric])
    print("p95, margin 1.2, lognormal (0.7), 100 requests a tick: promoted %, rolled back %, requests a side")
    bars: list[Bar] = []
    for ratio in (1.0, 1.1, 1.2, 1.3, 1.5, 2.0):
        n = 4 * runs if ratio == 1.2 else max(200, runs // 2)
        random = np.random.default_rng(SEED + 6)
        states = [advance(begin(config), _buckets(random, tau, ratio), config) for _ in range(n)]
        up, down, size = _shares(states)
        print(f"  x {ratio}: {100 * up:7.2f} {100 * down:8.2f} {size:8,.0f}  ({n:,} runs)", flush=True)
        if ratio == 1.2:
            bars.append(Bar(f"p95 at its margin: {100 * up:.2f} % falsely promoted <= 0.5 %", at_most(up, n, 0.005)))
        if ratio == 1.0:
            bars.append(Bar(f"p95 at x 1: {100 * down:.2f} % rolled back <= 2 %", at_most(down, n, 0.02)))
    return bars


def _buckets(random: np.random.Generator, tau: float, ratio: float) -> Iterator[dict[str, Any]]:
    """Cumulative counts at tau / 1.2 and tau of a control, and of a canary slower by `ratio`."""
    inner = tau / 1.2
    slow = [[1 - float(ndtr(log(bound / scale) / SPREAD)) for bound in (inner, tau)] for scale in (1.0, ratio)]
    beyond = [random.binomial(TICK, outer[0], 400) for outer in slow]
    far = [random.binomial(some, outer[1] / outer[0]) for some, outer in zip(beyond, slow, strict=True)]
    rows = zip(*(side.tolist() for side in (*beyond, *far)), strict=True)
    for at, (c_inner, t_inner, c_tau, t_tau) in enumerate(rows):
        sides = {"control": (c_inner, c_tau), "canary": (t_inner, t_tau)}
        yield {
            "t": 30.0 * at,
            "metrics": {
                "p95": {
                    side: {"buckets": {repr(inner): TICK - near, repr(tau): TICK - out, "+Inf": TICK}}
                    for side, (near, out) in sides.items()
                }
            },
        }


def _shares(states: list[GateState]) -> tuple[float, float, float]:
    up = sum(state.status is Status.PROMOTE for state in states) / len(states)
    down = sum(state.status is Status.ROLLBACK for state in states) / len(states)
    return up, down, float(np.mean([state.samples for state in states]))


def means(runs: int) -> list[Bar]:
    """Cost a request: lognormal, 100 requests a tick, margin 1.1; 200 ticks, so that most end without an answer."""
    print("Mean cost, margin 1.1, rollback only, 200 ticks of 100 requests: rolled back %, requests until then")
    cost = {"name": "cost", "kind": "mean", "role": "rollback_only", "margin": 1.1}
    config = rules(0.01, metrics=[{"name": "errors"}, cost], max_minutes=100, horizon=20)
    bars: list[Bar] = []
    for sigma in (0.5, 1.0, 1.5):
        for ratio in (1.0, 1.1, 1.3):
            n = max(200, runs // 10)
            random = np.random.default_rng(SEED + 7)
            states = [advance(begin(config), _costs(random, sigma, ratio), config) for _ in range(n)]
            down = [state for state in states if state.status is Status.ROLLBACK]
            share, size = len(down) / n, float(np.mean([state.samples for state in down])) if down else 0.0
            print(f"  sigma {sigma}, x {ratio}: {100 * share:7.2f} {size:8,.0f}  ({n:,} runs)", flush=True)
            if ratio == 1.0:
                words = f"mean cost, sigma {sigma}: {100 * share:.2f} % falsely rolled back <= 1 %"
                bars.append(Bar(words, at_most(share, n, 0.01)))
    return bars


def _costs(random: np.random.Generator, sigma: float, ratio: float) -> Iterator[dict[str, Any]]:
    """Errors that never decide, and costs."""
    sums = random.lognormal(0, sigma, (201, 2, TICK)).sum(axis=2) * np.array([1.0, ratio])
    never = {"good": TICK, "total": TICK}
    for at, (control, canary) in enumerate(sums.tolist()):
        cost = {"control": {"n": TICK, "sum": control}, "canary": {"n": TICK, "sum": canary}}
        yield {"t": 30.0 * at, "metrics": {"errors": {"control": never, "canary": never}, "cost": cost}}


def speed(runs: int) -> list[Bar]:
    """Requests of the canary until it is taken back, at a tenth of the traffic."""
    print("Rollback at a share of 10 %, ticks of 180 + 20 requests, baseline 1 %: canary requests, mean and 95 %")
    for dispersion in ("auto", "off"):
        config = rules(0.01, dispersion=dispersion, expected_share=0.1, horizon=20)
        for ratio in (2, 3, 5, 10, 50):
            stream = draw(np.random.default_rng(SEED + 8), max(200, runs // 4), (180, 20), (0.01, 0.01 * ratio), 1000)
            sizes = [(180, 20)] * 1000
            rows = zip(stream.xc.tolist(), stream.xt.tolist(), strict=True)
            states = [advance(begin(config), ticks(sizes, c, t), config) for c, t in rows]
            taken = np.array([state.samples for state in states])
            share = np.mean([state.status is Status.ROLLBACK for state in states])
            figures = f"{taken.mean():7,.0f} {np.quantile(taken, 0.95):7,.0f}"
            print(f"  dispersion {dispersion}, RR {ratio}: {figures}  ({100 * share:.1f} % rolled back)", flush=True)
    return []
