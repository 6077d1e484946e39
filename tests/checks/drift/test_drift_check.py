"""What the check says of the modules whose code a change touches, and what a reviewer sees of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from app.render.decision_json import decision_json
from app.render.sections import section
from checks.decide import Policy, decide
from checks.drift.alarm import Acted, Course, after, dump, load
from checks.drift.block import Config, Module
from checks.drift.check import CHECK
from checks.drifting import Drifting
from checks.model import ChangeFacts, CheckResult, FileChange, Missing, Mode, Pull, Snapshot, State, Verdict
from tests.checks.drift.module import CONFIG, RANKING, over_days, told_of

PULL = Pull("acme/shop", 7, "A title", "mona", "a" * 40, "topic", "b" * 40, "main")
WELL = dump(after(Course(), told_of(over_days(9)), None, ""))
MOVED = dump(after(Course(), told_of(over_days(10, moved=2)), None, ""))
SILENT = dump(after(Course(), told_of(over_days(9)), (739_008, "no batch came for 30 hours"), ""))


def snapshot(held: str | None, path: str = "ranking/model.py") -> Snapshot:
    known = () if held is None else (Drifting("ranking", held, ("2024-04-26", "2024-05-02")),)
    return Snapshot(PULL, change=ChangeFacts((FileChange(path, 1, 0),)), drift=known)


def evaluated(held: str | None, path: str = "ranking/model.py") -> CheckResult:
    return CHECK.evaluate(snapshot(held, path), CONFIG, {})


@pytest.mark.parametrize(
    ("held", "state", "title"),
    [
        (WELL, State.PASS, "ranking is as its reference"),
        (MOVED, State.BLOCK, "ranking drifts since 2024-05-04"),
        (SILENT, State.UNMEASURED, "Nobody sees whether ranking drifts"),
        (None, State.UNMEASURED, "Nobody sees whether ranking drifts"),
        ("", State.UNMEASURED, "Nobody sees whether ranking drifts"),
    ],
)
def test_the_state_of_the_module_is_the_state_of_the_check(held: str | None, state: State, title: str) -> None:
    found = evaluated(held)
    assert (found.state, found.title) == (state, title)


def test_a_change_that_touches_no_watched_module_passes() -> None:
    found = evaluated(MOVED, "docs/readme.md")
    assert (found.state, found.title) == (State.PASS, "No watched module is touched")


def test_a_file_that_moved_away_from_a_module_touches_it() -> None:
    moved = FileChange("old/model.py", 0, 0, "renamed", "ranking/model.py")
    found = CHECK.evaluate(Snapshot(PULL, change=ChangeFacts((moved,)), drift=()), CONFIG, {})
    assert found.state is State.UNMEASURED


@pytest.mark.parametrize("section_of", ["change", "drift"])
def test_what_could_not_be_read_is_told(section_of: str) -> None:
    missing = Missing("GitHub did not say")
    lacking = (
        replace(snapshot(WELL), change=missing) if section_of == "change" else replace(snapshot(WELL), drift=missing)
    )
    found = CHECK.evaluate(lacking, CONFIG, {})
    assert (found.state, found.reasons) == (State.UNMEASURED, ("GitHub did not say",))


def test_a_watch_that_another_version_wrote_is_our_failure() -> None:
    assert evaluated('{"state": "sideways"}').state is State.ERROR


def test_the_reasons_name_what_moved_and_since_when() -> None:
    found = evaluated(MOVED)
    assert any(reason.startswith("input price since 2024-05-04: ") for reason in found.reasons)
    (measure,) = found.measures
    assert (measure.name, measure.value, measure.n) == ("ranking.drifting", 1, 2)


@pytest.mark.parametrize(("mode", "verdict"), [(Mode.WARN, Verdict.SHIP), (Mode.BLOCK, Verdict.BLOCK)])
def test_by_default_a_drift_is_remarked_on_and_stops_nothing(mode: Mode, verdict: Verdict) -> None:
    assert Config().mode is Mode.WARN
    assert CHECK.warns(Config(modules=(Module(name="default"),))) == ()
    assert CHECK.warns(CONFIG) == (
        "`ranking` has a reference of 7 days: with fewer than 21 weekdays are not matched, and small shifts are not "
        "proven",
    )
    config = CONFIG.model_copy(update={"mode": mode})
    decision = decide(snapshot(MOVED), Policy({"drift": config}), "test")
    assert decision.verdict is verdict
    assert json.loads(json.dumps(decision_json(decision)))


def remedied(path: str = "ranking/model.bin", **of: Any) -> CheckResult:
    """A drift for which #7 puts the prepared file in place, and what is said of a change of `path` then."""
    files = {"remediation": {"files": [{"prepared": "ranking/safe.bin", "live": "ranking/model.bin"}]}}
    rules = Config.model_validate({"mode": "block", "modules": [RANKING.model_dump(mode="json") | files]})
    held = dump(msgspec.structs.replace(load(MOVED), acted=Acted(pull=7, branch="maestro/fix/drift/ranking-1")))
    facts = snapshot(held, path)
    return CHECK.evaluate(replace(facts, pull=replace(facts.pull, **of)), rules, {})


@pytest.mark.parametrize(
    ("path", "of", "state"),
    [
        ("ranking/model.bin", {}, State.PASS),
        ("ranking/model.bin", {"number": None, "head_ref": f"gh-readonly-queue/main/pr-7-{'b' * 40}"}, State.PASS),
        ("ranking/model.bin", {"number": None, "head_ref": f"gh-readonly-queue/main/pr-77-{'b' * 40}"}, State.BLOCK),
        ("ranking/model.bin", {"number": 8, "head_ref": "maestro/fix/drift/ranking-1"}, State.BLOCK),
        ("ranking/model.bin", {"from_fork": True}, State.BLOCK),
        ("ranking/model.py", {}, State.BLOCK),
    ],
)
def test_what_is_to_end_the_drift_is_not_held_up_by_it(path: str, of: dict[str, Any], state: State) -> None:
    found = remedied(path, **of)
    assert found.state is state
    if state is State.PASS:
        assert found.title == "ranking drifts, and this is what is to end it"


def test_whoever_is_blocked_is_told_how_a_change_that_ends_the_drift_gets_through() -> None:
    step = remedied(number=8).next_step
    assert step.startswith("Pull request 7 puts in place what was prepared")
    assert "passes once `drift.mode` is `warn` on main" in step
    assert "freeze another reference" in step
    assert "drift.mode" not in evaluated(MOVED).next_step


def test_a_reviewer_sees_every_feature_and_no_markup_of_theirs() -> None:
    held = snapshot(MOVED.replace('"price"', '"<b>@price|"'))
    (row,) = decide(held, Policy({"drift": CONFIG}), "test").rows
    shown = section(row, PULL)
    assert "compared with 2024-04-26 to 2024-05-02" in shown
    assert "<b>" not in shown
    assert shown.count("\n| ") >= 3
