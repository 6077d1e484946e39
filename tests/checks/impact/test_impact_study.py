from dataclasses import replace
from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.impact.outcome import Outcome
from checks.impact.series import Neighbour, Observed, Series
from checks.impact.study import study, worst
from checks.impact.told import dump, load

from .observed import AFTER, AT, BEFORE, STEP, T0, Values, metric, noise, rules, series, times

pytestmark = pytest.mark.slow


def test_an_effect_is_told_with_its_interval_and_which_way_is_good() -> None:
    found = study(rules(), [metric(effect=3.0)], AT)
    told = found.metrics[0]
    assert (found.outcome, told.outcome) == (Outcome.LIKELY_WORSE, Outcome.LIKELY_WORSE)
    assert told.average is not None
    assert told.average.lower < 3.0 < told.average.upper
    assert (told.n_pre, told.n_post, told.start, told.end) == (BEFORE, AFTER, T0, T0 + 119 * STEP)
    better = rules(metrics=[{"name": "p95", "better": "higher"}])
    assert study(better, [metric(effect=3.0)], AT).outcome is Outcome.LIKELY_BETTER


def test_nothing_is_seen_where_nothing_happened() -> None:
    told = study(rules(), [metric()], AT).metrics[0]
    assert told.outcome is Outcome.NO_EVIDENCE
    assert "is not below 0.05" in told.reason


def test_the_same_look_tells_the_same_bytes_and_another_one_another_digest() -> None:
    one, again = study(rules(), [metric(effect=1.0)], AT), study(rules(), [metric(effect=1.0)], AT)
    assert dump(one) == dump(again)
    assert load(dump(one)) == one
    assert study(rules(), [metric(effect=1.1)], AT).digest != one.digest
    assert study(rules(alpha=0.04), [metric(effect=1.0)], AT).digest != one.digest


def test_of_many_metrics_a_lone_small_p_is_not_enough() -> None:
    """At p 0.03 alone it is likely worse; among ten that did not move its q is above the share allowed."""
    alone = next(seed for seed in range(40) if 0.02 < (p_of(seed) or 1) < 0.045)
    assert study(rules(), [metric(effect=0.8, seed=alone)], AT).outcome is Outcome.LIKELY_WORSE
    others = [f"m{at}" for at in range(9)]
    calm = [metric(name, seed=100 + at) for at, name in enumerate(others)]
    found = study(rules("p95", *others, placebos=0), [metric(effect=0.8, seed=alone), *calm], AT)
    told = found.metrics[0]
    assert (told.outcome, told.q is not None and told.q > 0.1) == (Outcome.NO_EVIDENCE, True)
    assert "but q" in told.reason


def p_of(seed: int) -> float | None:
    return study(rules(placebos=0), [metric(effect=0.8, seed=seed)], AT).metrics[0].p


@pytest.mark.parametrize(("growth", "outcome"), [(0.01, Outcome.NO_EVIDENCE), (0.0, Outcome.LIKELY_WORSE)])
def test_what_bent_before_already_is_not_taken_for_an_effect(growth: float, outcome: Outcome) -> None:
    """One per cent a step is far above its straight line after 80 steps; nothing happened to it."""
    values = [100 * exp(growth * at) + 2 * one for at, one in enumerate(noise(2))]
    if not growth:
        values = [value + (8 if at >= BEFORE else 0) for at, value in enumerate(values)]
    told = study(rules(placebos=0), [Observed("p95", series("p95", values))], AT).metrics[0]
    assert told.p is not None
    assert told.p < 0.05
    assert (told.outcome, "bending upwards" in told.reason) == (outcome, growth > 0)


def test_an_effect_against_the_bend_is_seen() -> None:
    values = [100 * exp(0.01 * at) + one - (60 if at >= BEFORE else 0) for at, one in enumerate(noise(2))]
    config = rules(metrics=[{"name": "p95", "better": "higher"}], placebos=0)
    assert study(config, [Observed("p95", series("p95", values))], AT).outcome is Outcome.LIKELY_WORSE


@pytest.mark.parametrize(("period", "used"), [(7, 7), (50, 0)])
def test_a_season_that_the_past_does_not_carry_is_told(period: int, used: int) -> None:
    config = rules(metrics=[{"name": "p95", "better": "lower", "period": period}])
    told = study(config, [metric(effect=3.0)], AT).metrics[0]
    said = () if used else ("no season of 50 points is in the model: 80 points before the change cannot carry it",)
    assert (told.period, told.notes) == (used, said)


# --- no answer ---------------------------------------------------------------------------------------------------


def test_before_the_deployment_it_is_pending() -> None:
    assert study(rules(), [metric()], times()[-1] + 1).outcome is Outcome.PENDING_DEPLOY
    assert study(rules(), [metric()], T0 + 1_000 * STEP).outcome is Outcome.PENDING_DEPLOY


def test_a_metric_that_nobody_read_has_no_data() -> None:
    assert study(rules(), [], AT).metrics[0].reason == "nobody read it"


def test_trouble_is_passed_on() -> None:
    silent = Observed("p95", Series("p95", (), ()), trouble="the source gave no answer within 10 s")
    told = study(rules(), [silent], AT).metrics[0]
    assert (told.outcome, told.reason) == (Outcome.INSUFFICIENT_DATA, "the source gave no answer within 10 s")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([5.0] * 120, "does not vary"),
        ([None] * 120, "no points"),
        ([*noise(1, BEFORE), *[None] * AFTER], "no usable point after"),
        ([*[None] * 60, *noise(1, 60)], "20 usable points"),
        ([*noise(1, 119), float("inf")], "infinite"),
    ],
)
def test_what_cannot_be_answered_has_its_reason(values: Values, reason: str) -> None:
    told = study(rules(), [Observed("p95", series("p95", values))], AT).metrics[0]
    assert told.outcome is Outcome.INSUFFICIENT_DATA
    assert reason in told.reason


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.none() | st.floats(), max_size=80),
    st.lists(st.none() | st.floats(), min_size=80, max_size=80),
    st.floats(T0 - 600, T0 + 6_000),
    st.lists(st.floats(T0 - 600, T0 + 6_000), max_size=3),
)
def test_whatever_is_observed_has_an_outcome_that_can_be_kept(
    values: Values, control: Values, at: float, others: list[float]
) -> None:
    y = Series("p95", times(len(values)), tuple(values))
    x = Series("x", y.times, tuple(control[: len(values)]))
    neighbours = [Neighbour(other, "v") for other in others]
    told = study(rules(min_pre=3, placebos=3), [Observed("p95", y, (x,))], at, neighbours)
    assert load(dump(told)) == told


def test_the_worst_of_several_counts() -> None:
    assert worst([Outcome.NO_EVIDENCE, Outcome.LIKELY_WORSE, Outcome.LIKELY_BETTER]) is Outcome.LIKELY_WORSE
    assert worst([Outcome.NO_EVIDENCE, Outcome.LIKELY_BETTER]) is Outcome.LIKELY_BETTER
    assert worst([]) is Outcome.PENDING_DEPLOY


# --- the window --------------------------------------------------------------------------------------------------


def test_the_step_in_which_it_was_deployed_counts_for_neither_side() -> None:
    told = study(rules(), [metric(effect=3.0)], AT - 20).metrics[0]
    assert (told.n_pre, told.n_post, told.masked) == (BEFORE - 1, AFTER, 1)


def test_a_step_of_another_deployment_is_not_taken_for_an_effect() -> None:
    """The other one came 20 minutes earlier and moved the metric by 4; ours did nothing."""
    stepped = [value + (4.0 if at >= BEFORE - 20 else 0.0) for at, value in enumerate(metric().y.values)]  # type: ignore[operator]
    observed = replace(metric(), y=series("p95", stepped))
    found = study(rules(), [observed], AT, [Neighbour(AT - 20 * STEP, "v2")]).metrics[0]
    assert found.outcome is Outcome.NO_EVIDENCE
    assert "allowed to step" in found.notes[0]
    assert found.average is not None
    assert abs(found.average.effect) < 1


def test_what_a_later_deployment_did_is_left_out() -> None:
    late = [value + (9.0 if at >= BEFORE + 20 else 0.0) for at, value in enumerate(metric().y.values)]  # type: ignore[operator]
    observed = replace(metric(), y=series("p95", late))
    found = study(rules(), [observed], AT, [Neighbour(AT + 20 * STEP, "v3")]).metrics[0]
    assert (found.outcome, found.n_post) == (Outcome.NO_EVIDENCE, 20)
    assert study(rules(), [observed], AT).outcome is Outcome.LIKELY_WORSE


@pytest.mark.parametrize("into", [1.0, 30.0, 59.0])
def test_the_step_in_which_a_later_deployment_came_counts_for_neither(into: float) -> None:
    """The other one made it 900 % worse, and shares a step with ours, which did nothing."""
    part = [0.0] * (BEFORE + 20) + [900 * (1 - into / STEP)] + [900.0] * (AFTER - 21)
    found = study(rules(), [metric(follows=part)], AT, [Neighbour(AT + 20 * STEP + into, "v3")]).metrics[0]
    assert (found.outcome, found.n_post, found.masked) == (Outcome.NO_EVIDENCE, 20, 1)


def test_the_step_in_which_an_earlier_deployment_came_counts_for_neither() -> None:
    part = [0.0] * (BEFORE - 20) + [450.0] + [900.0] * (AFTER + 19)
    found = study(rules(), [metric(follows=part)], AT, [Neighbour(AT - 19.5 * STEP, "v2")]).metrics[0]
    assert (found.outcome, found.n_pre, found.masked) == (Outcome.NO_EVIDENCE, BEFORE - 1, 1)


def test_two_deployments_without_a_whole_step_in_between_share_an_effect() -> None:
    found = study(rules(), [metric(effect=3.0)], AT, [Neighbour(AT + STEP / 2, "v3")]).metrics[0]
    assert (found.outcome, found.n_post) == (Outcome.LIKELY_WORSE, AFTER - 1)
    assert "one effect for both" in found.notes[0]


def test_sparks_never_mix_both_sides_and_fit_in_a_line() -> None:
    sparks = study(rules(), [metric(effect=50.0)], AT).metrics[0].sparks
    assert (len(sparks.actual), len(sparks.expected), sparks.before) == (60, 60, 40)
    assert max(value or 0 for value in sparks.actual[:40]) < 110 < min(value or 200 for value in sparks.actual[40:])
