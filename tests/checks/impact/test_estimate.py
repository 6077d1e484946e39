"""What `estimate` promises of its answer, and what it answers where there is none to give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.impact import estimate
from checks.impact.effect import Estimate
from checks.impact.floats import Floats
from checks.impact.outcome import Outcome
from tests.checks.impact.series import made

NAN = float("nan")


def effect(found: Estimate) -> Floats:
    """Effect, interval and standard deviation of the average."""
    assert found.average is not None
    return np.array(found.average[2:])


@pytest.mark.parametrize("prior", ["auto", "r"])
def test_an_effect_is_named_by_what_is_better(prior: str) -> None:
    y, x, at = made(effect=3.0)
    assert estimate(y, x, at, prior).outcome is Outcome.LIKELY_BETTER
    assert estimate(y, x, at, prior, better="lower").outcome is Outcome.LIKELY_WORSE
    assert estimate(*made(effect=0.0), prior).outcome is Outcome.NO_EVIDENCE


def test_the_interval_leaves_zero_out_where_p_is_below_alpha() -> None:
    for seed in range(20):
        found = estimate(*made(effect=0.8, seed=seed))
        assert found.average is not None
        assert found.p is not None
        assert (found.average.lower > 0 or found.average.upper < 0) == (found.p < 0.05)


def test_sums_average_and_points_agree() -> None:
    y, x, at = made(effect=1.0)
    found = estimate(y, x, at, kind="flow")
    assert found.average is not None
    assert found.cumulative is not None
    after = found.pointwise[at:]
    assert len(after) == found.n_post == 30
    assert found.cumulative == pytest.approx([30 * value for value in found.average])
    last = after[-1]
    assert [last.cumulative, last.cumulative_lower, last.cumulative_upper] == pytest.approx(found.cumulative[2:5])
    assert sum(point.effect or 0 for point in after) == pytest.approx(last.cumulative)
    assert [point.index for point in found.pointwise] == list(range(100))
    assert found.relative is not None
    assert found.relative.effect == pytest.approx(found.average.effect / found.average.expected)


def test_bands_widen_with_the_horizon() -> None:
    y, _, at = made(k=0)
    after = estimate(y, None, at).pointwise[at:]
    widths = [(point.upper or 0) - (point.lower or 0) for point in after]
    sums = [(point.cumulative_upper or 0) - (point.cumulative_lower or 0) for point in after]
    assert widths == sorted(widths)
    assert sums == sorted(sums)


@pytest.mark.parametrize("prior", ["auto", "r"])
@pytest.mark.parametrize("change", [lambda y: y * 1e9, lambda y: y * 1e-200, lambda y: y + 1e7, lambda y: -y])
def test_units_do_not_matter(prior: str, change: object) -> None:
    y, x, at = made(effect=1.0)
    assert callable(change)
    scale = change(y)[0] - change(y)[1]
    scale /= y[0] - y[1]
    there, here = effect(estimate(change(y), x * 1e5 - 3, at, prior)), effect(estimate(y, x, at, prior))
    if scale < 0:
        here[[1, 2]] = here[[2, 1]]
    assert there[:3] / scale == pytest.approx(here[:3], rel=1e-5)


@pytest.mark.parametrize("k", [2, 5, 9])
def test_the_order_of_covariates_does_not_matter(k: int) -> None:
    y, x, at = made(k=k, effect=1.0)
    assert effect(estimate(y, x[:, ::-1], at)) == pytest.approx(effect(estimate(y, x, at)), rel=1e-4)


def test_of_many_covariates_those_that_matter_are_found() -> None:
    y, x, at = made(k=40, effect=1.0)
    few, many = estimate(y, x[:, :2], at).average, estimate(y, x, at).average
    assert few is not None
    assert many is not None
    assert many.effect == pytest.approx(few.effect, abs=few.sd)
    assert many.sd < 1.5 * few.sd


def test_copies_of_a_covariate_change_little() -> None:
    y, x, at = made(k=2, effect=1.0)
    copies = np.column_stack([x, x[:, 0] * (1 + 1e-12), x[:, 0] + 1e-9 * x[:, 1]])
    one, four = estimate(y, x, at).average, estimate(y, copies, at).average
    assert one is not None
    assert four is not None
    assert four.effect == pytest.approx(one.effect, abs=0.3 * one.sd)


@pytest.mark.parametrize("place", [3, 69, 70, 99])
@pytest.mark.parametrize("where", ["y", "x"])
def test_a_missing_point_is_masked_and_told(place: int, where: str) -> None:
    y, x, at = made(effect=2.0)
    whole = estimate(y, x, at)
    if where == "y":
        y[place] = NAN
    else:
        x[place, 1] = NAN
    found = estimate(y, x, at)
    assert (found.masked, found.n_pre + found.n_post) == (1, 99)
    point = found.pointwise[place]
    assert point.effect is None
    assert point.actual is None or where == "x"
    assert point.expected is None or (where == "y" and place >= at)
    assert abs(effect(found)[0] - effect(whole)[0]) < whole.average.sd  # type: ignore[union-attr]


def test_missing_at_the_end_is_a_longer_way_ahead() -> None:
    y, x, at = made(effect=1.0, rho=0.5)
    gap = y.copy()
    gap[at - 10 : at] = NAN
    wide = estimate(gap, x, at)
    assert wide.masked == 10
    assert (
        effect(wide)[3]
        > effect(estimate(np.delete(y, range(at - 10, at)), np.delete(x, range(at - 10, at), 0), at - 10))[3]
    )


def test_none_in_a_list_is_missing() -> None:
    y, x, at = made()
    listed: list[float | None] = y.tolist()
    listed[5] = None
    y[5] = NAN
    assert estimate(listed, x.tolist(), at) == estimate(y, x, at)


def test_a_covariate_that_says_nothing_is_dropped_by_its_number() -> None:
    y, x, at = made(effect=1.0)
    late = np.where(np.arange(100) < at, 7.0, np.arange(100.0))
    found = estimate(y, np.column_stack([x, late, np.full(100, NAN)]), at)
    assert found.dropped == (2, 3)
    assert effect(found) == pytest.approx(effect(estimate(y, x, at)))


Y, X, AT = made()


@pytest.mark.parametrize(
    ("y", "x", "at", "words"),
    [
        (np.where(np.arange(100) == 80, 1e100, Y), X, 70, "more than 1e+60 standard deviations"),
        (np.full(100, 3.0), None, 70, "does not vary"),
        (np.arange(3.0), None, 2, "2 usable points before the change; 30 are needed"),
        (np.full(100, NAN), X, 70, "0 usable points"),
        (np.where(np.arange(100) < 70, Y, NAN), X, 70, "no usable point after"),
        (np.where(np.arange(100) == 80, np.inf, Y), X, 70, "1 values are infinite"),
        (Y, np.where(X > 2, -np.inf, X), 70, "are infinite"),
        (Y * 1e200, X, 70, "are infinite, or as good as"),
        (Y, np.column_stack([X, Y]), 70, "covariate 2 is the metric itself"),
        (Y, 7 - 2 * Y, 70, "covariate 0 is the metric itself"),
        (Y, Y + 1e-6 * X[:, 0], 70, "covariate 0 is the metric itself"),
        (Y, X, 0, "0 usable points"),
        ([], None, 0, "nothing is measured"),
    ],
)
def test_what_cannot_be_answered_is_named(y: Floats, x: Floats | None, at: int, words: str) -> None:
    found = estimate(y, x, at)
    expected = Outcome.PENDING_DEPLOY if "measured after" in found.reason else Outcome.INSUFFICIENT_DATA
    assert found.outcome is expected
    assert words in found.reason
    assert (found.average, found.p) == (None, None)


def test_what_is_a_copy_on_one_side_of_the_change_alone_is_a_covariate() -> None:
    """Nor does one jump of both, larger than all else, make two series one."""
    after = np.arange(100) >= 70
    assert estimate(Y + 5 * after, Y, 70).average is not None
    assert estimate(Y + 1e9 * after, X[:, 0] + 1e9 * after, 70).average is not None


def test_before_the_deploy_the_answer_is_pending() -> None:
    found = estimate(Y, X, 100)
    assert (found.outcome, found.n_pre, found.n_post) == (Outcome.PENDING_DEPLOY, 100, 0)


@pytest.mark.parametrize(("kind", "value"), [("count", -1.0), ("ratio", 1.5), ("ratio", -0.1)])
def test_a_value_that_its_kind_cannot_have_is_named(kind: str, value: float) -> None:
    y = np.random.default_rng(3).uniform(size=100)
    y[50] = value
    found = estimate(y, None, 70, kind=kind)
    assert found.outcome is Outcome.INSUFFICIENT_DATA
    assert f"1 values cannot be: a {kind} lies from 0" in found.reason


@pytest.mark.parametrize("n_pre", [3, 4, 8])
def test_from_three_points_on_there_is_an_answer_if_asked_for(n_pre: int) -> None:
    y = np.array([1.0, 3.0, 2.0, 4.0, 2.0, 3.0, 1.0, 2.0, 9.0, 9.0])
    for prior in ("auto", "r"):
        assert estimate(y, None, n_pre, prior, min_pre=3).average is not None
    assert estimate(y[:2], None, 1, min_pre=1).outcome is Outcome.INSUFFICIENT_DATA


def test_arguments_that_do_not_fit_are_refused() -> None:
    for y, x, at, alpha in (
        (Y, X[:50], 70, 0.05),
        (Y, X, 101, 0.05),
        (Y, X, -1, 0.05),
        (X, None, 70, 0.05),
        (Y, X, 70, 1.0),
        (Y, X, 70, 0.6),
        (Y, X, 70, 1e-300),
    ):
        with pytest.raises(ValueError):
            estimate(y, x, at, alpha=alpha)
    for period in (-7, 7.0, True):
        with pytest.raises(ValueError, match="whole number"):
            estimate(Y, X, 70, period=period)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        estimate(Y, X, 70, "flat")
    with pytest.raises(ValueError):
        estimate(Y, X, 70, better="up")  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        estimate(Y, X, 70, kind="gauge")


def test_before_the_change_bands_hold_what_was_measured() -> None:
    y, x, at = made(n=400, rho=0.6)
    inside = [(point.lower or 0) <= y[point.index] <= (point.upper or 0) for point in estimate(y, x, at).pointwise[:at]]
    assert 0.93 < np.mean(inside) <= 1


def test_an_expected_count_is_never_below_zero() -> None:
    y = np.random.default_rng(2).poisson(0.2, 100).astype(float)
    found = estimate(y, None, 70, kind="count")
    assert found.cumulative is not None
    assert min(point.lower or 0 for point in found.pointwise) == 0
    assert min(point.expected or 0 for point in found.pointwise) >= 0
    assert found.cumulative.upper <= found.cumulative.actual


NUMBERS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True), st.floats(-10, 10), st.sampled_from([0.0, 1.0, NAN, 1e150, 5e-324])
)


@given(st.data(), st.integers(0, 40), st.integers(0, 3), st.sampled_from(["flow", "stock", "ratio", "count"]))
@settings(deadline=None)
def test_no_data_raise(data: st.DataObject, n: int, k: int, kind: str) -> None:
    """Nor warn: warnings are errors here."""
    y = np.array(data.draw(st.lists(NUMBERS, min_size=n, max_size=n)), dtype=float)
    x = np.array(data.draw(st.lists(st.lists(NUMBERS, min_size=k, max_size=k), min_size=n, max_size=n)), dtype=float)
    at = data.draw(st.integers(0, n))
    prior, period = data.draw(st.sampled_from(["auto", "r"])), data.draw(st.integers(0, 8))
    found = estimate(y, x.reshape(n, k), at, prior, kind=kind, period=period, min_pre=3)
    if found.average is None:
        assert found.reason
        assert found.outcome in {Outcome.PENDING_DEPLOY, Outcome.INSUFFICIENT_DATA}
    else:
        assert np.isfinite(found.average).all()
        assert found.average.lower <= found.average.effect <= found.average.upper
        assert 0 <= (found.p or 0) <= 1
        assert len(found.pointwise) == n
