"""The templates that deploy, promote and take back: what they declare, and what their own steps do."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.config import parse
from app.config.model import Config as Configuration
from app.github.sandbox import Repo, Sandbox, SandboxApp
from app.model import DispatchWorkflow
from checks.experiment import Config, Role
from checks.registry import CHECKS
from tests.examples.canary import EXAMPLE, Shop, shop
from tests.examples.runner import Runner, workflow

EVERY = pytest.mark.parametrize("name", ["canary.yml", "promote.yml", "rollback.yml"])
DISPATCHED = pytest.mark.parametrize("name", ["promote.yml", "rollback.yml"])
needs_curl = pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="curl and jq are not here")


def job(name: str) -> dict[str, Any]:
    (found,) = workflow(name)["jobs"].values()
    assert isinstance(found, dict)
    return found


@DISPATCHED
def test_it_declares_the_inputs_that_we_send_and_no_other(name: str) -> None:
    sent = DispatchWorkflow(name, "main", (("environment", "canary"), ("sha", "a" * 40)), "key", "")
    declared = workflow(name)[True]["workflow_dispatch"]["inputs"]
    assert declared.keys() == {*dict(sent.inputs), sent.mark_input}
    assert {key for key, one in declared.items() if one["required"]} == {"environment", "sha"}
    assert "${{ inputs.maestro_id }}" in workflow(name)["run-name"], "by it a run is found again"


@EVERY
def test_no_expression_stands_in_a_shell_line_and_nothing_is_allowed_that_is_not_needed(name: str) -> None:
    assert all("${{" not in step.get("run", "") for step in job(name)["steps"])
    assert workflow(name)["permissions"] == {}
    assert job(name)["permissions"].keys() <= {"contents", "deployments"}
    assert job(name)["permissions"].get("contents", "read") == "read"
    assert workflow(name)["defaults"] == {"run": {"shell": "bash"}}, "with pipefail, as the steps take for granted"


@DISPATCHED
def test_no_run_waits_where_github_would_drop_it(name: str) -> None:
    assert "concurrency" not in workflow(name)


def test_the_configuration_is_read_as_it_stands_and_names_the_templates() -> None:
    found = parse((EXAMPLE / "maestro.yml").read_text("utf-8"), checks=CHECKS)
    assert isinstance(found, Configuration)
    block = found.checks["experiment"]
    assert isinstance(block, Config)
    assert block.canary(job("canary.yml")["steps"][1]["run"].partition('environment: "')[2].partition('"')[0])
    assert (block.promote.workflow, block.rollback.workflow) == ("promote.yml", "rollback.yml")
    roles = {design.name: design.role for design in block.judged_by.designs}
    assert roles == {"errors": Role.GATE, "p95": Role.GATE, "cost": Role.REPORT, "carbon": Role.REPORT}
    share = workflow("canary.yml")[True]["workflow_dispatch"]["inputs"]["share"]["default"]
    assert block.judged_by.expected_share == float(share)


# --- what the steps do --------------------------------------------------------------------------------------------


@dataclass
class Scene:
    """octo/shop with a canary deployed by the template; `sha` is its commit."""

    runner: Runner
    repo: Repo
    here: Shop
    sha: str

    async def share(self) -> float:
        return float((await self.here.standing())["share"])

    def said(self, environment: str) -> list[str]:
        """All states of the newest deployment to an environment."""
        found = [one for one in self.repo.state.deployments.values() if one.environment == environment]
        return [status.state for status in found[-1].statuses] if found else []


@cache
def _app() -> SandboxApp:
    return Sandbox.generate_app()


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """The steps speak with a real HTTP server that checks them against GitHub's contract."""
    async with Sandbox(_app()) as sandbox, shop() as here:
        repo = sandbox.repository("octo/shop", {"a.py": "x = 1\n"}, collaborators={"alice": "write"})
        sha = repo.commit("topic", {"a.py": "x = 2\n"})
        yield Scene(Runner(sandbox, repo, {"ROUTER_URL": here.router}, tmp_path), repo, here, sha)
        assert sandbox.violations == []


@needs_curl
@pytest.mark.slow
async def test_a_canary_is_deployed_and_taken_back(scene: Scene) -> None:
    assert await scene.runner.run("canary.yml", scene.sha)
    assert (await scene.share(), scene.said("canary")) == (0.1, ["success"])
    assert await scene.runner.run("rollback.yml", scene.sha, environment="canary", sha=scene.sha)
    assert await scene.share() == 0


@needs_curl
@pytest.mark.slow
async def test_a_proven_canary_gets_all_requests(scene: Scene) -> None:
    await scene.runner.run("canary.yml", scene.sha, share="0.5")
    assert await scene.runner.run("promote.yml", scene.sha, environment="canary", sha=scene.sha)
    assert (await scene.share(), scene.said("production")) == (1, ["success"])


@needs_curl
@pytest.mark.slow
async def test_a_newer_canary_is_neither_taken_back_nor_promoted_in_place_of_the_judged_one(scene: Scene) -> None:
    await scene.runner.run("canary.yml", scene.sha)
    newer = scene.repo.commit("other", {"a.py": "x = 3\n"})
    await scene.runner.run("canary.yml", newer, share="0.2")
    assert await scene.runner.run("rollback.yml", scene.sha, environment="canary", sha=scene.sha)
    assert not await scene.runner.run("promote.yml", scene.sha, environment="canary", sha=scene.sha)
    assert (await scene.share(), scene.said("production")) == (0.2, [])


@needs_curl
@pytest.mark.slow
async def test_what_cannot_be_had_fails_and_is_said(scene: Scene, tmp_path: Path) -> None:
    lost = Runner(scene.runner.sandbox, scene.repo, {"ROUTER_URL": "http://127.0.0.1:1"}, tmp_path)
    assert not await lost.run("canary.yml", scene.sha)
    assert scene.said("canary") == ["failure"]
    await scene.runner.run("canary.yml", scene.sha)
    assert not await lost.run("rollback.yml", scene.sha, environment="canary", sha=scene.sha)
