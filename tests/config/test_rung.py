"""How an arm is started: what each way needs, and what it has no use for, is said with the arm's name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from app.config.acting import Arms
from program.arms import Arm


def arms(*rungs: dict[str, Any], **more: Any) -> Arms:
    return Arms.model_validate({"ladder": list(rungs), **more})


def test_each_way_is_known_to_the_program_with_what_it_begins_with() -> None:
    ladder = arms(
        {"name": "a", "model": "m-1"},
        {"name": "b", "by": "repository"},
        {"name": "c", "by": "mention", "to": "@claude"},
        {"name": "d", "by": "label"},
        {"name": "e", "by": "assign", "to": "copilot-swe-agent[bot]", "behalf": "alice"},
        workflow="agent.yml",
    ).as_ladder()
    assert ladder.arms == (
        Arm("a", "agent.yml", "m-1"),
        Arm("b", "", by="repository", to="maestro.agent"),
        Arm("c", "", by="mention", to="@claude"),
        Arm("d", "", by="label", to="fix-me"),
        Arm("e", "", by="assign", to="copilot-swe-agent[bot]", behalf="alice"),
    )


def test_a_ladder_without_a_workflow_needs_none() -> None:
    assert arms({"name": "a", "by": "label"}).as_ladder().arms[0].workflow == ""


@pytest.mark.parametrize(
    ("rung", "why"),
    [
        ({}, "no workflow runs a"),
        ({"by": "label", "workflow": "agent.yml"}, "of arms by `workflow` alone"),
        ({"workflow": "agent.yml", "to": "x"}, "leave out `to`"),
        ({"by": "mention"}, "whom it is for"),
        ({"by": "mention", "to": "claude"}, "hold an @"),
        ({"by": "repository", "to": "an event"}, "no blanks"),
        ({"by": "assign", "to": "copilot"}, "in whose name"),
        ({"by": "label", "behalf": "alice"}, "`behalf` is of arms by `assign` alone"),
        ({"by": "mention", "to": "/Maestro override contract @octo"}, "a command of ours"),
        ({"by": "mention", "to": "@claude\n/merge"}, "pattern"),
        ({"by": "label", "to": "$(id)"}, "pattern"),
        ({"by": "post"}, "Input should be"),
    ],
)
def test_an_arm_that_cannot_be_started_is_refused(rung: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=r"validation error") as caught:
        arms({"name": "a", **rung})
    assert why in str(caught.value)
