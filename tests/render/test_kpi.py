"""The outcome metrics in words and as a picture."""

import pytest

from app.render.kpi import amount, between, compared, part, rests_on, said
from app.render.kpi_page import USUAL, Wanted, kpi_page
from app.render.kpi_picture import trend
from program.kpi import BY_NAME, Facts, Figure, Reported, Told, report
from program.kpi.declared import Unit
from program.kpi.rows import Judged


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.62345, Unit.SHARE, "62.3 %"),
        (0.0, Unit.SHARE, "0 %"),
        (1.0, Unit.SHARE, "100 %"),
        (93_784.0, Unit.SECONDS, "1 d 2 h"),
        (0.0042, Unit.USD, "$0.0042"),
        (1_234.5, Unit.USD, "$1,234.50"),
        (0.0, Unit.USD, "$0.00"),
        (12.34, Unit.MINUTES, "12.3 min"),
        (12_345.6, Unit.MINUTES, "12,346 min"),
        (-0.031, Unit.SCORE, "-0.031"),
    ],
)
def test_an_amount_is_written_as_people_write_it(value: float, unit: Unit, words: str) -> None:
    assert amount(value, unit) == words


def test_a_figure_says_what_it_rests_on_or_why_there_is_none() -> None:
    adoption, cost = BY_NAME["adoption"], BY_NAME["cost_usd"]
    assert said(Figure(0), cost) == "not reported"
    assert said(Figure(0), adoption) == "none in this period"
    assert said(Figure(5, k=2), adoption) == "too few: 5 of the 6 that a figure takes"
    told = Figure(50, 0.62, 0.48, 0.74, k=31)
    assert (said(told, adoption), between(told, adoption), rests_on(told)) == ("62 %", "48 % to 74 %", "31 of 50")
    assert rests_on(Figure(6, 0.1, of=40)) == "6 of 40 known"
    assert [rests_on(one) for one in (Figure(0, of=40), Figure(0), Figure(7, 1.0))] == ["0 of 40 known", "", "n = 7"]
    assert [part(name) for name in ("center", "verdict", "sbom")] == ["in the Decision Center", "pull requests", "sbom"]


def test_a_comparison_says_that_it_is_one_of_before_and_after() -> None:
    hour = 3_600.0
    both = Told(Figure(9, hour, 1.0, 2.0), before=Figure(8, 2 * hour, hour, 3 * hour))
    review = BY_NAME["review_time"]
    assert compared(Reported(review, both, ())) == (
        "Before the App: 2 h (1 h to 3 h, n = 8). Now it takes 0.50 times as long. Before and after, and no experiment."
    )
    unknown = Told(Figure(9, hour, 1.0, 2.0), before=Figure(0))
    assert "no closed pull request is known of that time. Before and after" in compared(Reported(review, unknown, ()))
    assert compared(Reported(review, Told(Figure(9, hour)), ())) == ""


def test_a_course_has_a_dot_for_each_span_that_has_a_figure_and_a_gap_for_the_others() -> None:
    known, few = Figure(9, 0.5, 0.25, 0.75), Figure(3)
    drawn = trend((known, known, few, known), "a <b> & c")
    assert drawn.count("<circle") == 3
    assert drawn.count('class="course"') == 2
    assert drawn.count('class="band"') == 3
    assert 'aria-label="a &lt;b&gt; &amp; c"' in drawn
    assert trend((known, few), "one dot is no course") == ""
    assert "nan" not in trend((Figure(6, 1.0), Figure(6, 1.0)), "it never moves").lower()


def test_names_of_others_are_text_on_the_page() -> None:
    evil = "<script>alert(1)</script>\u202e"
    facts = Facts(0.0, 86_400.0, judged=[Judged(1.0, overridden=frozenset({evil}))] * 6)
    page = kpi_page(report(facts), facts, Wanted(USUAL, evil), [evil], evil, 0)
    assert "<script>" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page
