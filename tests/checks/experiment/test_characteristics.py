"""How often the gate is wrong, by simulation with fixed seeds; `benchmarks/experiment.py` does the same with more runs.

Every bound on a share allows three standard errors, as the benchmark does.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest

from benchmarks import experiment
from benchmarks.canary import peers
from benchmarks.canary.play import ERRORS, Outcome, at_most, draw, draw_bursts, play, rules, tick_size, ticks
from benchmarks.canary.stress import late, many
from checks.experiment import Reason, advance, begin
from tests.nights import by_night

pytestmark = pytest.mark.slow

MARGIN = 1.5


def outcome(ratio: float, runs: int, baseline: float = 0.01, seed: int = 7, **more: object) -> Outcome:
    """The gate on independent requests, looked at after each hundredth of the fixed size."""
    config = rules(baseline, **more)
    size = tick_size(config)
    return play(config, draw(np.random.default_rng(seed), runs, (size, size), (baseline, ratio * baseline), 151))


@pytest.mark.parametrize("dispersion", ["auto", "off"])
@pytest.mark.parametrize("baseline", [0.01, *by_night(0.001, 0.05)])
def test_a_canary_at_the_margin_is_hardly_ever_promoted(baseline: float, dispersion: str) -> None:
    ours = outcome(MARGIN, 400, baseline, dispersion=dispersion)
    assert at_most(ours.promoted, ours.runs, 0.005)
    assert ours.rolled_back > 0.97


@pytest.mark.parametrize("dispersion", ["auto", "off"])
@pytest.mark.parametrize("baseline", [0.01, *by_night(0.001, 0.05)])
def test_a_good_canary_is_promoted_for_less_than_two_thirds_of_the_fixed_test(baseline: float, dispersion: str) -> None:
    ours = outcome(1.0, 300, baseline, dispersion=dispersion)
    assert ours.promoted >= 0.96
    assert at_most(ours.rolled_back, ours.runs, 0.02)
    assert ours.samples <= 0.60


@pytest.mark.parametrize(("ratio", "most"), [(2.0, 0.15), (3.0, 0.07), (10.0, 0.03)])
def test_a_bad_canary_is_taken_back_soon(ratio: float, most: float) -> None:
    ours = outcome(ratio, 300)
    assert ours.rolled_back == 1
    assert ours.samples <= most


def test_a_better_canary_is_promoted_sooner_than_an_equal_one() -> None:
    assert outcome(0.5, 100).samples < outcome(1.0, 100).samples


def test_looking_does_not_spoil_the_error_as_it_spoils_a_test_made_for_one_look() -> None:
    config = rules(0.01, dispersion="off")
    size = tick_size(config)
    stream = draw(np.random.default_rng(8), 800, (size, size), (0.01, 0.015), 150)
    peeked, _, _ = peers.outcome(*peers.peeking(stream, ERRORS))
    assert peeked > 0.02
    assert at_most(play(config, stream).promoted, 800, 0.005)


def test_a_ramp_on_a_falling_baseline_deceives_pooled_counts_and_not_the_gate() -> None:
    nt = np.round(460 * np.repeat([0.05, 0.1, 0.25, 0.5], 40)).astype(np.int64)
    base = np.repeat([0.03, 0.02, 0.01, 0.005], 40)
    stream = draw(np.random.default_rng(9), 400, (460 - nt, nt), (base, MARGIN * base), 160)
    pooled, _, _ = peers.outcome(*peers.one_look_pooled(stream, ERRORS))
    assert pooled > 0.99
    assert at_most(play(rules(0.01, dispersion="off"), stream, share=True).promoted, 400, 0.005)


@pytest.mark.parametrize("ratio", [1.0, MARGIN])
def test_the_time_of_day_cancels(ratio: float) -> None:
    """The baseline of both sides swings between 0.5 and 2 % in the course of 48 ticks."""
    base = 0.01 * 2 ** np.sin(2 * np.pi * np.arange(151) / 48)
    stream = draw(np.random.default_rng(10), 300, (264, 264), (base, ratio * base), 151)
    ours = play(rules(0.01), stream)
    assert at_most(ours.promoted if ratio > 1 else ours.rolled_back, 300, 0.005 if ratio > 1 else 0.02)


def test_small_ticks_with_mostly_no_error_keep_the_promise() -> None:
    """20 requests of the canary a tick at a tenth of the traffic, one error in five ticks: nothing to estimate from."""
    config = rules(0.01, expected_share=0.1)
    stream = draw(np.random.default_rng(11), 60, (180, 20), (0.01, 0.015), 1500)
    assert at_most(play(config, stream).promoted, 60, 0.005)


def test_bursts_are_allowed_for() -> None:
    stream = draw_bursts(np.random.default_rng(12), 400, 264, (0.01, 0.015), 3.0)
    unaware, aware = play(rules(0.01, dispersion="off"), stream), play(rules(0.01), stream)
    assert unaware.promoted > 0.05
    assert at_most(aware.promoted, 400, 0.005)
    calm = draw_bursts(np.random.default_rng(13), 200, 264, (0.01, 0.01), 3.0)
    assert play(rules(0.01), calm).rolled_back < play(rules(0.01, dispersion="off"), calm).rolled_back / 2


def test_late_errors_wait_behind_the_watermark_and_several_gates_share_beta() -> None:
    assert [bar.words for bar in (*late(60), *many(100)) if not bar.holds] == []


def test_a_fair_split_is_hardly_ever_called_a_mismatch() -> None:
    """Requests fall to either side by chance, 100 ticks of about 2 x 100."""
    config, ended = rules(0.01, horizon=20), 0
    for row in np.random.default_rng(14).binomial(200, 0.5, (150, 100)).tolist():
        sizes = [(200 - canary, canary) for canary in row]
        ended += advance(begin(config), ticks(sizes, [0] * 100, [0] * 100), config).reason is Reason.SRM
    assert ended / 150 <= 0.01


# --- the naive SPRT --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("good", "canary"), [(0.99, 0.99), (0.995, 0.995), (0.9999, 0.99), (0.99, 0.97)])
def test_an_sprt_with_its_second_arm_swapped_rejects_every_living_canary_after_four_pairs(
    good: float, canary: float
) -> None:
    """log(p1/p0) for a success of arm A but log((1-p1)/(1-p0)) for one of arm B: each pair of successes costs 0.688."""
    random = np.random.default_rng(15)
    a, b = random.random((300, 60)) < good, random.random((300, 60)) < canary
    up, down, pairs = peers.outcome(*peers.naive_sprt(a, b))
    assert (up, down) == (0, 1)
    assert 4 <= pairs < 4.3


def test_it_accepts_only_the_dead_canary_and_the_gate_takes_that_back_at_once() -> None:
    random = np.random.default_rng(16)
    good, dead = random.random((300, 3000)) < 0.995, np.zeros((300, 3000), dtype=bool)
    up, _, _ = peers.outcome(*peers.naive_sprt(good, dead))
    assert up > 0.98
    bad = (~good).reshape(300, 30, 100).sum(axis=2)
    stream = peers.Stream(bad, np.full((300, 30), 100), np.full(30, 100), np.full(30, 100))
    ours = play(rules(0.005), stream)
    assert (ours.promoted, ours.rolled_back) == (0, 1)


def test_where_it_rejects_an_equal_canary_the_gate_promotes() -> None:
    ours = outcome(1.0, 100, 0.005)
    assert ours.promoted > 0.96


def test_the_benchmark_prints_its_bars(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["experiment", "20", "late", "seed"])
    assert experiment.main() == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[-2:]] == ["holds", "holds"]
