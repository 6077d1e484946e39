"""Evidence from counts: its mean under the null by exact enumeration, its direction, and what must not move it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product
from math import exp, fsum, isfinite, log
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.experiment.config import GateConfig
from checks.experiment.design import Design
from checks.experiment.regression import AT_ONCE, to_come
from checks.experiment.table import Table, add_table, empty_table
from tests.checks.experiment.facts import config, law

pytestmark = pytest.mark.slow

LATENCY: dict[str, Any] = {"name": "p95", "kind": "latency_bucket", "tau_ms": 400.0, "margin": 1.25}
SIZE = st.integers(1, 40)


def slow() -> Design:
    return GateConfig.model_validate({"metrics": [LATENCY]}).designs[0]


def errors(**rules: Any) -> Design:
    return config(**rules).designs[0]


def after(design: Design, *ticks: tuple[int, int, int, int], bursts: bool = False) -> Table:
    """Evidence from ticks of (control, bad, canary, bad)."""
    table = empty_table(design)
    for control, control_bad, canary, canary_bad in ticks:
        table = add_table(table, design, (control, control_bad), (canary, canary_bad), bursts)
    return table


def outcomes(
    strata: list[tuple[int, int, int]], psi: float
) -> Iterator[tuple[float, tuple[tuple[int, int, int, int], ...]]]:
    """Every way in which the bad requests of some ticks (control, canary, bad) can split, with its probability."""
    laws = [law(control, canary, bad, psi) for control, canary, bad in strata]
    for xs in product(*laws):
        chance = 1.0
        for one, x in zip(laws, xs, strict=True):
            chance *= float(one[x])
        ticks = [(c, bad - x, t, x) for (c, t, bad), x in zip(strata, xs, strict=True)]
        yield chance, tuple(ticks)


@st.composite
def strata(draw: st.DrawFn) -> list[tuple[int, int, int]]:
    """One to three ticks, small enough to enumerate."""
    sides = draw(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), min_size=1, max_size=3))
    return [(c, t, draw(st.integers(0, min(c + t, 6)))) for c, t in sides]


@given(strata())
def test_promotion_is_a_fair_game_at_the_margin_and_a_losing_one_beyond(ticks: list[tuple[int, int, int]]) -> None:
    design = errors()

    def mean(psi: float) -> float:
        return fsum(chance * exp(after(design, *ways).log_e_promote) for chance, ways in outcomes(ticks, psi))

    margin = design.psis[design.limit]
    assert mean(margin) == pytest.approx(1, abs=1e-9)
    assert mean(2 * margin) <= 1 + 1e-9


@given(strata())
def test_rollback_is_a_fair_game_where_tolerated_and_a_losing_one_below(ticks: list[tuple[int, int, int]]) -> None:
    design = errors(tolerate=1.2)

    def mean(psi: float) -> float:
        return fsum(chance * exp(after(design, *ways).log_e_rollback) for chance, ways in outcomes(ticks, psi))

    tolerated = design.psis[design.tolerated]
    assert mean(tolerated) == pytest.approx(1, abs=1e-9)
    assert mean(tolerated / 2) <= 1 + 1e-9


TICK = st.tuples(st.integers(1, 40), st.integers(0, 40), st.integers(1, 40), st.integers(0, 40))


@given(st.lists(TICK.map(lambda one: (one[0], min(one[:2]), one[2], min(one[2:]))), min_size=1, max_size=12))
def test_allowing_for_bursts_only_ever_asks_more_of_a_promotion(ticks: list[tuple[int, int, int, int]]) -> None:
    """So a bound that it reaches was reached without it, and the guarantee for independent requests stays."""
    plain, allowing = after(errors(), *ticks), after(errors(), *ticks, bursts=True)
    assert allowing.logs == plain.logs
    assert allowing.log_e_promote <= max(0.0, plain.log_e_promote)


@given(strata())
def test_allowing_for_bursts_makes_rollback_a_losing_game_where_tolerated(ticks: list[tuple[int, int, int]]) -> None:
    design = errors()
    ways = outcomes(ticks, 1.0)
    assert fsum(chance * exp(after(design, *way, bursts=True).log_e_rollback) for chance, way in ways) <= 1 + 1e-9


def test_what_promotes_is_held_against_the_careful_factor_of_the_ticks_before() -> None:
    ticks = [(300, 3, 300, 2), (300, 9, 300, 4), (300, 1, 300, 3), (300, 2, 300, 2)]
    before, table = after(errors(), *ticks[:-1], bursts=True), after(errors(), *ticks, bursts=True)
    assert before.dispersion.cautious > before.dispersion.factor > 1
    assert table.log_e_promote == pytest.approx(-table.logs[errors().limit] / before.dispersion.cautious)


def test_what_rolls_back_is_the_mean_over_suspects_and_beginnings_held_against_the_factors_before() -> None:
    """What begins later takes each tick at the factor of that time, the whole course is held against the last one."""
    ticks = [(300, 3, 300, 2), (300, 9, 300, 4), (300, 1, 300, 3), (300, 2, 300, 2)]
    design, courses = errors(), [after(errors(), *ticks[:n], bursts=True) for n in range(len(ticks) + 1)]
    last, steps = courses[-1], list(pairwise(courses))
    opened = [to_come(one.size, design) - to_come(other.size, design) for one, other in steps]

    def gain(suspect: int, since: int) -> float:
        return fsum((b.logs[suspect] - a.logs[suspect]) / a.dispersion.factor for a, b in steps[since:])

    def ratio(suspect: int) -> float:
        whole = AT_ONCE * exp(min(last.logs[suspect], last.logs[suspect] / courses[-2].dispersion.factor))
        return whole + fsum(weight * exp(gain(suspect, since)) for since, weight in enumerate(opened))

    mean = fsum(map(ratio, design.suspects)) / len(design.suspects)
    assert last.log_e_rollback == pytest.approx(log(mean + to_come(last.size, design)))


@given(SIZE, SIZE, st.data())
def test_one_more_bad_canary_request_speaks_for_rollback_and_against_promotion(
    control: int, canary: int, data: st.DataObject
) -> None:
    bad = data.draw(st.integers(1, control + canary - 1))
    low, high = max(0, bad - control), min(bad, canary)
    tables = [after(errors(), (control, bad - x, canary, x)) for x in range(low, high + 1)]
    promote, rollback = [t.log_e_promote for t in tables], [t.log_e_rollback for t in tables]
    assert promote == sorted(promote, reverse=True)
    assert rollback == sorted(rollback)


@given(SIZE, SIZE)
def test_where_all_or_nothing_went_wrong_nothing_is_learnt(control: int, canary: int) -> None:
    for share in (0, 1):
        table = after(errors(), (control, share * control, canary, share * canary))
        assert (table.log_e_promote, table.log_e_rollback) == pytest.approx((0, 0))
        assert (table.control, table.canary, table.ticks) == (control, canary, 1)


def test_two_dead_sides_of_any_size_prove_nothing() -> None:
    table = after(errors(), *[(10**9, 10**9, 10**9, 10**9)] * 5)
    assert (table.log_e_promote, table.log_e_rollback) == pytest.approx((0, 0))


def test_the_likelihood_ratio_of_one_tick_is_the_one_of_the_textbook() -> None:
    """10 of 1,000 against 10 of 1,000 where 20 went wrong: 1 against the margin, by exact fractions."""
    design = errors()
    margin = design.psis[design.limit]
    expected = log(float(law(1000, 1000, 20, 1.0)[10] / law(1000, 1000, 20, margin)[10]))
    assert after(design, (1000, 10, 1000, 10)).log_e_promote == pytest.approx(expected, abs=1e-6)


@given(st.lists(st.tuples(SIZE, SIZE), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_ticks_makes_no_difference_to_what_is_proven(sides: list[tuple[int, int]], random: Any) -> None:
    ticks = [(c, random.randint(0, c), t, random.randint(0, t)) for c, t in sides]
    forth, back = after(errors(), *ticks), after(errors(), *ticks[::-1])
    assert forth.logs == pytest.approx(back.logs, abs=1e-9)
    assert (forth.control, forth.canary_bad) == (back.control, back.canary_bad)
    assert forth.size == pytest.approx(back.size)


@given(st.integers(1, 10**12), st.integers(1, 10**12), st.data())
def test_no_count_breaks_it(control: int, canary: int, data: st.DataObject) -> None:
    bad = data.draw(st.integers(0, control)), data.draw(st.integers(0, canary))
    for design in (errors(), errors(baseline=1e-7), errors(baseline=0.5, margin=1.3, tolerate=1.2)):
        table = after(design, (control, bad[0], canary, bad[1]), bursts=True)
        assert all(map(isfinite, (*table.logs, table.log_e_promote, table.log_e_rollback, table.size)))


def test_a_tick_of_unequal_sides_counts_as_the_balanced_one_that_knows_as_much() -> None:
    """V = 1/canary + margin^2/control; equal sides of n have (1 + margin^2)/n."""
    assert after(errors(), (1000, 10, 1000, 10)).size == pytest.approx(1000)
    assert after(errors(), (9000, 90, 1000, 10)).size == pytest.approx(3.25 / (1 / 1000 + 2.25 / 9000))


# --- latency ---------------------------------------------------------------------------------------------------


def slow_after(*ticks: tuple[int, int, int, int, int, int]) -> Table:
    """Ticks of (control, slow, slower than inner, canary, slow, slower than inner)."""
    design, table = slow(), empty_table(slow())
    for tick in ticks:
        table = add_table(table, design, tick[:3], tick[3:], False)
    return table


@given(st.integers(1, 15), st.integers(1, 15), st.data())
def test_a_canary_slower_by_the_margin_cannot_win_the_shifted_table(
    control: int, canary: int, data: st.DataObject
) -> None:
    """Then its requests beyond tau are as many as the control's beyond tau / margin: odds 1, whatever the shape."""
    bad = data.draw(st.integers(0, min(8, control + canary)))
    fair = law(control, canary, bad, 1.0)
    mean = fsum(
        float(chance) * exp(slow_after((control, 0, bad - x, canary, x, x)).log_e_promote) for x, chance in fair.items()
    )
    assert mean == pytest.approx(1, abs=1e-9)


def test_rollback_of_a_latency_compares_what_is_beyond_tau_on_both_sides() -> None:
    slower = slow_after(*[(1000, 50, 80, 1000, 80, 120)] * 5)
    alike = slow_after(*[(1000, 50, 80, 1000, 50, 80)] * 5)
    assert slower.log_e_rollback > log(50) > alike.log_e_rollback
    assert alike.log_e_promote > 0 > slower.log_e_promote
