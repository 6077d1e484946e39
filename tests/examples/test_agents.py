"""The workflows of agents: each takes what the sender sends, both ways, and no word of it acts in a shell."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.model import Task
from checks.model import Pull
from handlers.sending import inputs_of
from program.arms import Arm

AGENTS = Path(__file__).parents[2] / "examples" / "agents"
NAMES = ("claude-code.yml", "codex.yml", "openhands.yml")
EVERY = pytest.mark.parametrize("name", NAMES)
PULL = Pull("octo/shop", 7, "Pay", "alice", "1a" * 20, "agent/x", "2b" * 20, "main")
SENT = inputs_of(PULL, Arm("impl@small", ""), Task("", "try 1", 1, "1a" * 20, "Mend it.")).keys() | {"maestro_id"}
ACTIONS = {
    "actions/checkout",
    "actions/download-artifact",
    "actions/setup-python",
    "actions/upload-artifact",
    "anthropics/claude-code-action",
    "openai/codex-action",
}
_SAID = re.compile(r"(?:inputs|github\.event\.client_payload)\.(\w+)")


def text(name: str) -> str:
    return (AGENTS / name).read_text("utf-8")


def workflow(name: str) -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(text(name))
    return loaded


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in workflow(name)["jobs"].values() for step in job["steps"]]


def test_every_workflow_of_an_agent_is_looked_at() -> None:
    assert sorted(path.name for path in AGENTS.iterdir()) == list(NAMES)


@EVERY
def test_it_declares_the_inputs_that_are_sent_and_no_other(name: str) -> None:
    declared = workflow(name)[True]["workflow_dispatch"]["inputs"]  # YAML reads the key `on` as true
    assert declared.keys() == SENT
    assert all(one["type"] == "string" for one in declared.values())


@EVERY
def test_it_reads_each_word_from_an_input_or_from_the_event_alike(name: str) -> None:
    shown = re.findall(r"\$\{\{ (.*?) \}\}", text(name))
    of_ours = [one for one in shown if _SAID.search(one)]
    assert {_SAID.findall(one)[0] for one in of_ours} <= SENT
    assert all(one == f"inputs.{word} || github.event.client_payload.{word}" for one in of_ours for word in _first(one))
    assert list(workflow(name)[True]["repository_dispatch"]) == ["types"]


def _first(expression: str) -> list[str]:
    return _SAID.findall(expression)[:1]


@EVERY
def test_a_run_shows_the_mark_by_which_it_is_found_again(name: str) -> None:
    assert "${{ inputs.maestro_id || github.event.client_payload.maestro_id }}" in workflow(name)["run-name"]


@EVERY
def test_no_expression_stands_in_a_shell_line_and_the_shell_reads_each(name: str) -> None:
    for run in (step["run"] for step in steps(name) if "run" in step):
        assert "${{" not in run
        read = subprocess.run(["bash", "-n"], input=run, text=True, capture_output=True, check=False)
        assert (read.returncode, read.stderr) == (0, "")


@EVERY
def test_no_word_of_a_change_is_pasted_into_a_prompt_or_into_arguments(name: str) -> None:
    given = [step["with"] for step in steps(name) if "with" in step]
    handed = [value for one in given for key, value in one.items() if key in {"prompt", "claude_args", "codex-args"}]
    assert not any("${{" in str(value) for value in handed)


@EVERY
def test_what_runs_the_agent_cannot_write_and_what_writes_runs_no_agent(name: str) -> None:
    jobs = workflow(name)["jobs"]
    assert workflow(name)["permissions"] == {}
    assert (jobs["try"]["permissions"], jobs["push"]["permissions"]) == ({"contents": "read"}, {"contents": "write"})
    assert jobs["try"]["steps"][0]["with"]["persist-credentials"] is False
    assert not any("secrets.LLM" in str(one) or "API_KEY" in str(one) for one in jobs["push"]["steps"])
    assert {step["uses"].partition("@")[0] for step in steps(name) if "uses" in step} <= ACTIONS


@EVERY
def test_it_pushes_to_the_branch_of_the_change_alone_and_never_by_force(name: str) -> None:
    (push,) = (step for step in workflow(name)["jobs"]["push"]["steps"] if step.get("name") == "Push")
    pushes = [line.strip() for line in push["run"].splitlines() if "git push" in line]
    assert pushes == ['git push origin "HEAD:refs/heads/$HEAD_REF"']
    assert "Maestro-Trace: %s" in push["run"]
    assert "Maestro-Arm: %s" in push["run"]
    assert "--exclude='.github/*'" in push["run"]


def test_the_workflow_of_the_guide_reads_what_is_sent() -> None:
    guide = (AGENTS.parents[1] / "docs" / "usage.md").read_text("utf-8")
    assert {"head_sha", "trace_id"} <= set(_SAID.findall(guide)) <= SENT
    assert "MAESTRO_URL: ${{ vars.MAESTRO_URL }}" in guide
