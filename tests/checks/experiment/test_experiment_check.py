import json
from dataclasses import replace
from typing import Any

import pytest

from app import record
from app.config import parse
from app.config.model import Config as Configuration
from app.render.decision_json import decision_json
from app.render.sections import section
from checks.decide import Policy, decide
from checks.experiment import CHECK, GateConfig, Reason, begin, dump, stopped
from checks.experiment.block import Config
from checks.held import BY_HAND, Experiment, Feed
from checks.judge import Case, judge
from checks.model import CheckResult, Missing, Mode, Pull, Snapshot, State, Verdict
from checks.registry import CHECKS
from tests.checks.experiment.facts import config as gate
from tests.checks.experiment.facts import even, run

PULL = Pull("acme/shop", 7, "A title", "mona", "a" * 40, "topic", "b" * 40, "main")
RULES = gate()
GOOD = even(40, (10_000, 100), (10_000, 100))
BAD = even(5, (10_000, 100), (10_000, 400))


def asked(**more: Any) -> Config:
    return Config(environments=("canary",), gate=RULES, **more)


def experiment(ticks: Any, rules: GateConfig = RULES, environment: str = "canary") -> Experiment:
    return Experiment(1, environment, rules.model_dump_json(), dump(run(rules, ticks)))


def evaluated(*held: Experiment, config: Config | None = None) -> CheckResult:
    return CHECK.evaluate(Snapshot(PULL, experiments=held), config or asked(), {})


def parsed(block: str) -> Any:
    return parse(f"version: 1\nexperiment: {block}\n", checks=CHECKS)


# --- what a repository may write ---------------------------------------------------------------------------------


def test_a_block_names_its_canaries_its_gate_and_what_follows() -> None:
    found = parsed(
        "{environments: [canary], gate: {baseline: 0.01, margin: 2, metrics: [{name: errors}]},"
        " promote: {workflow: promote.yml, environment: production}, rollback: {workflow: back.yml}}"
    )
    assert isinstance(found, Configuration)
    block = found.checks["experiment"]
    assert isinstance(block, Config)
    assert block.gate is not None
    assert (block.gate.margin, block.gate.metrics[0].name) == (2, "errors")
    assert (block.promote.workflow, block.promote.environment, block.rollback.workflow) == (
        "promote.yml",
        "production",
        "back.yml",
    )
    assert block.canary("Canary")
    assert not block.canary("production")


@pytest.mark.parametrize(
    "block",
    [
        "{environments: [canary]}",
        "{environments: [canary], gate: {}}",
        "{gate: {baseline: 0.01, margin: 0.5}}",
        "{environments: [''], gate: {baseline: 0.01}}",
        "{rollback: {workflow: ../../evil.yml}}",
        "{promote: {workflow: 'a b.yml'}}",
        "{kill_switch: 'yes'}",
    ],
)
def test_what_could_not_be_run_is_refused_where_it_is_written(block: str) -> None:
    assert not isinstance(parsed(block), Configuration)


# --- what was done since, and what is left -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("acted", "title", "next_step"),
    [
        ("", "", "Nothing to do yet: the canary is being taken back."),
        ("nothing was asked for", "", "Take the canary back if it still serves"),
        (
            "workflow back.yml: done; deployment status failure: done",
            "; done: workflow back.yml, deployment status failure",
            "Correct the change and push",
        ),
        (
            "workflow back.yml: refused by GitHub: no; deployment status failure: done",
            "; done: deployment status failure",
            "See to what was not done (workflow back.yml: refused by GitHub: no), then correct the change.",
        ),
        (
            "workflow back.yml: done; revert pull request #12: done",
            "; done: workflow back.yml, revert pull request #12",
            "Review and merge the revert pull request #12",
        ),
        (
            "workflow back.yml: done; revert pull request: not needed, main has the change no longer",
            "; done: workflow back.yml",
            "Correct the change and push",
        ),
    ],
)
def test_a_rollback_says_what_was_done_and_what_is_left_to_do(acted: str, title: str, next_step: str) -> None:
    found = evaluated(replace(experiment(BAD), acted=acted))
    assert found.title == f"canary: Roll back: errors is proven worse than tolerated{title}"
    assert found.next_step.startswith(next_step)


def test_an_experiment_without_an_answer_that_is_taken_back_says_so_too() -> None:
    rules = gate(on_inconclusive="rollback")
    ended = replace(
        experiment((), rules), state=dump(stopped(begin(rules), Reason.STOPPED)), acted="workflow b.yml: done"
    )
    found = evaluated(ended)
    assert (found.state, found.next_step) == (
        State.UNMEASURED,
        "Correct the change and push: a new commit is a new canary.",
    )


# --- what the check says -----------------------------------------------------------------------------------------


def test_a_block_that_names_no_canary_measures_nothing_and_says_so() -> None:
    found = evaluated(config=Config())
    assert (found.state, found.title) == (State.UNMEASURED, "`experiment.environments` names no canary")


def test_without_an_experiment_the_change_is_not_measured_and_told_where_to_deploy() -> None:
    found = evaluated()
    assert (found.state, found.next_step) == (State.UNMEASURED, "Deploy aaaaaaa to `canary`.")


def test_what_could_not_be_read_is_our_failure_and_no_pass() -> None:
    snapshot = Snapshot(PULL, experiments=Missing("reading experiments: no", ours=True))
    assert CHECK.evaluate(snapshot, asked(), {}).state is State.ERROR
    spoilt = replace(experiment(()), state="{}")
    assert evaluated(spoilt).state is State.ERROR
    assert evaluated(replace(experiment(()), gate="{}")).state is State.ERROR


def test_while_it_runs_it_waits_and_counts_the_evidence() -> None:
    found = evaluated(experiment(even(6, (1000, 10), (1000, 10))))
    assert found.state is State.WAIT
    assert found.title == "canary: Not decided yet"
    (reason,) = found.reasons
    assert reason.startswith("canary: errors: evidence for the promotion: ")
    assert "of 200 needed, about " in reason
    (measure,) = found.measures
    assert (measure.name, measure.limit, measure.n, measure.state) == ("errors", "< 1.5", 6000, State.WAIT)
    assert measure.interval is not None


@pytest.mark.slow
def test_the_stage_tells_evidence_in_tenths_so_that_not_every_tick_is_news() -> None:
    stages = [evaluated(experiment(even(n, (100, 1), (100, 1)))).stage for n in range(1, 200)]
    assert stages[0] == "continue 0/0"
    assert 3 < len(set(stages)) < 20


def test_a_promotion_passes_and_says_what_it_saved() -> None:
    found = evaluated(experiment(GOOD))
    assert found.state is State.PASS
    assert "of the requests of a fixed test were not needed" in found.reasons[0]
    assert found.measures[0].state is State.PASS


def test_a_rollback_rolls_the_decision_back() -> None:
    policy = Policy(checks={"experiment": asked()})
    decision = decide(Snapshot(PULL, experiments=(experiment(BAD),)), policy, "1")
    assert decision.verdict is Verdict.ROLLBACK
    assert decision.conclusion == "failure"
    (row,) = decision.rows
    assert row.conclusion == "failure"
    assert row.result.title == "canary: Roll back: errors is proven worse than tolerated"
    assert json.loads(json.dumps(decision_json(decision)))["verdict"] == "rollback"


def test_what_was_decided_of_an_experiment_can_be_decided_again() -> None:
    case = Case(Snapshot(PULL, experiments=(experiment(BAD),)), Policy(checks={"experiment": asked()}), None, "1")
    decision = judge(case)
    assert decision is not None
    assert record.again(record.write(case, decision)) == decision


def test_in_mode_warn_a_rollback_only_remarks() -> None:
    policy = Policy(checks={"experiment": asked(mode=Mode.WARN)})
    assert decide(Snapshot(PULL, experiments=(experiment(BAD),)), policy, "1").verdict is Verdict.SHIP


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason])
def test_no_answer_is_never_a_pass(reason: Reason) -> None:
    ended = Experiment(1, "canary", RULES.model_dump_json(), dump(stopped(begin(RULES), reason)))
    assert evaluated(ended).state is State.UNMEASURED


def test_of_several_experiments_the_worst_counts() -> None:
    found = evaluated(experiment(GOOD), experiment(BAD, environment="canary-eu"))
    assert (found.state, found.rollback) == (State.BLOCK, True)
    assert found.title.startswith("canary-eu: ")
    assert [measure.name for measure in found.measures] == ["canary-eu.errors", "canary.errors"]


def test_the_kill_switch_lets_nothing_pass() -> None:
    assert evaluated(experiment(GOOD), config=asked(kill_switch=True)).state is State.UNMEASURED


def test_the_evidence_names_every_metric_and_the_guarantee() -> None:
    rules = gate(metrics=({"name": "errors"}, {"name": "cost", "kind": "mean", "role": "report"}))
    held = experiment((), rules)
    decision = decide(Snapshot(PULL, experiments=(held,)), Policy(checks={"experiment": asked()}), "1")
    shown = section(decision.rows[0], PULL)
    assert "| errors | gate | 0 of 0 | 0 of 0 | 1 of 200 needed |" in shown
    assert "| cost | report | — of 0 |" in shown
    assert "however often one looks" in shown
    assert "Not used" not in shown


def test_what_was_not_used_is_told_by_kind() -> None:
    flawed = {"t": 1_000.0, "control": {"good": 5, "total": 1}, "canary": {"good": 1, "total": 1}}
    held = experiment([*even(3), even(1)[0], flawed])
    decision = decide(Snapshot(PULL, experiments=(held,)), Policy(checks={"experiment": asked()}), "1")
    shown = section(decision.rows[0], PULL)
    assert "Not used: 1 late, 1 flawed. Evidence was begun anew 0 times." in shown
    assert "control of errors has more good requests than requests" in shown


# --- where figures come from -------------------------------------------------------------------------------------


def test_why_a_source_gives_nothing_is_said_and_what_to_do_about_it() -> None:
    away = Feed("production", 15.0, "connection refused", 1_700_000_000.0)
    told = evaluated(replace(experiment([]), feed=away))
    assert told.state is State.WAIT
    assert "canary: source `production`: connection refused, since 22:13 UTC" in told.reasons
    assert told.next_step == "Find out why source `production` gives no figures: connection refused."
    assert told.stage != evaluated(experiment([])).stage


def test_figures_too_old_for_a_rollback_within_seven_minutes_are_said_while_it_runs() -> None:
    old = replace(experiment(GOOD[:2]), feed=Feed("production", 720.0))
    (said,) = (reason for reason in evaluated(old).reasons if "7 min" in reason)
    assert said.startswith("canary: figures of `production` are 12 min old and ticks of ")
    assert "a rollback within 7 min is not possible" in said
    answered = replace(experiment(BAD), feed=Feed("production", 720.0))
    assert not any("7 min" in reason for reason in evaluated(answered).reasons)


@pytest.mark.parametrize("ticks", [GOOD, ()], ids=["promoted", "without an answer"])
def test_one_that_somebody_rolled_back_rolls_the_decision_back_whatever_its_gate_has_proven(ticks: Any) -> None:
    rules = gate()
    held = (
        experiment(ticks, rules)
        if ticks
        else replace(experiment(()), state=dump(stopped(begin(rules), Reason.BY_HAND)))
    )
    before = evaluated(held)
    found = evaluated(by_hand := replace(held, course=BY_HAND, acted="workflow back.yml: done"))
    assert before.state is not State.BLOCK
    assert (found.state, found.rollback) == (State.BLOCK, True)
    assert found.title == "canary: Rolled back by hand; done: workflow back.yml"
    assert found.next_step == "Correct the change and push: a new commit is a new canary."
    assert found.measures == before.measures
    assert "canary: taken back: workflow back.yml: done" in found.reasons
    policy = Policy(checks={"experiment": asked()})
    assert decide(Snapshot(PULL, experiments=(by_hand,)), policy, "1").verdict is Verdict.ROLLBACK
