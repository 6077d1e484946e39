import re

import pytest

from checks.impact.outcome import Outcome
from checks.impact.series import Neighbour, Observed
from checks.impact.study import study
from checks.impact.told import Held, MetricTold

from .observed import AT, BEFORE, STEP, Values, metric, noise, rules, series

pytestmark = pytest.mark.slow

TRAFFIC = [3 * value for value in noise(7)]


def told(*controls: tuple[str, Values], effect: float = 3.0) -> MetricTold:
    held = [series(name, values) for name, values in controls]
    return study(rules(), [metric(effect=effect, controls=held, follows=TRAFFIC)], AT).metrics[0]


def test_a_control_that_the_metric_follows_makes_the_answer_sharper() -> None:
    with_it, without = told(("traffic", TRAFFIC)), told()
    assert [(one.name, one.state) for one in with_it.controls] == [("traffic", "ok")]
    assert with_it.average is not None
    assert without.average is not None
    assert 2 * (with_it.average.upper - with_it.average.lower) < without.average.upper - without.average.lower


def test_a_control_that_moved_is_dropped_and_named_and_both_readings_are_told() -> None:
    hit = [value + (6.0 if at >= BEFORE else 0.0) for at, value in enumerate(TRAFFIC)]
    found = told(("hit", hit), ("traffic", TRAFFIC))
    assert [(one.name, one.state) for one in found.controls] == [("hit", "moved"), ("traffic", "ok")]
    assert found.controls[0].p is not None
    assert found.controls[0].p < 0.05 / 2
    assert found.average is not None
    assert found.average.lower < 3.0 < found.average.upper
    assert (found.outcome, found.reason.partition(":")[0]) == (Outcome.NO_EVIDENCE, "two readings")
    assert found.notes[0].startswith("with hit kept as a control the effect would be ")


ORDERS = [0.1 * value for value in noise(4)]


def orders(effect: float) -> MetricTold:
    """Orders are a tenth of the visits, which jump for a reason of their own as the deployment comes."""
    visits = [1_000 + 10 * value + (30.0 if at >= BEFORE else 0.0) for at, value in enumerate(noise(3))]
    tied = [0.1 * came + own for came, own in zip(visits, ORDERS, strict=True)]
    sold = [value + (effect if at >= BEFORE else 0.0) for at, value in enumerate(tied)]
    return study(
        rules("orders"), [Observed("orders", series("orders", sold), (series("visits", visits),))], AT
    ).metrics[0]


def test_what_a_control_brought_that_moved_by_itself_is_no_verdict() -> None:
    found = orders(0.0)
    assert (found.controls[0].state, found.outcome) == ("moved", Outcome.NO_EVIDENCE)
    assert found.p is not None
    assert found.p < 0.05
    assert found.reason == (
        "two readings: with visits kept it finds nothing, and these series cannot tell which is right"
    )
    said = re.fullmatch(
        r"with visits kept as a control the effect would be ([+-][.\d]+) % \[.*\]:"
        r" if the deployment cannot have moved it, believe that",
        found.notes[0],
    )
    assert said
    assert abs(float(said[1])) < 0.2


@pytest.mark.parametrize(("effect", "outcome"), [(3.0, Outcome.LIKELY_WORSE), (-2.0, Outcome.NO_EVIDENCE)])
def test_two_readings_that_agree_are_a_verdict_and_opposite_ones_are_none(effect: float, outcome: Outcome) -> None:
    found = orders(effect)
    assert (found.controls[0].state, found.outcome) == ("moved", outcome)
    assert ("finds the opposite" in found.reason) is (effect < 0)


def test_what_a_later_deployment_did_within_a_step_moves_no_control() -> None:
    part = [value + (900.0 if at == BEFORE + 3 else 0.0) for at, value in enumerate(TRAFFIC)]
    observed = metric(effect=3.0, controls=[series("traffic", part)], follows=TRAFFIC)
    found = study(rules(), [observed], AT, [Neighbour(AT + 3.5 * STEP, "v3")]).metrics[0]
    assert [(one.state, one.why) for one in found.controls] == [("ok", "")]


def test_under_the_prior_of_r_a_control_that_moved_is_named_and_kept() -> None:
    hit = [value + (6.0 if at >= BEFORE else 0.0) for at, value in enumerate(TRAFFIC)]
    observed = metric(effect=3.0, controls=[series("hit", hit)], follows=TRAFFIC)
    found = study(rules(prior="r"), [observed], AT).metrics[0]
    assert (found.controls[0].state, found.controls[0].why) == ("moved", "it moved itself, kept as R keeps it")
    assert found.average is not None
    assert found.average.effect < -1  # what the control did hides what the deployment did


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([100.0] * 120, "it does not vary before the deployment"),
        ([1.0] * BEFORE + noise(3, 40), "it does not vary before the deployment"),
        ([None] * 120, "it has no point where the metric has one"),
        ([*[None] * 40, *noise(3, 80)], "it has no point at 40 of 120 of the metric's"),
        ([float("inf"), *noise(3, 119)], "it has values that are no numbers"),
    ],
)
def test_a_control_that_says_nothing_is_named_unusable(values: Values, why: str) -> None:
    assert told(("odd", values)).controls == (Held("odd", "unusable", why=why),)


def test_the_metric_itself_is_no_control_not_even_in_another_unit() -> None:
    itself = metric(effect=6.0, follows=TRAFFIC).y.values
    near = [(value or 0) + tiny for value, tiny in zip(itself, (1e-5 * one for one in noise(9)), strict=True)]
    found = told(("itself", itself), ("in_ms", [1000 * (value or 0) - 5 for value in near]), effect=6.0)
    assert {one.why for one in found.controls} == {"it is the metric itself"}
    assert found.outcome is Outcome.LIKELY_WORSE
