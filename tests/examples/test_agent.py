"""The workflows that commands dispatch: they take what we send, show our mark, and let no stranger's word act."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from program.arms import stated

WORKFLOWS = Path(__file__).parents[2] / "examples" / "workflows"
SENT = {  # with `maestro_id`, which every dispatch carries; tests/road/test_retry.py sees these arrive
    "agent.yml": {"arm", "model", "pull_request", "head_sha", "head_ref", "attempt", "trace_id", "brief"},
    "tests-high.yml": {"mode"},
}
ACTIONS = {"actions/checkout", "actions/download-artifact", "actions/upload-artifact"}
BOTH = pytest.mark.parametrize("name", SENT)


def workflow(name: str) -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load((WORKFLOWS / name).read_text("utf-8"))
    return loaded


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in workflow(name)["jobs"].values() for step in job["steps"]]


def script(name: str, step: str) -> str:
    (found,) = (one["run"] for one in steps(name) if one.get("name") == step)
    return str(found)


@BOTH
def test_it_declares_the_inputs_that_we_send_and_no_other(name: str) -> None:
    declared = workflow(name)[True]["workflow_dispatch"]["inputs"]  # YAML reads the key `on` as true
    assert declared.keys() == SENT[name] | {"maestro_id"}
    assert all(one["type"] == "string" for one in declared.values())


@BOTH
def test_a_run_shows_the_mark_by_which_we_find_it_again(name: str) -> None:
    assert "${{ inputs.maestro_id }}" in workflow(name)["run-name"]


@BOTH
def test_no_expression_stands_in_a_shell_line_and_the_shell_reads_each(name: str) -> None:
    for run in (step["run"] for step in steps(name) if "run" in step):
        assert "${{" not in run
        read = subprocess.run(["bash", "-n"], input=run, text=True, capture_output=True, check=False)
        assert (read.returncode, read.stderr) == (0, "")


@BOTH
def test_it_uses_no_action_but_those_that_were_looked_at(name: str) -> None:
    assert {step["uses"].partition("@")[0] for step in steps(name) if "uses" in step} <= ACTIONS


def test_what_runs_the_agent_or_the_change_cannot_write() -> None:
    jobs = workflow("agent.yml")["jobs"]
    assert workflow("agent.yml")["permissions"] == {}
    assert jobs["try"]["permissions"] == {"contents": "read", "pull-requests": "read"}
    assert jobs["push"]["permissions"] == {"contents": "write"}
    assert workflow("tests-high.yml")["permissions"] == {"contents": "read"}
    reading = [*jobs["try"]["steps"], *steps("tests-high.yml")]
    checkouts = [step for step in reading if step.get("uses", "").startswith("actions/checkout")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)
    assert "tools/agent" not in script("agent.yml", "Push")


# --- the job that writes, run for real --------------------------------------------------------------------------


def git(where: Path, *arguments: str) -> str:
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
    return subprocess.run(
        command, cwd=where, env={**os.environ, **quiet}, capture_output=True, text=True, check=True
    ).stdout


HOSTILE = "agent/$(touch${IFS}pwned)`x`"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone at the head of an agent's branch, and where it pushes to."""
    git(tmp_path, "init", "--quiet", "--bare", "origin.git")
    here = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "origin.git", "clone")
    git(here, "checkout", "--quiet", "-b", HOSTILE)
    (here / ".github").mkdir()
    (here / ".github" / "ci.yml").write_text("safe\n")
    (here / "a.py").write_text("x = 1\n")
    git(here, "add", ".")
    git(here, "commit", "--quiet", "-m", "Begin")
    git(here, "push", "--quiet", "origin", HOSTILE)
    return here


def pushed(clone: Path, files: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the last step with a patch that makes these files so."""
    for path, content in files.items():
        (clone / path).write_text(content)
    patch = clone.parent / "temp" / "change" / "change.patch"
    patch.parent.mkdir(parents=True)
    patch.write_text(git(clone, "diff", "--binary"))
    git(clone, "checkout", "--quiet", "--", ".")
    told = {
        "ARM": "impl@small",
        "HEAD_REF": HOSTILE,
        "RUNNER_TEMP": str(clone.parent / "temp"),
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    command = ["bash", "-e", "-o", "pipefail", "-c", script("agent.yml", "Push")]
    return subprocess.run(command, cwd=clone, env={**os.environ, **told}, capture_output=True, text=True, check=False)


def there(clone: Path, path: str) -> str:
    return git(clone.parent / "origin.git", "show", f"{HOSTILE}:{path}")


def test_what_the_agent_changed_is_pushed_and_says_by_which_arm(clone: Path) -> None:
    assert pushed(clone, {"a.py": "x = 2\n"}).returncode == 0
    assert there(clone, "a.py") == "x = 2\n"
    message = git(clone.parent / "origin.git", "log", "-1", "--format=%B", HOSTILE)
    assert stated([message]) == ("impl@small",)
    assert not (clone / "pwned").exists(), "a branch's name is a value"


def test_no_workflow_is_changed(clone: Path) -> None:
    assert pushed(clone, {"a.py": "x = 2\n", ".github/ci.yml": "evil\n"}).returncode == 0
    assert (there(clone, "a.py"), there(clone, ".github/ci.yml")) == ("x = 2\n", "safe\n")


def test_a_try_that_changed_nothing_makes_no_commit(clone: Path) -> None:
    before = git(clone, "rev-parse", "HEAD")
    assert pushed(clone, {}).returncode == 0
    assert git(clone.parent / "origin.git", "rev-parse", HOSTILE) == before


def test_what_somebody_pushed_meanwhile_is_not_lost(clone: Path) -> None:
    other = clone.parent / "other"
    git(clone.parent, "clone", "--quiet", "--branch", HOSTILE, "origin.git", "other")
    (other / "b.py").write_text("y = 1\n")
    git(other, "add", ".")
    git(other, "commit", "--quiet", "-m", "Mine")
    git(other, "push", "--quiet", "origin", HOSTILE)
    assert pushed(clone, {"a.py": "x = 2\n"}).returncode != 0
    assert (there(clone, "a.py"), there(clone, "b.py")) == ("x = 1\n", "y = 1\n")
