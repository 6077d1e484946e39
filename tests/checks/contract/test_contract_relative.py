"""Limits that are told from a baseline."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.contract import evaluate
from checks.contract.parse import parse_post
from checks.contract.predicate import Postcondition, say
from checks.contract.relative import holds, resolved
from checks.contract.tighten import implies
from checks.model import Baseline, Before, CheckResult, Measure, Measurement, Missing, State

from .facts import config, snapshot

WORDS = ["lt_base_pct", "lte_base_pct", "gt_base_pct", "gte_base_pct"]
NEAR = {"p95": {"lt_base_pct": 5}}
AT = Baseline("c" * 40, "", 3)


def leaf(word: str, percent: float) -> Postcondition:
    clause = parse_post({"p95": {word: percent}})
    assert isinstance(clause, Postcondition)
    return clause


def judged(
    value: float, before: Measurement | None, post: dict[str, Any] = NEAR, unit: str = "ms", **fields: Any
) -> CheckResult:
    known = () if before is None else (Before(before, None if before.missing else AT),)
    facts = replace(snapshot(Measurement("p95", value, unit, trusted=fields.pop("trusted", True))), before=known)
    return evaluate(facts, config(post, **fields), {})


def base(value: float | str | bool | None, unit: str = "ms", **fields: Any) -> Measurement:
    return Measurement("p95", value, unit, **fields)


@pytest.mark.parametrize(
    ("word", "percent", "baseline", "inside", "outside"),
    [
        ("lt_base_pct", 5, 200.0, 209.999, 210.0),
        ("lte_base_pct", 5, 200.0, 210.0, 210.001),
        ("gt_base_pct", -5, 200.0, 190.001, 190.0),
        ("gte_base_pct", -5, 200.0, 190.0, 189.999),
        ("lt_base_pct", 0, 200.0, 199.0, 200.0),
        ("lt_base_pct", 5, -200.0, -190.001, -190.0),
        ("gte_base_pct", -5, -200.0, -210.0, -210.001),
        ("lt_base_pct", 10, 0.1, 0.10999, 0.11),
        ("lte_base_pct", 10, 0.1, 0.11, 0.1100001),
    ],
)
def test_each_operator_draws_its_line_at_a_share_of_the_baselines_size(
    word: str, percent: float, baseline: float, inside: float, outside: float
) -> None:
    assert holds(leaf(word, percent), inside, baseline) is True
    assert holds(leaf(word, percent), outside, baseline) is False


@pytest.mark.parametrize(
    ("word", "percent", "words"),
    [
        ("lt_base_pct", 5, "p95 < baseline + 5 %"),
        ("gte_base_pct", -2.5, "p95 >= baseline - 2.5 %"),
        ("lte_base_pct", 0, "p95 <= baseline"),
    ],
)
def test_it_reads_as_words(word: str, percent: float, words: str) -> None:
    assert say(leaf(word, percent)) == words


def test_only_a_number_can_be_held_against_it_and_nothing_without_its_baseline() -> None:
    assert leaf("lt_base_pct", 5).holds(1.0) is None
    assert [holds(leaf("lt_base_pct", 5), value, 200.0) for value in ("1", True, None, float("nan"))] == [None] * 4


def test_a_limit_beyond_every_float_is_shown_as_the_largest_and_still_judged() -> None:
    assert resolved(leaf("lt_base_pct", 1e10), 1e308).limit == 1.7976931348623157e308
    assert holds(leaf("lt_base_pct", 1e10), 1.7e308, 1e308) is True


def test_the_answer_says_value_limit_baseline_and_where_it_is_from() -> None:
    result = judged(209.0, base(200.0, n=40))
    assert (result.state, result.title, result.detail["margin"]) == (State.PASS, "1 postcondition holds", "0.476 %")
    (line,) = result.detail["contracts"][0]["lines"]
    assert line["margin"] == "1 ms (0.476 %)"
    assert line["text"] == (
        "p95 209 ms, limit < 210 ms (baseline + 5 %); baseline 200 ms at ccccccc, 3 commits before the change left its "
        "base (n 40)"
    )
    assert result.measures == (Measure("p95", 209.0, "ms", "< 210, baseline 200 + 5 %"),)


def test_what_is_past_it_blocks() -> None:
    result = judged(210.0, base(200.0))
    assert (result.state, result.title) == (State.BLOCK, "p95 210 ms, limit < 210 ms (baseline + 5 %)")


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (None, "p95 has no baseline: nothing trusted was measured on the base"),
        (base(None, missing=Missing("nobody sent it")), "p95 has no baseline: nobody sent it"),
        (base(0.0), "the baseline of p95 is 0 at ccccccc, 3 commits before the change left its base: of nothing there"),
        (base("fast"), 'the baseline of p95 is "fast", no number at ccccccc'),
        (base(True), "the baseline of p95 is true, no number"),
        (base(200.0, n=0), "the baseline of p95 rests on nothing: n 0 at ccccccc"),
        (base(0.2, "s"), "p95 has `ms` and `s`: head and baseline (at ccccccc, 3 commits before"),
        (base(200.0, ""), "p95 has `ms` and no unit: head and baseline"),
    ],
)
def test_without_a_baseline_that_can_be_compared_it_is_unmeasured_with_a_next_step(
    before: Measurement | None, words: str
) -> None:
    result = judged(1.0, before)
    assert (result.state, result.title[: len(words)]) == (State.UNMEASURED, words)
    assert result.next_step
    assert "margin" not in result.detail


def test_a_unit_that_the_rules_name_is_that_of_a_figure_sent_without_one() -> None:
    assert judged(209.0, base(200.0, ""), units={"p95": "ms"}).state is State.PASS
    assert judged(209.0, base(200.0, "s"), units={"p95": "ms"}).state is State.UNMEASURED


@pytest.mark.parametrize(
    ("missing", "state"),
    [(None, State.ERROR), (Missing("away", ours=True), State.ERROR), (Missing("away"), State.UNMEASURED)],
)
def test_baselines_that_were_not_read_are_nobodys_pass(missing: Missing | None, state: State) -> None:
    facts = replace(snapshot(Measurement("p95", 1.0)), before=missing)
    assert evaluate(facts, config(NEAR), {}).state is state


def test_a_forks_own_figure_can_miss_the_limit_and_not_keep_it() -> None:
    assert judged(300.0, base(200.0), trusted=False).state is State.BLOCK
    assert judged(100.0, base(200.0), trusted=False).state is State.UNMEASURED


def test_what_a_check_measures_of_a_change_has_no_baseline() -> None:
    facts = replace(snapshot(), before=())
    result = evaluate(facts, config({"sbom.added": {"lte_base_pct": 0}}), {"sbom.added": Measure("added", 1)})
    assert (result.state, result.title) == (State.UNMEASURED, "sbom.added is of a change and has no baseline")


@pytest.mark.parametrize(
    ("strong", "weak", "kept"),
    [
        ({"lt_base_pct": 5}, {"lt_base_pct": 10}, True),
        ({"lt_base_pct": 10}, {"lt_base_pct": 5}, False),
        ({"lt_base_pct": 5}, {"lte_base_pct": 5}, True),
        ({"lte_base_pct": 5}, {"lt_base_pct": 5}, False),
        ({"gt_base_pct": -5}, {"gte_base_pct": -10}, True),
        ({"gt_base_pct": -5}, {"lt_base_pct": 5}, False),
        ({"lt_base_pct": 5}, {"lt": 1e9}, False),
        ({"lt": 5}, {"lt_base_pct": 5}, False),
        ({"between": [1, 5]}, {"lte_base_pct": 5}, False),
        ({"lte_base_pct": 5}, {"between": [-1e9, 1e9]}, False),
        ({"lt_base_pct": 5}, {"ne": 7}, False),
        ({"eq": 5}, {"lte_base_pct": 5}, False),
    ],
)
def test_percentages_are_weighed_against_percentages_alone(
    strong: dict[str, Any], weak: dict[str, Any], kept: bool
) -> None:
    assert implies(parse_post({"p95": strong}), parse_post({"p95": weak})) is kept


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
PERCENTS = st.integers(-20, 20) | st.floats(-1e6, 1e6)


@given(st.sampled_from(WORDS), PERCENTS, st.sampled_from(WORDS), PERCENTS, NUMBERS, NUMBERS.filter(bool))
def test_an_implied_percentage_holds_wherever_the_stronger_does(
    first: str, low: float, second: str, high: float, value: float, baseline: float
) -> None:
    strong, weak = leaf(first, low), leaf(second, high)
    if implies(strong, weak) and holds(strong, value, baseline):
        assert holds(weak, value, baseline)


@given(st.sampled_from(WORDS), st.integers(-50, 50), st.integers(-1000, 1000), st.integers(-1000, 1000).filter(bool))
def test_it_is_what_the_definition_says_in_whole_numbers(word: str, percent: int, value: int, baseline: int) -> None:
    left, right = 100 * value, 100 * baseline + abs(baseline) * percent
    told = {"lt": left < right, "lte": left <= right, "gt": left > right, "gte": left >= right}
    assert holds(leaf(word, percent), float(value), float(baseline)) is told[word.partition("_")[0]]
