from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from app import record
from app.config import parse
from app.config.model import Config as Configuration
from app.render.decision_json import decision_json
from app.render.sections import section
from checks.decide import Policy, decide, weigh
from checks.impact.block import Config
from checks.impact.check import CHECK, STATES, owed
from checks.impact.outcome import Outcome
from checks.impact.study import study
from checks.impact.told import Told, dump
from checks.judge import Case, judge
from checks.model import ChangeFacts, CheckResult, FileChange, Measure, Missing, Mode, Pull, Snapshot, State, Verdict
from checks.registry import CHECKS
from checks.studied import Studied

from .observed import AT, metric, rules, series

PULL = Pull("acme/shop", 7, "A title", "mona", "a" * 40, "topic", "b" * 40, "main")
WORSE = study(rules(), [metric(effect=3.0)], AT)
CALM = study(rules(), [metric()], AT)
RISKY: Mapping[str, Measure] = {"risk": Measure("risk", 0.72)}
SAFE: Mapping[str, Measure] = {"risk": Measure("risk", 0.31)}


def studied(told: Told | None, **more: Any) -> Studied:
    held = Studied(1, "production", PULL.head_sha, AT, AT + 3_600, (7,), dump(told) if told else "")
    return replace(held, **more)


def evaluated(*held: Studied, config: Config | None = None, measured: Mapping[str, Measure] = RISKY) -> CheckResult:
    return CHECK.evaluate(Snapshot(PULL, studies=held), config or rules(), measured)


# --- a summary is owed -------------------------------------------------------------------------------------------


def test_a_risky_change_always_has_a_summary_if_only_that_its_deploy_is_pending() -> None:
    found = evaluated()
    assert (found.state, found.title) == (
        State.PASS,
        "Pending deploy: risk 0.72, a summary is owed once it is in production",
    )


def test_of_a_change_below_the_threshold_none_is_asked_but_one_that_is_there_is_shown() -> None:
    assert evaluated(measured=SAFE).title == "Not asked: risk 0.31 is below 0.5"
    assert evaluated(studied(WORSE), measured=SAFE).state is State.BLOCK


def test_a_change_whose_risk_nobody_knows_is_owed_one() -> None:
    assert evaluated(measured={}).title.startswith("Pending deploy: its risk is not known")
    assert [owed(rules(risk_at_least=0.5), risk) for risk in (None, 0.5, 0.49)] == [True, True, False]


def test_a_deployment_that_nobody_looked_at_yet_is_no_answer() -> None:
    assert (evaluated(studied(None)).state, evaluated(studied(None)).title) == (
        State.PASS,
        "Deployed; the first look is to come",
    )
    assert evaluated(studied(None, at=None)).title == "Pending deploy"


def test_nothing_to_watch_is_not_measured() -> None:
    assert evaluated(config=Config()).state is State.UNMEASURED


# --- what the outcomes mean --------------------------------------------------------------------------------------


def test_only_what_is_likely_worse_stands_in_the_way() -> None:
    assert STATES == {
        Outcome.LIKELY_WORSE: State.BLOCK,
        Outcome.INSUFFICIENT_DATA: State.WARN,
        Outcome.PENDING_DEPLOY: State.PASS,
        Outcome.LIKELY_BETTER: State.PASS,
        Outcome.NO_EVIDENCE: State.PASS,
    }
    for mode, verdict in ((Mode.WARN, Verdict.SHIP), (Mode.BLOCK, Verdict.BLOCK)):
        assert weigh(evaluated(studied(WORSE)), mode).verdict is verdict


def test_too_little_data_is_said_and_lets_the_change_through() -> None:
    flat = study(rules(), [replace(metric(), y=series("p95", [1.0] * 120))], AT)
    found = evaluated(studied(flat))
    assert (found.state, found.measures[0].value) == (State.WARN, None)
    assert "does not vary" in found.reasons[0]
    assert weigh(found, Mode.BLOCK).verdict is Verdict.SHIP


def test_the_worst_study_counts_and_names_its_environment() -> None:
    found = evaluated(studied(CALM, environment="canary"), studied(WORSE, id=2))
    assert found.state is State.BLOCK
    assert found.title.startswith("production: p95 +")
    assert [one.name for one in found.measures] == ["production.p95", "canary.p95"]
    assert found.stage == "2 likely_worse; 1 no_evidence"


def test_each_metric_has_its_effect_with_interval_and_number() -> None:
    only = evaluated(studied(WORSE)).measures[0]
    assert (only.name, only.unit, only.n, only.state) == ("p95", "%", 40, State.BLOCK)
    assert only.interval is not None
    assert isinstance(only.value, float)
    assert 0 < only.interval[0] < only.value < only.interval[1]


# --- people ------------------------------------------------------------------------------------------------------


def test_those_who_came_with_the_same_deployment_share_one_effect() -> None:
    found = evaluated(studied(WORSE, pulls=(4, 7, 9)))
    assert "production: shared with #4, #9: one effect for all" in found.reasons
    assert not any("shared" in reason for reason in evaluated(studied(WORSE)).reasons)


def test_people_are_asked_and_told_how_often_they_agreed() -> None:
    assert "/maestro agree" in evaluated(studied(CALM)).next_step
    assert "/maestro disagree" in evaluated(studied(WORSE)).next_step
    assert evaluated(studied(None)).next_step == ""
    said = evaluated(studied(WORSE, opinions=(2, 1), rate=(8, 10))).reasons
    assert "production: 2 agree, 1 disagree; in this repository 8 of 10 agreed (80 %)" in said
    assert not any("agree" in reason for reason in evaluated(studied(WORSE)).reasons)


# --- errors ------------------------------------------------------------------------------------------------------


def test_what_is_missing_or_cannot_be_read_is_said() -> None:
    missing = CHECK.evaluate(Snapshot(PULL, studies=Missing("the database is away", ours=True)), rules(), {})
    assert (missing.state, missing.reasons) == (State.ERROR, ("the database is away",))
    assert evaluated(replace(studied(None), told="{}")).state is State.ERROR


# --- where it is shown -------------------------------------------------------------------------------------------


def test_the_evidence_shows_the_numbers_the_course_and_what_is_taken_for_granted() -> None:
    shown = section(weigh(evaluated(studied(WORSE, pulls=(7, 4), rate=(1, 1), opinions=(1, 0))), Mode.BLOCK), PULL)
    assert "| ❌ | p95 | 10" in shown
    assert "40 before, 40 after" not in shown
    assert "80 before, 40 after" in shown
    assert "After the deployment p95 was" in shown
    assert shown.count("│") == 2
    assert "What this takes for granted" in shown
    assert "Summaries and people: 1 agree" in shown


def test_a_hostile_name_stays_text() -> None:
    name = "p95|<img src=x>`@octocat #1 [x](https://evil.example)"
    config = rules(metrics=[{"name": name, "better": "lower", "unit": "<b>"}])
    told = study(config, [metric(name, effect=3.0)], AT)
    shown = section(weigh(evaluated(studied(told), config=config), Mode.BLOCK), PULL)
    assert "<img" not in shown
    assert "](https://evil" not in shown
    assert "@octocat" not in shown


def test_a_decision_with_a_study_is_kept_and_made_again() -> None:
    facts = ChangeFacts((FileChange("a.py", 3, 1),))
    case = Case(Snapshot(PULL, change=facts, studies=(studied(WORSE),)), Policy({"impact": rules()}), None, "1.5.0")
    decision = judge(case)
    assert decision is not None
    assert record.again(record.write(case, decision)) == decision
    assert decision_json(decision)["checks"][0]["detail"]["studies"][0]["outcome"] == "likely_worse"


def test_the_risk_of_the_change_itself_decides_whether_it_is_owed_a_summary() -> None:
    small = Snapshot(PULL, change=ChangeFacts((FileChange("a.py", 1, 0),)), studies=())
    large = replace(small, change=ChangeFacts(tuple(FileChange(f"d{at}/f{at}.py", 900, 40) for at in range(90))))
    titles = [decide(one, Policy({"impact": rules()}), "1.5.0").rows[0].result.title for one in (small, large)]
    assert titles[0].startswith("Not asked: risk 0.")
    assert titles[1].startswith("Pending deploy: risk 0.")


@pytest.mark.parametrize(
    ("block", "good"),
    [
        ("{}", True),
        ("{metrics: [{name: p95, better: lower, kind: stock, unit: ms, controls: [traffic]}]}", True),
        ("{source: production, metrics: [{name: p95, better: lower, query: up}]}", True),
        ("{source: https://evil.example, metrics: []}", False),
        ("{metrics: [{name: p95}]}", False),
    ],
)
def test_the_block_is_read_where_it_is_written(block: str, good: bool) -> None:
    assert isinstance(parse(f"version: 1\nimpact: {block}\n", checks=CHECKS), Configuration) is good
