"""The workflow that makes lock files anew: it takes what we send, shows our mark, and lets no stranger's word act."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.model import FIX_BRANCH, DispatchWorkflow

ROOT = Path(__file__).parents[2]
FILE = ROOT / "examples" / "workflows" / "relock.yml"
ACTIONS = {
    "actions/checkout",
    "actions/download-artifact",
    "actions/upload-artifact",
    "astral-sh/setup-uv",
    "ruby/setup-ruby",
}


def workflow() -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return loaded


def steps(job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = workflow()["jobs"][job]["steps"]
    return found


def scripts() -> dict[str, str]:
    return {step["name"]: step["run"] for job in ("resolve", "push") for step in steps(job) if "run" in step}


def test_it_declares_the_inputs_that_we_send_and_no_other() -> None:
    sent = DispatchWorkflow("relock.yml", "main", (("branch", "maestro/fix/x"),), "key", "")
    declared = workflow()[True]["workflow_dispatch"]["inputs"]  # YAML reads the key `on` as true
    assert declared.keys() == {*dict(sent.inputs), sent.mark_input}
    assert {name for name, one in declared.items() if one["required"]} == {"branch"}


def test_a_run_shows_the_mark_by_which_we_find_it_again() -> None:
    assert "${{ inputs.maestro_id }}" in workflow()["run-name"]


def test_it_runs_on_no_branch_but_ours() -> None:
    assert f"startsWith(inputs.branch, '{FIX_BRANCH}')" in workflow()["jobs"]["resolve"]["if"]


@pytest.mark.parametrize("name", scripts())
def test_no_expression_stands_in_a_shell_line(name: str) -> None:
    assert "${{" not in scripts()[name]


@pytest.mark.parametrize("name", scripts())
def test_every_script_is_one_that_the_shell_reads(name: str) -> None:
    read = subprocess.run(["bash", "-n"], input=scripts()[name], text=True, capture_output=True, check=False)
    assert (read.returncode, read.stderr) == (0, "")


def test_what_runs_package_managers_cannot_write() -> None:
    jobs = workflow()["jobs"]
    assert workflow()["permissions"] == {}
    assert jobs["resolve"]["permissions"] == {"contents": "read"}
    assert steps("resolve")[0]["with"]["persist-credentials"] is False
    assert jobs["push"]["permissions"] == {"contents": "write"}
    managers = re.compile(r"\b(npm|uv|poetry|pipx|go mod|cargo|bundle)\b(?! *\.)")
    (push,) = [step["run"] for step in steps("push") if "run" in step]
    assert managers.findall(re.sub(r"':\(glob\)[^']*'", "", push)) == []


def test_it_uses_no_action_but_those_that_were_looked_at() -> None:
    used = [step["uses"] for job in ("resolve", "push") for step in steps(job) if "uses" in step]
    assert {name.partition("@")[0] for name in used} <= ACTIONS


# --- the job that writes, run for real --------------------------------------------------------------------------


def git(where: Path, *arguments: str) -> str:
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
    return subprocess.run(
        command, cwd=where, env={**os.environ, **quiet}, capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with the branch of a fix, and where it pushes to."""
    git(tmp_path, "init", "--quiet", "--bare", "origin.git")
    here = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "origin.git", "clone")
    git(here, "checkout", "--quiet", "-b", f"{FIX_BRANCH}main/x")
    (here / "web").mkdir()
    (here / "web" / "package-lock.json").write_text("old\n")
    (here / "deploy.sh").write_text("harmless\n")
    git(here, "add", ".")
    git(here, "commit", "--quiet", "-m", "Begin")
    return here


def push(clone: Path, fresh: dict[str, str], links: dict[str, str] | None = None) -> str:
    """Run the last step with these files as the first job's; what the branch then holds."""
    temp = clone.parent / "temp"
    (temp / "fresh").mkdir(parents=True)
    with tarfile.open(temp / "fresh" / "locks.tar", "w") as archive:
        for name, content in fresh.items():
            source = temp / "source"
            source.write_text(content)
            archive.add(source, name)
        for name, target in (links or {}).items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            archive.addfile(link)
    environment = {**os.environ, "RUNNER_TEMP": str(temp), "BRANCH": f"{FIX_BRANCH}main/x"}
    subprocess.run(["bash", "-e", "-c", scripts()["Push"]], cwd=clone, env=environment, check=True, capture_output=True)
    return git(clone, "log", "--format=%s", "-1") + git(clone, "show", "HEAD:web/package-lock.json")


def test_fresh_lock_files_are_pushed_to_the_branch(clone: Path) -> None:
    assert push(clone, {"web/package-lock.json": "new\n"}) == "Make the lock files anew\nnew\n"
    pushed = git(clone.parent / "origin.git", "rev-parse", f"refs/heads/{FIX_BRANCH}main/x")
    assert pushed == git(clone, "rev-parse", "HEAD")


def test_nothing_but_lock_files_that_are_there_is_taken_from_the_first_job(clone: Path) -> None:
    push(
        clone, {"web/package-lock.json": "new\n", "deploy.sh": "evil\n", "package-lock.json": "{}", ".git/config": "x"}
    )
    assert git(clone, "show", "--name-only", "--format=", "HEAD").split() == ["web/package-lock.json"]


def test_a_link_is_not_followed(clone: Path) -> None:
    assert push(clone, {}, links={"web/package-lock.json": "/etc/hostname"}) == "Begin\nold\n"


def test_where_nothing_changed_nothing_is_pushed(clone: Path) -> None:
    assert push(clone, {"web/package-lock.json": "old\n"}) == "Begin\nold\n"
