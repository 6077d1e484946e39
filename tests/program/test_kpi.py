from itertools import permutations
from math import comb, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from program.kpi import BY_NAME, KPIS, LEAST, Facts, Figure, Standing, Told, report
from program.kpi.figures import _rank, middle, share
from program.kpi.rows import Failing, Judged, Lasted, Number, Remedied, Tokens, Voice

DAY = 86_400.0
MONTH = Facts(0.0, 30 * DAY)


def told(name: str, **rows: object) -> Told:
    return BY_NAME[name].compute(Facts(0.0, 30 * DAY, **rows))  # type: ignore[arg-type]


def parts(told: Told) -> dict[str, tuple[int | None, int]]:
    return {kind: (figure.k, figure.n) for kind, figure in told.parts}


# --- intervals -------------------------------------------------------------------------------------------------------


def test_a_share_has_the_interval_that_wilson_gives() -> None:
    figure = share(8, 10)  # by hand: (0.8 + z2/20 -+ z sqrt(0.016 + z2/400)) / (1 + z2/10), z2 = 3.841459
    assert isclose(figure.low or 0, 0.490162, abs_tol=1e-5)
    assert isclose(figure.high or 0, 0.943318, abs_tol=1e-5)
    assert (figure.value, figure.k, figure.n) == (0.8, 8, 10)


@given(st.integers(LEAST, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_of_a_share_holds_it_and_stays_between_nothing_and_all(counted: tuple[int, int]) -> None:
    figure = share(*counted)
    assert figure.value is not None
    assert figure.low is not None
    assert figure.high is not None
    assert 0 <= figure.low <= figure.value <= figure.high <= 1
    assert figure.low < figure.high


@pytest.mark.parametrize("n", [*range(6, 60), 199, 200])
def test_the_values_around_a_median_hold_it_in_95_of_100_cases_and_the_next_ones_would_not(n: int) -> None:
    def outside(rank: int) -> float:
        return sum(2 * comb(n, below) for below in range(rank)) / float(2**n)

    assert outside(_rank(n)) <= 0.05 < outside(_rank(n) + 1)


def test_beyond_200_values_the_approximation_goes_on_where_the_exact_one_ends() -> None:
    assert abs(_rank(201) - _rank(200)) <= 1
    assert _rank(10_000) == 4_902  # 5,000 - 0.98 * 100


def test_a_median_of_six_is_held_by_the_smallest_and_the_largest() -> None:
    assert middle([6.0, 1.0, 2.0, 5.0, 3.0, 4.0]) == Figure(6, 3.5, 1.0, 6.0)
    assert middle([3.0] * 5) == Figure(5)


def test_too_few_is_said_instead_of_a_number_and_nothing_is_not_too_few() -> None:
    assert [share(1, n).standing for n in (0, 5, 6)] == [Standing.NONE, Standing.FEW, Standing.TOLD]
    assert [middle([1.0] * n).standing for n in (0, 5, 6)] == [Standing.NONE, Standing.FEW, Standing.TOLD]


# --- what counts -----------------------------------------------------------------------------------------------------


def test_a_reported_number_is_the_median_of_what_was_reported_under_its_name() -> None:
    numbers = [Number(at, "eval_score", value) for at, value in enumerate((0.7, 0.9, 0.8, 0.6, 0.5, 1.0))]
    others = [Number(7.0, "robustness_delta", 4.0)]
    assert told("eval_score", numbers=numbers + others).figure == Figure(6, 0.75, 0.5, 1.0)
    assert told("robustness_delta", numbers=numbers + others).figure == Figure(1)
    assert told("cache_hit_share", numbers=numbers + others).figure.standing is Standing.NONE


@pytest.mark.parametrize("name", ["eval_score", "robustness_delta", "cache_hit_share"])
def test_a_reported_number_that_can_be_none_of_its_kind_is_left_out_and_said(name: str) -> None:
    sent = [0.25] * 6 + [1.6e308, -1.6e308]
    found = told(name, numbers=[Number(1.0, name, value) for value in sent])
    assert found.figure == Figure(6, 0.25, 0.25, 0.25)
    assert found.beside[0].startswith("2 not from ")
    assert told(name, numbers=[Number(1.0, name, 1.6e308)] * 6).figure.standing is Standing.NONE


def test_a_percentage_is_no_share_of_cache_hits() -> None:
    found = told("cache_hit_share", numbers=[Number(1.0, "cache_hit_share", 55.0)] * 6)
    assert (found.figure, found.beside) == (Figure(0), ("6 not from 0 to 1, and left out",))


def test_tokens_are_added_up_before_they_are_divided_and_have_no_interval() -> None:
    rows = [Tokens(1.0, 1_000, 900), *(Tokens(2.0, 100, 0) for _ in range(5))]
    found = told("cached_tokens", tokens=rows)
    assert found.figure == Figure(6, 0.6)
    assert found.beside == ("1,500 tokens read",)
    assert told("cached_tokens", tokens=rows[:5]).figure == Figure(5)


def test_overrides_are_told_by_pull_request_and_by_check() -> None:
    with_two = Judged(1.0, overridden=frozenset({"sbom", "risk"}))
    found = told("overrides", judged=[with_two, Judged(1.0, overridden=frozenset({"sbom"})), *[Judged(2.0)] * 6])
    assert (found.figure.k, found.figure.n) == (2, 8)
    assert parts(found) == {"sbom": (2, 8), "risk": (1, 8)}


def test_adoption_counts_a_pull_request_once_however_often_it_was_acted_on() -> None:
    both = Judged(1.0, surfaces=frozenset({"comment", "center"}))
    found = told("adoption", judged=[both, Judged(1.0, surfaces=frozenset({"comment"})), *[Judged(2.0)] * 5])
    assert (found.figure.k, found.figure.n) == (2, 7)
    assert parts(found) == {"comment": (2, 7), "center": (1, 7)}


def test_what_mended_alone_is_counted_among_all_that_ended_by_what_had_failed() -> None:
    rows = [*[Remedied(1.0, 60.0, "flaky", True)] * 6, Remedied(1.0, 9.0, "flaky", False)]
    rows += [Remedied(1.0, 600.0, "contract", True), Remedied(1.0, 7_200.0, "contract", False)]
    found = told("self_resolved", remedied=rows)
    assert (found.figure.k, found.figure.n) == (7, 9)
    assert parts(found) == {"flaky": (6, 7), "contract": (1, 2)}
    times = told("self_resolved_time", remedied=rows)
    assert times.figure == Figure(7, 60.0, 60.0, 600.0)
    assert [(kind, one.n) for kind, one in times.parts] == [("flaky", 6), ("contract", 1)]


def test_people_disagree_among_those_who_said_anything() -> None:
    found = told("disagreement", voices=[Voice(1.0, one) for one in (True, True, True, False, True, True, True, False)])
    assert (found.figure.k, found.figure.n, found.figure.value) == (2, 8, 0.25)


def test_a_block_counts_as_overruled_once_it_is_merged_under_an_override() -> None:
    sbom = frozenset({"sbom"})
    rows = [
        Judged(1.0, blocked=True, overridden=sbom, merged=True),  # the only one
        Judged(1.0, blocked=True, overridden=sbom, merged=False),  # closed after all
        *[Judged(1.0, blocked=True, merged=True)] * 5,  # mended
        Judged(1.0, blocked=True, overridden=sbom),  # open yet
        Judged(1.0, overridden=sbom, merged=True),  # never blocked
    ]
    found = told("overruled", judged=rows)
    assert (found.figure.k, found.figure.n) == (1, 7)
    assert found.beside == ("1 more were blocked, and are open or not listed yet",)


def test_recovery_is_the_median_of_what_recovered_and_says_what_goes_on() -> None:
    rows = [*(Failing(1.0, "verdict", 60.0 * n) for n in range(1, 7)), Failing(1.0, "drift", DAY)]
    found = told("mttr", failing=[*rows, Failing(2.0, "experiment")])
    assert found.figure == Figure(7, 240.0, 60.0, DAY)
    assert [(kind, one.n, one.value) for kind, one in found.parts] == [("verdict", 6, 210.0), ("drift", 1, None)]
    assert found.beside == ("1 that began in this time go on",)


def test_reviewer_time_stands_beside_that_before_the_app() -> None:
    rows = [*(Lasted(1.0, hours * 3_600.0) for hours in range(1, 8))]
    before = [Lasted(-1.0, hours * 7_200.0, False) for hours in range(1, 8)]
    found = told("review_time", lasted=[*rows, *before])
    assert found.figure == Figure(7, 14_400.0, 3_600.0, 25_200.0)
    assert found.before == Figure(7, 28_800.0, 7_200.0, 50_400.0)
    assert found.ratio == 0.5
    assert told("review_time", lasted=[*rows, *before[:5]]).ratio is None, "five are too few to compare with"


def test_a_first_verdict_is_measured_from_the_opening_where_that_is_known() -> None:
    rows = [*(Judged(100.0 + n, opened=100.0) for n in range(6)), Judged(100.0)]
    assert told("first_verdict", judged=rows).figure == Figure(6, 2.5, 0.0, 5.0, of=7)


def test_what_nobody_reported_is_left_out_of_the_cost_and_never_zero() -> None:
    rows = [*(Judged(1.0, usd=float(n), ci_minutes=10.0) for n in range(1, 7)), *[Judged(1.0)] * 4]
    found = told("cost_usd", judged=rows)
    assert found.figure == Figure(6, 3.5, 1.0, 6.0, of=10)
    assert found.beside == ("$21.00 in all",)
    assert told("ci_minutes", judged=rows).beside == ("60 minutes in all",)
    assert told("cost_usd", judged=[Judged(1.0)] * 4).figure == Figure(0, of=4)


# --- periods ---------------------------------------------------------------------------------------------------------


def test_each_row_falls_into_one_span_and_the_figures_of_the_spans_are_its_course() -> None:
    judged = [Judged(day * DAY, surfaces=frozenset({"comment"} if day < 15 else ())) for day in range(30) for _ in "ab"]
    found = {one.kpi.name: one for one in report(Facts(0.0, 30 * DAY, judged=judged))}
    assert [(one.k, one.n) for one in found["adoption"].course] == [(6, 6)] * 5 + [(0, 6)] * 5
    assert (found["adoption"].told.figure.k, found["adoption"].told.figure.n) == (30, 60)
    assert [len(one.course) for one in report(Facts(0.0, 7 * DAY))] == [7] * len(KPIS)


@given(st.lists(st.floats(-10, 40 * DAY), max_size=50), st.integers(1, 10))
def test_no_row_of_the_period_is_lost_between_spans(moments: list[float], count: int) -> None:
    facts = Facts(0.0, 30 * DAY, voices=[Voice(at, True) for at in moments])
    spans = facts.spans(count)
    assert sum(len(one.voices) for one in spans) == sum(0 <= at < 30 * DAY for at in moments)
    assert [one.start for one in spans[1:]] == [one.end for one in spans[:-1]]


def test_nothing_is_told_of_nothing() -> None:
    assert {one.told.figure.standing for one in report(MONTH)} == {Standing.NONE}


def test_the_order_of_rows_changes_nothing() -> None:
    rows = (Failing(1.0, "verdict", 60.0), Failing(2.0, "drift", DAY), Failing(3.0, "experiment"))
    assert len({repr(told("mttr", failing=order)) for order in permutations(rows)}) == 1


def test_each_figure_says_what_it_counts_and_what_not() -> None:
    assert len({one.name for one in KPIS}) == len(KPIS)
    for one in KPIS:
        assert all((one.counted, one.among, one.left_out, one.why, one.none)), one.name
        assert not any(said.endswith(".") for said in (one.counted, one.among, one.left_out, one.why)), one.name
