"""The diff as a whole: what it flags, what it refuses to say, and that it goes on where it was."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.shadow import (
    Noise,
    Reply,
    Report,
    Shadow,
    ShadowConfig,
    Stance,
    StateError,
    Status,
    Triple,
    TripleError,
    parse,
)
from checks.shadow.counts import CROWD, MOST_FIELDS
from checks.shadow.words import share

ROUTE = "GET /orders/{id}"


def triple(number: int, candidate: Any, primary: Any, secondary: Any = None, **more: Any) -> Triple:
    third = None if secondary is None else Reply(200, secondary)
    return Triple(f"t{number}", f"/orders/{number}", Reply(200, candidate), Reply(200, primary), third, **more)


def stream(number: int, worse: float = 0.0, noise: float = 0.0, seed: int = 1, secondary: bool = True) -> list[Triple]:
    """Answers whose `price` is another in the candidate's by `worse`, and whose `at` differs by itself by `noise`."""
    random = np.random.default_rng(seed)

    def body(price: bool) -> dict[str, Any]:
        return {"at": int(random.random() < noise), "lines": [{"price": 2 if price else 1}]}

    return [
        triple(n, body(bool(random.random() < worse)), body(False), body(False) if secondary else None)
        for n in range(number)
    ]


def watched(triples: list[Triple], config: ShadowConfig | None = None, noise: Noise | None = None) -> Report:
    shadow = Shadow(config, noise)
    for one in triples:
        shadow.update(one)
    return shadow.look()


def test_a_regression_in_one_answer_of_twenty_stops_the_promotion() -> None:
    report = watched(stream(1_500, worse=0.05, noise=0.05))
    assert report.status is Status.REGRESSION
    worst, *rest = report.rows
    assert (worst.route, worst.field, worst.blocks) == (ROUTE, "body.lines[*].price", True)
    assert worst.effect == pytest.approx(0.05, abs=0.02)
    assert worst.differences == {"value": worst.raw_rate * 1_500}
    assert not any(row.flagged for row in rest)


def test_without_one_it_is_clean_and_says_what_it_would_have_seen() -> None:
    report = watched(stream(1_500, noise=0.05))
    assert report.status is Status.CLEAN
    assert (report.routes[0].detectable or 1) < 0.02
    assert report.reason.startswith("no field differs beyond the noise; one that did in 1 % of the answers of GET ")


def test_what_it_says_to_a_promotion_is_the_word_of_its_worst_field() -> None:
    triples = stream(1_500, worse=0.05)
    assert watched(triples).stance is Stance.OBJECTS
    assert watched(triples, ShadowConfig(critical=("body.**.price",))).stance is Stance.CRITICAL
    assert watched(triples, ShadowConfig(critical=("body.at",))).stance is Stance.OBJECTS
    assert watched(stream(1_500)).stance is Stance.AGREES
    assert watched(stream(20)).stance is Stance.UNSURE


def test_endpoints_that_do_not_count_are_told_and_stop_nothing() -> None:
    config = ShadowConfig(endpoints=("GET /health",))
    report = watched(stream(1_500, worse=0.05), config)
    assert report.rows[0].flagged
    assert not report.rows[0].blocks
    assert report.status is Status.NO_DATA


def test_a_field_that_differs_by_itself_often_only_warns() -> None:
    random = np.random.default_rng(5)
    triples = [
        triple(n, {"x": int(random.random() < 0.9)}, {"x": 0}, {"x": int(random.random() < 0.3)}) for n in range(900)
    ]
    report = watched(triples)
    assert report.status is Status.NOISY
    assert report.stance is Stance.AGREES
    assert (report.rows[0].flagged, report.rows[0].noisy, report.rows[0].blocks) == (True, True, False)


def test_a_difference_below_the_floor_is_not_held_against_it() -> None:
    triples = stream(1_500, worse=0.03)
    assert watched(triples).status is Status.REGRESSION
    assert watched(triples, ShadowConfig(floor=0.05)).status is Status.CLEAN


def test_what_one_look_flagged_later_answers_do_not_unsay() -> None:
    shadow = Shadow()
    for one in stream(400, worse=0.2):
        shadow.update(one)
    assert shadow.look().status is Status.REGRESSION
    for one in stream(4_000, seed=2):
        shadow.update(one)
    assert shadow.look().status is Status.REGRESSION


def test_evidence_that_a_field_no_longer_has_is_not_held_against_it_because_others_got_worse() -> None:
    """Each flagged field lowers the bar for the others: what was above it once, and is not now, stays below."""

    def body(a: int, others: int) -> dict[str, int]:
        return {"a": a, **{f"b{n}": others for n in range(9)}}

    alike = ((0, 0), (0, 0))
    fades = [alike] * 2 + [((1, 0), (0, 0))] * 8 + [((0, 0), (1, 0))] * 6 + [alike] * 4
    worse = [((0, 1), (0, 0))] * 20
    pairs = [triple(n, body(*mine), body(0, 0), body(*own)) for n, (mine, own) in enumerate(fades + worse)]
    rows = {row.field: row for row in watched(pairs).rows}
    assert rows["body.b0"].flagged
    assert (rows["body.a"].flagged, rows["body.a"].peak > 3.5, rows["body.a"].effect > 0.01) == (False, True, True)


def test_few_answers_promote_nothing() -> None:
    assert Shadow().look().status is Status.NO_DATA
    report = watched(stream(60))
    assert (report.status, report.stance) == (Status.WAITING, Stance.UNSURE)
    assert "60 answers" in report.reason


def test_most_answers_at_endpoints_too_small_to_judge_are_no_clean() -> None:
    up, down = Reply(200), Reply(500)
    people = [Triple(f"p{n}", f"/user/al{n}x", down, up, up) for n in range(600)]
    healthy = [Triple(f"h{n}", "/health", up, up, up) for n in range(599)]
    report = watched(people + healthy)
    assert (report.status, report.stance) == (Status.WAITING, Stance.UNSURE)
    assert report.reason == "600 of 1,199 answers are of endpoints with too few each to be judged"
    more = [Triple(f"m{n}", "/health", up, up, up) for n in range(2)]
    assert watched(people + healthy + more).status is Status.CLEAN


@pytest.mark.parametrize(
    ("value", "digits", "said"), [(1.0, 2, "100 %"), (0.999, 2, "100 %"), (0.0234, 2, "2.3 %"), (0.00267, 3, "0.267 %")]
)
def test_a_share_is_written_without_powers_of_ten(value: float, digits: int, said: str) -> None:
    assert share(value, digits) == said


def test_one_answer_is_one() -> None:
    assert watched(stream(1)).reason.startswith("1 answer of GET ")


def test_writes_are_counted_and_not_compared() -> None:
    report = watched([triple(n, {"x": 1}, {"x": 2}, {"x": 2}, method="POST") for n in range(500)])
    assert report.status is Status.NO_DATA
    assert report.skipped == {"POST": 500}


def test_without_a_secondary_the_noise_of_an_earlier_run_is_taken_and_said() -> None:
    earlier = watched(stream(3_000, noise=0.05)).noise
    worse = watched(stream(1_500, worse=0.1, noise=0.05, seed=7, secondary=False), noise=earlier)
    assert (worse.status, worse.rows[0].field, worse.rows[0].noise_from) == (
        Status.REGRESSION,
        "body.lines[*].price",
        "stored",
    )
    fine = watched(stream(1_500, noise=0.05, seed=8, secondary=False), noise=earlier)
    assert fine.status is Status.CLEAN


def test_without_secondary_and_stored_noise_nothing_is_said_of_the_candidate() -> None:
    report = watched(stream(3_000, worse=0.5, secondary=False))
    assert report.status is Status.WAITING
    assert "no, or too small, a stored noise" in report.reason
    assert {row.noise_from for row in report.rows} == {"unknown"}


def test_a_field_that_the_earlier_run_never_met_is_new() -> None:
    earlier = watched(stream(3_000)).noise
    triples = [triple(n, {"lines": [], "extra": 1}, {"lines": []}) for n in range(500)]
    report = watched(triples, noise=earlier)
    assert (report.rows[0].field, report.rows[0].blocks) == ("body.extra", True)


def test_examples_show_kinds_and_only_by_leave_values() -> None:
    triples = [
        triple(n, {"mail": "eve@example.org"}, {"mail": "ann@example.org"}, {"mail": "ann@example.org"})
        for n in range(60)
    ]
    closed = watched(triples).rows[0].exemplars
    assert len(closed) == 3
    assert (closed[0].id, closed[0].primary) == ("t0", "a text of length 15")
    assert "example.org" not in Shadow.to_json(_fed(triples))
    opened = watched(triples, ShadowConfig(show=("body.mail",))).rows[0].exemplars
    assert opened[0].candidate == '"eve@example.org"'


def _fed(triples: list[Triple]) -> Shadow:
    shadow = Shadow()
    for one in triples:
        shadow.update(one)
    return shadow


def test_more_fields_than_can_be_told_apart_are_one() -> None:
    wide = {f"k{n}": 1 for n in range(MOST_FIELDS + 500)}
    changed = {**wide, f"k{MOST_FIELDS + 400}": 2}
    shadow = _fed([triple(n, changed, wide, wide) for n in range(60)])
    report = shadow.look()
    assert report.fields == MOST_FIELDS + 1
    assert report.crowded == 60
    assert (report.rows[0].field, report.rows[0].flagged) == (CROWD, True)


@given(cut=st.integers(0, 40), worse=st.sampled_from([0.0, 0.3]), seed=st.integers(0, 5))
def test_going_on_from_its_state_gives_the_same_bytes(cut: int, worse: float, seed: int) -> None:
    triples = stream(40, worse, noise=0.1, seed=seed)
    whole = _fed(triples)
    first = _fed(triples[:cut])
    second = Shadow.from_json(ShadowConfig(), first.to_json())
    for one in triples[cut:]:
        second.update(one)
    assert second.to_json() == whole.to_json()
    assert second.look() == whole.look()


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"version": 2}', '{"tallies": {"a": {"b": {"triples": "x"}}}}', "\udc80"]
)
def test_what_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(StateError):
        Shadow.from_json(ShadowConfig(), text)


TRIPLE: dict[str, Any] = {"id": "a", "endpoint": "/", "candidate": {"status": 200}, "primary": {"status": 200}}


def test_the_least_that_a_triple_has() -> None:
    assert parse(json.dumps(TRIPLE)) == Triple("a", "/", Reply(200), Reply(200))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"primary": None}, "$.primary"),
        ({"candidate": {"status": "200"}}, "$.candidate.status"),
        ({"candidate": {"status": 99}}, "$.candidate.status"),
        ({"candidate": {"status": 200, "latency": -1}}, "$.candidate.latency"),
        ({"candidate": {"status": 200, "body": float("nan")}}, "malformed"),
        ({"id": ""}, "$.id"),
        ({"method": "get"}, "$.method"),
        ({"candidates": {}}, "candidates"),
    ],
)
def test_what_is_no_triple_is_refused_with_its_place(change: dict[str, Any], said: str) -> None:
    with pytest.raises(TripleError) as refusal:
        parse(json.dumps({**TRIPLE, **change}))
    assert said in str(refusal.value)


@pytest.mark.parametrize("line", ["", "[1]", "[" * 100_000, "\udc80", b"\xff"])
def test_what_is_no_object_is_no_triple(line: str | bytes) -> None:
    with pytest.raises(TripleError):
        parse(line)


def test_a_report_serves_as_noise() -> None:
    noise = Noise(fields={ROUTE: {"status": (10, 2)}})
    assert Noise.read(json.dumps({"noise": noise.model_dump(), "status": "clean"})) == noise


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"noise": {"fields": {"a": {"b": [1]}}}}',
        '{"noise": {"fields": {"a": {"b": [1, 2]}}}}',
        '{"noise": 1}',
    ],
)
def test_what_is_no_noise_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"noise|JSON"):
        Noise.read(text)
