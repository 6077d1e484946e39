import pytest

from checks.impact.outcome import Outcome
from checks.impact.series import Neighbour
from checks.impact.study import study
from checks.impact.told import Held, MetricTold

from .observed import AT, BEFORE, STEP, Values, metric, noise, rules, series

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


def test_a_control_that_moved_is_dropped_and_named_and_the_effect_is_seen_all_the_same() -> None:
    hit = [value + (6.0 if at >= BEFORE else 0.0) for at, value in enumerate(TRAFFIC)]
    found = told(("hit", hit), ("traffic", TRAFFIC))
    assert [(one.name, one.state) for one in found.controls] == [("hit", "moved"), ("traffic", "ok")]
    assert found.controls[0].p is not None
    assert found.controls[0].p < 0.05 / 2
    assert found.outcome is Outcome.LIKELY_WORSE
    assert found.average is not None
    assert found.average.lower < 3.0 < found.average.upper


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
    found = told(("itself", itself), ("in_ms", [1000 * (value or 0) - 5 for value in itself]), effect=6.0)
    assert {one.why for one in found.controls} == {"it is the metric itself"}
    assert found.outcome is Outcome.LIKELY_WORSE
