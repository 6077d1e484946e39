"""Independent requests: is the promise kept, and what do peers make of the same draws?"""

from __future__ import annotations

import numpy as np

from benchmarks.canary import peers
from benchmarks.canary.play import ERRORS, MARGIN, SEED, TICKS, Bar, Outcome, at_most, draw, play, rules, tick_size

HEAD = "promoted %, rolled back %, requests in % of fixed"


def grid(runs: int) -> list[Bar]:
    """Three baselines, four true risk ratios, a look after each hundredth of the fixed size."""
    print(f"Independent requests, margin {MARGIN}, alpha 0.5 %, beta 2 %: {HEAD}")
    bars: list[Bar] = []
    for dispersion in ("auto", "off"):
        for baseline in (0.001, 0.01, 0.05):
            bars += _bars(baseline, dispersion, _row(baseline, dispersion, runs))
    return bars


def _row(baseline: float, dispersion: str, runs: int) -> dict[float, Outcome]:
    config = rules(baseline, dispersion=dispersion)
    size, found = tick_size(config), {}
    for ratio in (1.0, 1.5, 2.0, 3.0):
        n = 10 * runs if ratio == MARGIN else runs
        stream = draw(np.random.default_rng(SEED), n, (size, size), (baseline, baseline * ratio), 151)
        found[ratio] = play(config, stream)
        print(f"  {baseline:.1%}, dispersion {dispersion}, RR {ratio}: {found[ratio]}", flush=True)
    return found


def _bars(baseline: float, dispersion: str, found: dict[float, Outcome]) -> list[Bar]:
    where = f"at {baseline:.1%}, dispersion {dispersion}"
    false, good = found[MARGIN], found[1.0]
    bars = [
        Bar(
            f"false promotion {where}: {100 * false.promoted:.2f} % <= 0.5 %",
            at_most(false.promoted, false.runs, 0.005),
        ),
        Bar(
            f"false rollback {where}: {100 * good.rolled_back:.2f} % <= 2 %", at_most(good.rolled_back, good.runs, 0.02)
        ),
        Bar(f"promoted at RR 1 {where}: {100 * good.promoted:.1f} % >= 96 %", good.promoted >= 0.96),
    ]
    for ratio, most in ((1.0, 60), (2.0, 15), (3.0, 7)):
        samples = 100 * found[ratio].samples
        bars.append(Bar(f"requests at RR {ratio:g} {where}: {samples:.1f} % of fixed <= {most} %", samples <= most))
    return bars


def coarse(runs: int) -> list[Bar]:
    """Ticks of a twentieth of the fixed size: stated, no bar."""
    print(f"The same at 1 %, a look after each twentieth: {HEAD}")
    for dispersion in ("auto", "off"):
        config = rules(0.01, dispersion=dispersion)
        size = tick_size(config, 20)
        for ratio in (1.0, 1.5, 2.0, 3.0):
            stream = draw(np.random.default_rng(SEED), runs, (size, size), (0.01, 0.01 * ratio), 31)
            print(f"  dispersion {dispersion}, RR {ratio}: {play(config, stream)}", flush=True)
    return []


def compared(runs: int) -> list[Bar]:
    """Peers on the same draws."""
    baseline = 0.01
    size = tick_size(rules(baseline))
    print(f"Peers on the same draws, baseline 1 %: {HEAD}")
    for ratio in (1.0, 1.5, 2.0):
        stream = draw(np.random.default_rng(SEED + 1), runs, (size, size), (baseline, baseline * ratio), 150)
        for name, (promote, rollback) in (
            ("fixed test, one look", peers.fixed(stream, ERRORS, TICKS)),
            ("the same, peeked at", peers.peeking(stream, ERRORS)),
            ("mixture SPRT", peers.mixture(stream, ERRORS, baseline)),
        ):
            up, down, looks = peers.outcome(promote, rollback)
            print(f"  RR {ratio}, {name:22s} {100 * up:7.2f} {100 * down:8.2f} {100 * looks / TICKS:7.1f}")
        for dispersion in ("off", "auto"):
            name = f"ours, dispersion {dispersion}"
            print(f"  RR {ratio}, {name:22s} {play(rules(baseline, dispersion=dispersion), stream)}", flush=True)
    return []


def seed(_runs: int) -> list[Bar]:
    """The "SPRT" with success and failure swapped in its second arm, and the gate on the same pairs of requests."""
    print("A naive SPRT with its second arm swapped, 200 runs of 3,000 pairs: accepts, rejects, mean pairs")
    bars: list[Bar] = []
    for good, canary in ((0.995, 0.995), (0.9999, 0.99), (0.99, 0.97), (0.995, 0.0)):
        random = np.random.default_rng(SEED + 9)
        a, b = random.random((200, 3000)) < good, random.random((200, 3000)) < canary
        up, down, pairs = peers.outcome(*peers.naive_sprt(a, b))
        bad = (~a).reshape(200, 30, 100).sum(axis=2), (~b).reshape(200, 30, 100).sum(axis=2)
        stream = peers.Stream(bad[0], bad[1], np.full(30, 100), np.full(30, 100))
        ours = play(rules(max(1 - good, 1e-3)), stream)
        print(
            f"  success {good} / {canary}: {100 * up:6.1f} % {100 * down:6.1f} % {pairs:7.1f}; ours {ours}", flush=True
        )
        if not canary:
            words = f"a dead canary: accepted by the naive SPRT {100 * up:.1f} %, by ours {100 * ours.promoted:.1f} %"
            bars.append(Bar(words, ours.promoted == 0 and ours.rolled_back == 1))
    return bars
