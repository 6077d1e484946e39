"""The blocks `arms`, `escalate` and `rollback`: what they may say, and what is said of what they may not."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from app.config import Config, ConfigErrors, parse, schema
from app.config.acting import Arms, Escalate, Rollback
from program.arms import Arm, Ladder
from program.terms import Terms

from .registry import CHECKS

VALIDATOR = jsonschema_rs.Draft202012Validator(schema(CHECKS))
WHOLE: dict[str, Any] = {
    "version": 1,
    "arms": {
        "workflow": "agent.yml",
        "ladder": [
            {"name": "impl@small", "model": "small-1", "cost_usd": 0.08, "tags": ["cheap"]},
            {"name": "impl@large", "workflow": "large.yaml"},
        ],
    },
    "escalate": {"workflow": "tests-high.yml", "inputs": {"mode": "high"}},
}


def read(value: object) -> Config | ConfigErrors:
    return parse(json.dumps(value), checks=CHECKS)


def changed(block: str, **keys: Any) -> dict[str, Any]:
    return WHOLE | {block: WHOLE[block] | keys}


def test_a_ladder_and_heavier_tests_are_read_as_they_were_written() -> None:
    config = read(WHOLE)
    assert isinstance(config, Config)
    assert config.arms is not None
    assert config.arms.as_ladder() == Ladder(
        (
            Arm("impl@small", "agent.yml", "small-1", 0.08, ("cheap",)),
            Arm("impl@large", "large.yaml"),
        )
    )
    assert config.escalate == Escalate(workflow="tests-high.yml", inputs={"mode": "high"})
    assert config.notices == ()
    assert VALIDATOR.is_valid(WHOLE)


def test_a_configuration_without_them_has_none_and_keeps_its_digest() -> None:
    plain = read({"version": 1})
    assert isinstance(plain, Config)
    assert (plain.arms, plain.escalate) == (None, None)
    assert not {"arms", "escalate"} & plain.as_json().keys()


def test_the_effective_configuration_with_them_is_one_itself() -> None:
    config = read(WHOLE)
    assert isinstance(config, Config)
    again = read(config.as_json())
    assert isinstance(again, Config)
    assert again.digest == config.digest


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (changed("arms", ladder=[]), "ladder"),
        (changed("arms", ladder=[{"name": "a"}, {"name": "a"}]), "two arms are called a"),
        (changed("arms", ladder=[{"name": "Impl"}, {"name": "impl"}]), "two arms are called Impl"),
        (changed("arms", ladder=[{"name": "a b"}]), "arms.ladder[0].name"),
        (changed("arms", ladder=[{"name": "`x`"}]), "arms.ladder[0].name"),
        (changed("arms", ladder=[{"name": "a", "cost_usd": -1}]), "cost_usd"),
        (changed("arms", ladder=[{"name": "a", "model": "$(id)"}]), "model"),
        (changed("arms", ladder=[{"name": f"a{n}"} for n in range(21)]), "ladder"),
        (changed("arms", workflow="../agent.yml"), "arms.workflow"),
        (changed("arms", workflow="agent.sh"), "arms.workflow"),
        (WHOLE | {"arms": {"ladder": [{"name": "a"}]}}, "no workflow runs a"),
        (changed("arms", classes=[{"name": "x", "paths": ["a"]}] * 2), "two classes are called x"),
        (changed("arms", classes=[{"name": "other", "paths": ["a"]}]), "the class other is what fits no other"),
        (changed("arms", classes=[{"name": "x", "paths": []}]), "arms.classes[0].paths"),
        (changed("arms", floor=1.0), "arms.floor"),
        (changed("arms", attempts=4), "arms.attempts"),
        (changed("arms", retry={"minutes": -1}), "arms.retry.minutes"),
        (changed("arms", max_usd=1), "`arms.max_usd` is a limit of cost: declare `cost_usd` of impl@large"),
        (changed("arms", budget_usd=1), "`arms.budget_usd` is a limit of cost: declare `cost_usd` of impl@large"),
        (changed("arms", ladder=[{"name": "a", "cost_usd": 2}], max_usd=1), "no arm may try"),
        (changed("arms", allow=["open"]), "no arm may try"),
        (changed("arms", forbid=["cheap"], ladder=[{"name": "a", "tags": ["cheap"]}]), "no arm may try"),
        (changed("escalate", workflow="a/b.yml"), "escalate.workflow"),
        (changed("escalate", inputs={f"i{n}": "" for n in range(11)}), "inputs"),
        (changed("escalate", inputs={"mode": 3}), "inputs"),
        (changed("escalate", inputs={"mode": "x" * 1001}), "inputs"),
        (changed("escalate", inputs={"a b": "x"}), "inputs"),
        (changed("escalate", inputs={"maestro_id": "x"}), "maestro_id is ours to set"),
        (WHOLE | {"escalate": {}}, "escalate.workflow"),
    ],
)
def test_what_they_may_not_say_is_told_at_its_place(value: dict[str, Any], said: str) -> None:
    found = read(value)
    assert isinstance(found, ConfigErrors)
    assert said in str(found)


def test_the_terms_on_which_an_arm_is_chosen_are_read_as_they_were_written() -> None:
    block = {
        "classes": [{"name": "docs", "paths": ["docs/**"]}, {"name": "code", "paths": ["**"]}],
        "floor": 0.9,
        "attempts": 2,
        "retry": {"minutes": 20, "minute_usd": 0.02, "ci_usd": 0.08, "reviewer_usd": 0.5},
        "human_usd": 30,
        "allow": ["cheap"],
        "forbid": ["closed"],
        "repeat": 0.5,
    }
    config = read(changed("arms", **block))
    assert isinstance(config, Config)
    assert config.arms is not None
    ladder = config.arms.as_ladder()
    terms = Terms(floor=0.9, attempts=2, retry_usd=0.98, human_usd=30, allow=("cheap",), forbid=("closed",), repeat=0.5)
    assert ladder.terms == terms
    assert ladder.classes == (("docs", ("docs/**",)), ("code", ("**",)))
    again = read(config.as_json())
    assert isinstance(again, Config)
    assert again.digest == config.digest


def test_the_terms_that_are_not_written_are_those_of_the_program() -> None:
    config = read(WHOLE)
    assert isinstance(config, Config)
    assert config.arms is not None
    assert config.arms.terms() == Terms()


def test_whole_numbers_are_costs_too() -> None:
    config = read(changed("arms", ladder=[{"name": "a", "cost_usd": 2}]))
    assert isinstance(config, Config)
    assert isinstance(config.arms, Arms)
    assert config.arms.ladder[0].cost_usd == 2.0


def test_what_a_rollback_by_hand_does_is_read_as_it_was_written_and_has_defaults() -> None:
    block = {"environments": ["production", "EU"], "workflow": "undo.yml", "revert": False}
    whole, bare, absent = read(WHOLE | {"rollback": block}), read(WHOLE | {"rollback": {}}), read(WHOLE)
    assert isinstance(whole, Config)
    assert isinstance(bare, Config)
    assert isinstance(absent, Config)
    assert whole.rollback == Rollback(environments=("production", "EU"), workflow="undo.yml", revert=False)
    assert bare.rollback == Rollback(environments=(), workflow=None, revert=True)
    assert absent.rollback is None
    assert len({whole.digest, bare.digest, absent.digest}) == 3
    assert isinstance(read(whole.as_json()), Config)


@pytest.mark.parametrize(
    "block",
    [{"workflow": "../undo.yml"}, {"workflow": "undo"}, {"environments": [""]}, {"environment": ["x"]}, {"revert": 1}],
)
def test_a_rollback_that_cannot_be_meant_is_refused(block: dict[str, Any]) -> None:
    assert isinstance(read(WHOLE | {"rollback": block}), ConfigErrors)
    assert not VALIDATOR.is_valid(WHOLE | {"rollback": block})
