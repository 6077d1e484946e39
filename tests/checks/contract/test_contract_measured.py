"""What was measured, by whom, and what it is held against."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given

from checks.contract import evaluate
from checks.model import Measure, Measurement, Missing, Snapshot, State, TestRun

from .facts import FAST, SLOW, config, judged, risk, snapshot
from .strategies import measurements, posts

P95 = {"p95": {"lt": 250}}


def test_a_value_within_its_limit_passes_with_its_figure() -> None:
    result = judged(P95, replace(FAST, interval=(230.5, 249.0), n=40, url="https://ci.example/p95"))
    assert (result.state, result.title, result.reasons, result.next_step) == (
        State.PASS,
        "1 postcondition holds",
        (),
        "",
    )
    assert result.measures == (
        Measure("p95", 240.0, "ms", "< 250", (230.5, 249.0), 40, "https://ci.example/p95", State.PASS),
    )


def test_a_value_outside_blocks_and_the_title_is_the_figure() -> None:
    result = judged(P95, replace(SLOW, interval=(255.0, 268.0), n=40))
    assert (result.state, result.title) == (State.BLOCK, "p95 261 ms, limit < 250 ms")
    assert result.reasons == ("p95 261 ms, limit < 250 ms (95 % interval 255 to 268, n 40)",)
    assert result.next_step == "Bring p95 within its limit; only the base branch can loosen it."
    assert result.measures[0].state is State.BLOCK


def test_the_worst_comes_first_and_what_holds_is_no_reason() -> None:
    post = {"cold": {"lt": 1}, "p95": {"lt": 250}, "ok": {"eq": True}, "tests": "pass"}
    cold = Measurement("cold", 0, trusted=False)
    facts = snapshot(SLOW, cold, Measurement("ok", True), runs=(TestRun("unit", "queued"),))
    result = evaluate(facts, config(post), {})
    assert [measure.name for measure in result.measures] == ["p95", "cold", "tests", "ok"]
    assert [reason.split()[0] for reason in result.reasons] == ["p95", "cold", "tests:"]
    assert [measure.state.value for measure in result.measures] == ["block", "unmeasured", "wait", "pass"]


def test_a_title_counts_what_holds() -> None:
    assert judged({"p95": {"lt": 250, "gt": 1}, "tests": "pass"}, FAST).title == "3 postconditions hold"


def test_what_nobody_sent_is_unmeasured_and_says_how_to_send_it() -> None:
    result = judged(P95)
    assert (result.state, result.title) == (State.UNMEASURED, "p95 has not been measured on a1b2c3d")
    assert (
        result.next_step
        == "Send p95 with POST /api/measurements, or in a maestro-metrics.json artifact of a workflow run."
    )
    assert result.measures == (Measure("p95", None, limit="< 250", state=State.UNMEASURED),)


def test_what_a_running_check_may_still_bring_is_waited_for() -> None:
    running = TestRun("bench", "in_progress")
    result = evaluate(snapshot(runs=(running,)), config(P95), {})
    assert result.state is State.WAIT
    assert result.title == "p95 has not been measured on a1b2c3d yet; still running: bench"


REFUSED = Measurement("p95", None, source="artifact", url="https://ci.example/7", missing=Missing("it was refused"))


def test_where_something_was_sent_and_refused_the_reason_is_told_and_nobody_is_asked_to_send_it() -> None:
    result = judged(P95, REFUSED)
    assert (result.state, result.title) == (
        State.UNMEASURED,
        "p95 has not been measured on a1b2c3d; it was refused",
    )
    assert result.next_step == "Correct what the workflow writes to maestro-metrics.json, then run it again."
    assert result.measures == (
        Measure("p95", None, limit="< 250", evidence="https://ci.example/7", state=State.UNMEASURED),
    )


def test_what_was_refused_of_a_fork_is_asked_of_a_run_that_is_trusted() -> None:
    result = judged(P95, replace(REFUSED, trusted=False))
    assert result.next_step == "Measure p95 in a run that this repository trusts."


def test_while_a_check_still_runs_a_refusal_is_told_and_waited_with() -> None:
    result = evaluate(snapshot(REFUSED, runs=(TestRun("bench", "in_progress"),)), config(P95), {})
    assert result.state is State.WAIT
    assert result.title == "p95 has not been measured on a1b2c3d yet; still running: bench; it was refused"


def test_a_value_of_whatever_trust_stands_against_a_refusal() -> None:
    claimed = replace(SLOW, trusted=False)
    assert judged(P95, claimed, REFUSED).state is judged(P95, REFUSED, claimed).state is State.BLOCK


def test_a_measured_fraction_is_shown_to_six_digits_and_a_count_whole() -> None:
    assert judged({"p95": {"lt": 0.5}}, Measurement("p95", 0.566124044297)).reasons[0].startswith("p95 0.566124, ")
    assert judged({"n": {"lt": 1}}, Measurement("n", 123456789.0)).title == "n 123456789, limit < 1"


@pytest.mark.parametrize(
    ("missing", "state"),
    [
        (Missing("no repository token"), State.UNMEASURED),
        (Missing("the artifact is being uploaded", coming=True), State.WAIT),
        (Missing("the database is down", ours=True), State.ERROR),
    ],
)
def test_measurements_that_could_not_be_read_give_their_reason(missing: Missing, state: State) -> None:
    result = evaluate(replace(snapshot(), measurements=missing), config(P95), {})
    assert (result.state, result.title) == (state, f"p95: {missing.reason}")


@pytest.mark.parametrize("section", ["tests", "measurements", "contracts"])
def test_a_section_that_was_never_read_is_our_error_and_never_a_pass(section: str) -> None:
    facts = replace(snapshot(FAST), **{section: None})  # type: ignore[arg-type]
    result = evaluate(facts, config(P95 | {"tests": "pass"}), {})
    assert (result.state, result.next_step) == (State.ERROR, "Ask for the evaluation again.")
    assert "not read" in result.title


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("fast", 'p95 is "fast": < 250 needs a number value'),
        (True, "p95 is true: < 250 needs a number value"),
        (float("nan"), "p95 is nan: < 250 needs a number value"),
        (float("-inf"), "p95 is -inf: < 250 needs a number value"),
        (10**400, "p95 is a number too large to compare: < 250 needs a number value"),
    ],
)
def test_a_value_that_cannot_be_compared_is_unmeasured_and_stays_json(value: Any, words: str) -> None:
    result = judged(P95, Measurement("p95", value, interval=(float("nan"), 1.0)))
    assert (result.state, result.title) == (State.UNMEASURED, words)
    assert result.next_step == "Send p95 as a number value."
    assert result.measures[0].interval is None
    assert json.loads(json.dumps(result.detail, allow_nan=False)) == result.detail


def test_a_hostile_text_stays_on_one_line() -> None:
    result = judged({"note": {"eq": "ok"}}, Measurement("note", "a\n@team" + "x" * 100))
    assert result.title == 'note "a\\n@team' + "x" * 72 + '…", limit = "ok"'


@pytest.mark.parametrize("sent", [FAST, SLOW])
@pytest.mark.parametrize("source", ["api", "artifact", "file"])
def test_a_value_that_rests_on_no_observation_is_unmeasured_whoever_sent_it(sent: Measurement, source: str) -> None:
    result = judged(P95, replace(sent, n=0, source=source))
    words = f"p95 is {sent.value:.0f}, but nothing was observed (n 0)"
    assert (result.state, result.title, result.reasons) == (State.UNMEASURED, words, (words,))
    assert result.next_step == "See why nothing was observed, then measure p95 again."
    assert (result.measures[0].n, result.measures[0].state) == (0, State.UNMEASURED)


# --- trust -----------------------------------------------------------------------------------------------------


def test_what_a_fork_measured_of_itself_can_break_a_limit_but_never_meet_it() -> None:
    broken = judged(P95, replace(SLOW, trusted=False))
    met = judged(P95, replace(FAST, trusted=False))
    assert (broken.state, broken.title) == (State.BLOCK, "p95 261 ms, limit < 250 ms")
    assert (met.state, met.title) == (State.UNMEASURED, "p95: measured by the fork's own run, not trusted")
    assert met.reasons == ("p95 240 ms, limit < 250 ms: measured by the fork's own run, not trusted",)
    assert met.next_step == "Measure p95 in a run that this repository trusts."


def test_a_trusted_measurement_stands_against_a_forks_own_in_either_order() -> None:
    ours, theirs = SLOW, replace(FAST, trusted=False)
    assert judged(P95, ours, theirs).state is judged(P95, theirs, ours).state is State.BLOCK
    ours, theirs = FAST, replace(SLOW, trusted=False)
    assert judged(P95, ours, theirs).state is judged(P95, theirs, ours).state is State.PASS


def test_of_two_trusted_measurements_the_last_one_counts() -> None:
    assert judged(P95, SLOW, FAST).state is State.PASS
    assert judged(P95, FAST, SLOW).state is State.BLOCK


# --- risk and the other checks ---------------------------------------------------------------------------------


def test_risk_is_the_models_score_and_nobody_can_send_one() -> None:
    facts = snapshot(Measurement("risk", 0.01))
    assert evaluate(facts, config({"risk": {"lt": 0.65}}), risk(0.7)).title == "risk 0.7, limit < 0.65"
    assert evaluate(facts, config({"risk": {"lt": 0.65}}), {}).state is State.UNMEASURED


def test_a_risk_that_could_not_be_scored_gives_the_reason_of_the_change() -> None:
    post = config({"risk": {"lt": 0.65}})
    assert evaluate(snapshot(), post, {}).title == "risk: the change could not be scored"
    coming = replace(snapshot(), change=Missing("GitHub is computing the difference", coming=True))
    result = evaluate(coming, post, {})
    assert (result.state, result.title) == (State.WAIT, "risk: GitHub is computing the difference")


def test_a_measure_of_another_check_is_read_by_its_full_name_and_cannot_be_sent() -> None:
    added = {"sbom.added": Measure("added", 2, "components", "", (1.0, 3.0), 9, "sbom/app.json")}
    facts = snapshot(Measurement("sbom.added", 0))
    result = evaluate(facts, config({"sbom.added": {"lte": 0}}), added)
    assert result.title == "sbom.added 2 components, limit <= 0 components"
    (measure,) = result.measures
    assert (measure.interval, measure.n, measure.evidence) == ((1.0, 3.0), 9, "sbom/app.json")


def test_a_dotted_name_that_no_check_measures_may_be_sent() -> None:
    assert judged({"web.p95": {"lt": 9}}, Measurement("web.p95", 3)).state is State.PASS


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.WAIT, State.WAIT),
        (State.ERROR, State.ERROR),
        (State.UNMEASURED, State.UNMEASURED),
        (State.PASS, State.UNMEASURED),
        (State.BLOCK, State.UNMEASURED),
    ],
)
def test_a_check_without_a_value_yet_hands_on_how_it_stands(state: State, expected: State) -> None:
    measure = {"sbom.added": Measure("added", None, evidence="sbom/app.json", state=state)}
    result = evaluate(snapshot(), config({"sbom.added": {"lte": 0}}), measure)
    assert (result.state, result.title) == (expected, "sbom.added: no value yet, see its own check")
    assert result.measures[0].evidence == "sbom/app.json"


@pytest.mark.parametrize("state", [State.WAIT, State.UNMEASURED, State.ERROR])
def test_a_value_that_its_own_check_does_not_stand_by_yet_is_no_value(state: State) -> None:
    measure = {"sbom.added": Measure("added", 0, state=state)}
    assert evaluate(snapshot(), config({"sbom.added": {"lte": 0}}), measure).state is state


def test_the_configured_unit_is_that_of_a_figure_sent_without_any() -> None:
    assert judged(P95, replace(SLOW, unit=""), units={"p95": "msec"}).title == "p95 261 msec, limit < 250 msec"
    assert judged(P95, SLOW, units={"p95": "ms"}).title == "p95 261 ms, limit < 250 ms"
    scored = evaluate(snapshot(), config({"risk": {"lt": 0.6}}, units={"risk": "points"}), risk(0.7))
    assert scored.title == "risk 0.7 points, limit < 0.6 points"


def test_a_figure_in_another_unit_than_the_configured_one_is_unmeasured() -> None:
    result = judged(P95, Measurement("p95", 200, "s"), units={"p95": "ms"})
    assert (result.state, result.measures[0].value) == (State.UNMEASURED, None)
    assert result.title.startswith("p95 was measured in `s`, and `contract.units` has `ms`")
    assert result.next_step == "Send p95 in `ms`, or correct `contract.units` on the base branch."
    older = replace(snapshot(Measurement("p95", 200, "s")), before=None)
    assert evaluate(older, config(P95, units={"p95": "ms"}), {}).state is State.PASS


def test_a_measurement_without_a_url_names_its_source() -> None:
    assert judged(P95, replace(SLOW, source="artifact")).measures[0].evidence == "artifact"


# --- groups ----------------------------------------------------------------------------------------------------

STANDS: dict[State, dict[str, Any]] = {
    State.PASS: {"p": {"lt": 1}},
    State.WAIT: {"tests": "pass"},
    State.UNMEASURED: {"c.u": {"lt": 1}},
    State.ERROR: {"c.e": {"lt": 1}},
    State.BLOCK: {"b": {"lt": 1}},
}


def stand(post: dict[str, Any]) -> Any:
    facts = snapshot(Measurement("p", 0), Measurement("b", 5), runs=(TestRun("unit", "queued"),))
    others = {"c.e": Measure("e", None, state=State.ERROR), "c.u": Measure("u", None, state=State.UNMEASURED)}
    return evaluate(facts, config(post), others)


CHAIN = [State.PASS, State.WAIT, State.UNMEASURED, State.ERROR, State.BLOCK]


@pytest.mark.parametrize("first", CHAIN)
@pytest.mark.parametrize("second", CHAIN)
def test_all_is_as_bad_as_its_worst_and_any_as_good_as_its_best(first: State, second: State) -> None:
    both = [STANDS[first], STANDS[second]]
    ranked = sorted([first, second], key=CHAIN.index)
    assert stand({"all": both}).state is ranked[1]
    assert stand({"any": both}).state is ranked[0]


def test_an_any_that_fails_says_every_alternative() -> None:
    result = stand({"any": [STANDS[State.BLOCK], {"b": {"gt": 7}}]})
    assert result.title == "none of these holds: b < 1; b > 7"
    assert result.reasons == ("none of 2 alternatives holds: b 5, limit < 1; b 5, limit > 7",)
    assert result.next_step.startswith("Bring b within its limit")


def test_an_any_that_may_still_hold_says_so_and_nothing_in_it_is_red() -> None:
    result = stand({"any": [STANDS[State.BLOCK], STANDS[State.WAIT], STANDS[State.UNMEASURED]]})
    assert (result.state, result.title) == (State.WAIT, "none of these holds yet: b < 1; tests pass; c.u < 1")
    assert {measure.name: measure.state for measure in result.measures} == {
        "b": State.WARN,
        "tests": State.WAIT,
        "c.u": State.WARN,
    }


def test_an_any_that_holds_counts_as_one_and_its_other_ways_only_warn() -> None:
    result = stand({"any": [STANDS[State.BLOCK], STANDS[State.PASS]]})
    assert (result.state, result.title, result.reasons) == (State.PASS, "1 postcondition holds", ())
    assert [(measure.name, measure.state) for measure in result.measures] == [("b", State.WARN), ("p", State.PASS)]


def test_a_broken_limit_beside_a_group_that_holds_stays_red() -> None:
    inner = {"any": [STANDS[State.BLOCK], STANDS[State.PASS]]}
    result = stand({"any": [inner | {"b": {"gt": 7}}, {"b": {"gt": 8}}]})
    assert result.state is State.BLOCK
    assert [(measure.limit, measure.state) for measure in result.measures] == [
        ("> 7", State.BLOCK),
        ("> 8", State.BLOCK),
        ("< 1", State.WARN),
        ("< 1", State.PASS),
    ]


def test_the_detail_shows_the_tree_of_what_was_judged() -> None:
    result = stand({"any": [STANDS[State.BLOCK], STANDS[State.PASS] | STANDS[State.WAIT]]})
    (contract,) = result.detail["contracts"]
    assert {key: contract[key] for key in ("id", "origin", "path")} == {
        "id": "repository",
        "origin": "config",
        "path": "",
    }
    assert [(line["depth"], line["state"], line["text"]) for line in contract["lines"]] == [
        (0, "wait", "any of these"),
        (1, "warn", "b 5, limit < 1"),
        (1, "wait", "all of these"),
        (2, "pass", "p 0, limit < 1"),
        (2, "wait", "tests: 1 of 1 still running: unit"),
    ]
    assert {tuple(line)[:4] for line in contract["lines"]} == {("depth", "state", "text", "evidence")}
    assert [line.get("margin") for line in contract["lines"]] == [None, "-4 (-400 %)", None, "1 (100 %)", None]


# --- properties ------------------------------------------------------------------------------------------------


@given(posts(), measurements())
def test_the_order_of_measurements_does_not_matter_and_the_detail_is_json(
    post: dict[str, Any], sent: tuple[Measurement, ...]
) -> None:
    answers = [judged(post, *order) for order in permutations(sent)]
    assert len({repr(answer) for answer in answers}) == 1
    assert json.loads(json.dumps(answers[0].detail, allow_nan=False)) == answers[0].detail


@given(posts(), measurements())
def test_distrust_never_improves_an_answer(post: dict[str, Any], sent: tuple[Measurement, ...]) -> None:
    ours = judged(post, *(replace(one, trusted=True) for one in sent)).state
    theirs = judged(post, *(replace(one, trusted=False) for one in sent)).state
    assert CHAIN.index(theirs) >= CHAIN.index(ours)


def test_the_same_facts_give_the_same_answer() -> None:
    facts: Snapshot = snapshot(SLOW)
    assert evaluate(facts, config(P95), {}) == evaluate(facts, config(P95), {})
