"""What the check says of mirrored answers, and what a reviewer sees of it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from app.config import parse
from app.config.model import Config as Configuration
from app.render.decision_json import decision_json
from app.render.sections import section
from checks.decide import Policy, decide
from checks.held import Experiment
from checks.model import CheckResult, Missing, Mode, Pull, Snapshot, State, Verdict
from checks.registry import CHECKS
from checks.shadow import CHECK, Config, Reply, Shadow, Triple, dump

PULL = Pull("acme/shop", 7, "A title", "mona", "a" * 40, "topic", "b" * 40, "main")
Pairs = list[tuple[Any, Any]]


def told(pairs: Pairs, route: str = "/orders", **rules: Any) -> str:
    """What a look says of bodies of candidate and primary; the secondary says what the primary does."""
    shadow = Shadow(Config.model_validate(rules))
    for number, (mine, theirs) in enumerate(pairs):
        old = Reply(200, theirs)
        shadow.update(Triple(f"t{number}", route, Reply(200, mine), old, old))
    return dump(shadow.report())


def of(mirrored: str, course: str = "", environment: str = "canary") -> Experiment:
    return Experiment(12, environment, "{}", "{}", course=course, mirrored=mirrored)


def evaluated(*held: Experiment, config: Config | None = None) -> CheckResult:
    return CHECK.evaluate(Snapshot(PULL, experiments=held), config or Config(), {})


SAME: Pairs = [({"price": 1}, {"price": 1})] * 600
WORSE: Pairs = [({"price": 2 if n % 10 == 0 else 1}, {"price": 1}) for n in range(600)]
CLEAN, REGRESSED = told(SAME), told(WORSE)
CRITICAL = told(WORSE, critical=["body.price"])


def test_a_flagged_field_blocks_and_the_title_says_which_and_by_how_much_in_ten_words() -> None:
    found = evaluated(of(REGRESSED))
    assert (found.state, found.rollback) == (State.BLOCK, False)
    assert found.title == "body.price of GET /orders differs in 10 % beyond noise"
    assert len(found.title.split()) == 10
    assert "canary: the canary is not promoted" in found.reasons
    (measure,) = found.measures
    assert (measure.name, measure.limit, measure.n) == ("difference", "< 0.1", 600)
    assert measure.value == pytest.approx(10)


def test_a_critical_field_rolls_the_decision_back() -> None:
    policy = Policy(checks={"shadow": Config()})
    decision = decide(Snapshot(PULL, experiments=(of(CRITICAL),)), policy, "1")
    assert (decision.verdict, decision.rows[0].conclusion) == (Verdict.ROLLBACK, "failure")
    assert "canary: a critical field takes the canary back" in decision.rows[0].result.reasons


@pytest.mark.parametrize("mirrored", [REGRESSED, CRITICAL], ids=["flagged", "critical"])
def test_what_is_flagged_after_the_promotion_is_told_and_not_undone(mirrored: str) -> None:
    found = evaluated(of(mirrored, course="promote"))
    assert (found.state, found.rollback) == (State.BLOCK, False)
    assert any("promoted before this was flagged" in reason for reason in found.reasons)
    assert "by hand" in found.next_step


def test_of_a_canary_that_was_left_before_a_critical_field_was_flagged_it_is_said_who_takes_it_back() -> None:
    assert "take it back by hand" in evaluated(of(CRITICAL, course="hold")).next_step
    assert "by hand" not in evaluated(of(CRITICAL, course="rollback")).next_step
    assert "by hand" not in evaluated(of(REGRESSED, course="hold")).next_step


def test_answers_that_are_alike_pass_and_say_how_many_there_were() -> None:
    found = evaluated(of(CLEAN))
    assert (found.state, found.title) == (State.PASS, "No field differs beyond noise in 600 answers")
    assert (found.measures[0].name, found.measures[0].value) == ("answers", 600)


def test_a_noisy_field_only_warns() -> None:
    shadow = Shadow(Config())
    for n in range(900):  # the candidate differs in nine of ten answers, the service itself in three of ten
        mine, own = Reply(200, {"x": int(n % 10 != 0)}), Reply(200, {"x": int(n % 10 > 6)})
        shadow.update(Triple(f"t{n}", "/a", mine, Reply(200, {"x": 0}), own))
    found = evaluated(of(dump(shadow.report())))
    assert (found.state, found.rollback) == (State.WARN, False)
    assert found.measures[0].state is State.WARN


def test_too_few_answers_wait_and_count_as_not_measured_once_the_course_is_taken() -> None:
    few = told(SAME[:20])
    assert (evaluated(of(few)).state, evaluated(of(few)).title) == (State.WAIT, "20 mirrored answers, too few to say")
    late = evaluated(of(few, course="hold"))
    assert (late.state, "/api/experiments/12/shadow" in late.next_step) == (State.UNMEASURED, True)


@pytest.mark.parametrize("course", ["", "promote", "hold"])
def test_nothing_mirrored_is_never_a_pass(course: str) -> None:
    assert evaluated(of(told([]), course)).state is State.UNMEASURED
    assert evaluated(of("", course)).state is State.UNMEASURED
    assert evaluated().state is State.UNMEASURED


def test_endpoints_that_do_not_count_block_nothing_and_pass_nothing() -> None:
    found = evaluated(of(told(WORSE, endpoints=["GET /health"])))
    assert (found.state, found.title) == (State.UNMEASURED, "No mirrored answers of an endpoint that counts")


def test_of_several_experiments_the_worst_counts() -> None:
    found = evaluated(of(CLEAN, environment="eu"), of(REGRESSED, environment="us"))
    assert (found.state, found.title.partition(":")[0]) == (State.BLOCK, "us")
    assert [measure.name for measure in found.measures] == ["us.difference", "eu.answers"]


def test_what_cannot_be_read_is_our_failure_and_no_pass() -> None:
    assert evaluated(of("{}")).state is State.ERROR
    missing = Snapshot(PULL, experiments=Missing("reading experiments: no", ours=True))
    assert CHECK.evaluate(missing, Config(), {}).state is State.ERROR


def test_in_mode_warn_it_is_said_and_stops_nothing() -> None:
    policy = Policy(checks={"shadow": Config(mode=Mode.WARN)})
    decision = decide(Snapshot(PULL, experiments=(of(CRITICAL),)), policy, "1")
    assert (decision.verdict, decision.rows[0].result.state) == (Verdict.SHIP, State.BLOCK)
    assert not any("promoted" in reason or "back" in reason for reason in decision.rows[0].result.reasons)


def test_the_stage_changes_with_each_doubling_and_with_each_flag() -> None:
    stages = [evaluated(of(told(SAME[:n]))).stage for n in range(0, 600, 50)]
    assert stages[0] == "no_data 0 0"
    assert 4 < len(set(stages)) < 9
    assert evaluated(of(REGRESSED)).stage.startswith("shadow_regression 1 ")


# --- what is shown -----------------------------------------------------------------------------------------------


def shown(mirrored: str) -> str:
    policy = Policy(checks={"shadow": Config()})
    decision = decide(Snapshot(PULL, experiments=(of(mirrored),)), policy, "1")
    return str(section(decision.rows[0], PULL))


def test_the_table_tells_endpoint_field_rates_evidence_and_how() -> None:
    text = shown(CRITICAL)
    (line,) = [line for line in text.splitlines() if line.startswith("|") and "body.price" in line]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[0].endswith("critical")
    assert cells[1:6] == ["GET /orders", "body.price", "10 %", "0 %", "10 %"]
    assert cells[7] == "60 value"
    assert "- body.price of request t0: a number became a number" in text
    assert "| GET /orders | 600 | 3 |" in text


HOSTILE = "x](http://e.vil) @team <img src=x> | `a` "


def test_foreign_words_are_shown_and_do_nothing() -> None:
    pairs: Pairs = [({HOSTILE: 1}, {HOSTILE: 2})] * 60
    shadow = Shadow(Config(show=("**",)))
    for number, (mine, theirs) in enumerate(pairs):
        old = Reply(200, theirs)
        shadow.update(Triple(f"@team/{number}", f"/a/{HOSTILE}", Reply(200, mine), old, old))
    text = shown(dump(shadow.report()))
    assert "60 mirrored" not in text
    for live in ("](http", "@team", "<img"):
        assert live not in text
    table = [line for line in text.splitlines() if line.startswith("| ") and "http" in line]
    assert {line.count("|") for line in table} == {9, 5}


def test_values_are_withheld_from_all_that_is_stored_and_shown_but_by_leave() -> None:
    secret: Pairs = [({"mail": f"eve{n}@example.org"}, {"mail": "ann@example.org"}) for n in range(60)]
    closed, opened = told(secret), told(secret, show=["body.mail"])
    assert "example.org" not in closed + shown(closed)
    assert "a text of length" in shown(closed)
    assert opened.count("eve") == 3, "three examples of a field, and no more"


def test_everything_in_the_answer_is_json() -> None:
    policy = Policy(checks={"shadow": Config()})
    decision = decide(Snapshot(PULL, experiments=(of(CRITICAL), of(told(SAME[:5])))), policy, "1")
    (check,) = json.loads(json.dumps(decision_json(decision), allow_nan=False))["checks"]
    first = check["detail"]["experiments"][0]
    assert (first["rows"][0]["field"], first["rows"][0]["effect"]) == ("body.price", pytest.approx(0.1))


def test_a_report_is_short_however_much_differs() -> None:
    wide: Mapping[str, int] = {f"k{n}": 1 for n in range(1_500)}
    pairs: Pairs = [({**wide, **{f"k{n}": 2 for n in range(500)}}, wide)] * 30
    text = told(pairs)
    found = json.loads(text)
    assert (found["differing"], len(found["rows"])) == (500, 60)
    assert len(text) < 60_000
    assert "And 475 more fields that differ" in shown(text)


# --- what a repository may write ---------------------------------------------------------------------------------


def test_the_block_takes_the_settings_of_the_diff_and_a_mode() -> None:
    found = parse(
        "version: 1\nshadow: {mode: warn, critical: [body.total], ignore: [body.at], wait_minutes: 5,"
        " tolerances: [{field: body.score, relative: 0.01}]}\n",
        checks=CHECKS,
    )
    assert isinstance(found, Configuration)
    block = found.checks["shadow"]
    assert isinstance(block, Config)
    assert (block.mode, block.critical, block.wait_minutes) == (Mode.WARN, ("body.total",), 5)
    assert block.compared_by == Config.model_validate_json(block.model_dump_json()).compared_by
    assert block.compared_by == block.model_copy(update={"mode": Mode.BLOCK, "wait_minutes": 9.0}).compared_by
    assert block.compared_by != block.model_copy(update={"ignore": ()}).compared_by


@pytest.mark.parametrize("block", ["{q: 2}", "{wait_minutes: -1}", "{wait_minutes: 2000}", "{ignored: [a]}"])
def test_what_cannot_be_meant_is_refused_where_it_is_written(block: str) -> None:
    assert not isinstance(parse(f"version: 1\nshadow: {block}\n", checks=CHECKS), Configuration)
