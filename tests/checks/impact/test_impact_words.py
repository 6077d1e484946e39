from typing import Literal

import pytest

from checks.impact.outcome import Outcome
from checks.impact.told import Amount, Held, MetricTold, Placebo, Relative
from checks.impact.words import (
    ALONE,
    ALWAYS,
    MOVED,
    UNTOUCHED,
    assumptions,
    chance,
    change,
    line,
    number,
    signed,
    summary,
)

WORSE = MetricTold(
    "p95 latency",
    Outcome.LIKELY_WORSE,
    "p 0.004 (below 0.05) and q 0.012 (at most 0.1)",
    better="lower",
    unit="ms",
    average=Amount(212.2, 200.0, 12.2, 4.0, 20.8),
    relative=Relative(0.061, 0.02, 0.104),
    p=0.004,
    q=0.012,
    placebo=Placebo(20, 1, 60),
    controls=(Held("traffic", "ok", 0.4), Held("queue", "ok", 0.9)),
    n_pre=360,
    n_post=360,
)


def test_a_card_has_it_in_one_line() -> None:
    assert line(WORSE) == (
        "p95 latency +6.1 % [+2.0, +10.4] against expected (two-sided p 0.004, q 0.012); placebo 1/20; controls: 2 ok;"
        " 360 points after the deployment; verdict: likely worse"
    )


def test_sentences_come_in_the_order_of_r() -> None:
    assert summary(WORSE) == (
        "After the deployment p95 latency was 212.2 ms on average, over 360 points.",
        "Without it 200 ms was to be expected, between 191.4 and 208.2.",
        "The effect is +12.2, between 4 and 20.8.",
        "In percent of what was expected that is +6.1 % [+2.0, +10.4].",
        "That is likely worse, where lower is better: p 0.004 (below 0.05) and q 0.012 (at most 0.1).",
        "The chance of a difference as large, either way, had nothing happened: p 0.004.",
    )


def held_against(*states: Literal["ok", "moved", "unusable"]) -> MetricTold:
    return MetricTold("x", Outcome.NO_EVIDENCE, p=0.5, controls=tuple(Held(state, state) for state in states))


def test_controls_are_said_to_be_untouched_only_where_they_stood_still() -> None:
    assert assumptions([WORSE]) == (UNTOUCHED, *ALWAYS)
    assert assumptions([held_against("ok", "moved")]) == (MOVED, *ALWAYS)
    assert assumptions([held_against("moved"), WORSE]) == (MOVED, *ALWAYS)
    assert assumptions([held_against("unusable")]) == (ALONE, *ALWAYS)
    assert assumptions([WORSE, held_against()]) == (UNTOUCHED, ALONE, *ALWAYS)
    assert assumptions([]) == ALWAYS


def test_only_what_adds_up_is_summed() -> None:
    sales = MetricTold("sales", Outcome.NO_EVIDENCE, "p 0.4 is not below 0.05", average=WORSE.average, p=0.4)
    summed = MetricTold("sales", Outcome.NO_EVIDENCE, average=WORSE.average, cumulative=WORSE.average, p=0.4)
    assert not any("Summed up" in said for said in summary(sales))
    assert "Summed up it was 212.2, where 200 was to be expected, between 191.4 and 208.2." in summary(summed)
    assert "That is no evidence of an effect: p 0.4 is not below 0.05." in summary(sales)


def test_a_percentage_that_cannot_be_said_is_not() -> None:
    unbounded = Relative(9.0, None, None)
    near_zero = MetricTold("x", Outcome.NO_EVIDENCE, unit="ms", average=WORSE.average, relative=unbounded)
    assert change(near_zero) == "+12.2 ms [+4, +20.8]"


def test_what_was_dropped_is_named_with_its_reason() -> None:
    held = (
        Held("cpu", "moved", 0.001, "it moved itself"),
        Held("flat", "unusable", why="it does not vary before the deployment"),
    )
    dropped = MetricTold("x", Outcome.NO_EVIDENCE, average=WORSE.average, p=0.5, controls=held)
    assert "; controls: 0 ok, not cpu (it moved itself), flat (it does not vary" in line(dropped)
    assert "no placebo dates fit: the past is too short" in line(dropped)


def test_without_an_answer_the_reason_is_told() -> None:
    short = MetricTold("x", Outcome.INSUFFICIENT_DATA, "12 usable points before the change; 30 are needed")
    assert line(short) == "x: too little data to say: 12 usable points before the change; 30 are needed"
    assert summary(short) == ("x: too little data to say. 12 usable points before the change; 30 are needed.",)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0"),
        (1234.5, "1234"),
        (12345.6, "12,346"),
        (0.012345, "0.01235"),
        (1e-7, "1.000e-07"),
        (2e12, "2.000e+12"),
    ],
)
def test_numbers_have_four_digits(value: float, said: str) -> None:
    assert number(value) == said
    assert signed(-value).lstrip("-") == said


def test_a_tiny_chance_has_no_digits() -> None:
    assert (chance("p", 0.0004), chance("q", 0.0123)) == ("p < 0.001", "q 0.012")
