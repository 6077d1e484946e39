"""Evidence of a regression that may begin at any tick: what it costs, what it gains, and that it stays evidence."""

from __future__ import annotations

from itertools import pairwise
from math import comb, isfinite, log

import pytest

from checks.experiment import GateConfig
from checks.experiment.regression import AT_ONCE, grown, log_evidence, to_come
from checks.experiment.table import Table, add_table, empty_table

CONFIG = GateConfig(baseline=0.01, dispersion="off")
DESIGN = CONFIG.designs[0]
NONE = (0.0,) * len(DESIGN.suspects)
HEALTHY, BAD = ((2_000, 20), (2_000, 20)), ((2_000, 20), (2_000, 70))


def after(*ticks: tuple[tuple[int, int], tuple[int, int]]) -> Table:
    table = empty_table(DESIGN)
    for control, canary in ticks:
        table = add_table(table, DESIGN, control, canary, False)
    return table


def test_nothing_seen_is_no_evidence() -> None:
    assert log_evidence(NONE, 1, NONE, to_come(0, DESIGN)) == pytest.approx(0)


def test_all_that_may_begin_weighs_one_in_all() -> None:
    sizes = [DESIGN.most * part for part in (0, 0.1, 0.35, 0.8, 1, 1.7)]
    opened = sum(to_come(before, DESIGN) - to_come(later, DESIGN) for before, later in pairwise(sizes))
    assert AT_ONCE + opened == pytest.approx(1)
    assert to_come(DESIGN.most, DESIGN) == 0


def test_under_the_tolerated_rate_its_mean_is_one_over_every_way_a_tick_can_go() -> None:
    """Exact: given the number of bad requests, the split follows the central hypergeometric law."""
    table, control, canary, bad = after(BAD, HEALTHY), 300, 200, 7
    law = [comb(canary, x) * comb(control, bad - x) / comb(control + canary, bad) for x in range(bad + 1)]
    went = [add_table(table, DESIGN, (control, bad - x), (canary, x), False).log_e_rollback for x in range(bad + 1)]
    mean = sum(chance * 2.718281828459045**log_e for chance, log_e in zip(law, went, strict=True))
    assert log(mean) == pytest.approx(table.log_e_rollback, abs=1e-9)


def test_a_fault_after_health_is_told_sooner_than_by_one_long_test() -> None:
    """The likelihood ratio from the first tick on must climb out of what the healthy hours took it down to."""
    table = after(*[HEALTHY] * 12, BAD)
    base = table.logs[DESIGN.tolerated]
    from_the_start = max(table.logs[at] - base for at in DESIGN.suspects)
    assert from_the_start < 0 < DESIGN.rollback_bound < table.log_e_rollback


def test_a_fault_from_the_start_costs_a_twentieth_of_the_evidence_at_most() -> None:
    table = after(BAD)
    base = table.logs[DESIGN.tolerated]
    ratios = [2.718281828459045 ** (table.logs[at] - base) for at in DESIGN.suspects]
    assert table.log_e_rollback >= log(AT_ONCE * sum(ratios) / len(ratios))


def test_a_tick_beyond_all_floats_leaves_a_number() -> None:
    table = after(((10**9, 10), (10**9, 10**8)), *[((10**9, 10**8), (10**9, 10))] * 3)
    assert isfinite(table.log_e_rollback)
    assert all(isfinite(ratio) for ratio in table.later)


def test_what_ran_dry_is_no_error() -> None:
    spent, steep = 2 * DESIGN.most, (-700.0,) * len(DESIGN.suspects)
    dry = grown((1e-300,) * len(DESIGN.suspects), steep, 1, to_come(spent, DESIGN))
    assert dry == NONE
    assert isfinite(log_evidence([10 * one for one in steep], 1, dry, to_come(spent, DESIGN)))
