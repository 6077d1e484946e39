"""A runner of GitHub Actions, no more than the templates need: their own `run:` steps, in bash, against the sandbox."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from app.github.sandbox import Repo, Sandbox

WORKFLOWS = Path(__file__).parents[2] / "examples" / "workflows"
_EXPRESSION = re.compile(r"\$\{\{ (?P<path>[\w.]+)(?: \|\| '(?P<otherwise>[^']*)')? \}\}")


def workflow(name: str) -> dict[Any, Any]:
    """The template, read."""
    loaded: dict[Any, Any] = yaml.safe_load((WORKFLOWS / name).read_text("utf-8"))
    return loaded


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs jobs of `repo`. `variables`: those of the repository; `directory`: where a job may leave files."""

    sandbox: Sandbox
    repo: Repo
    variables: Mapping[str, str]
    directory: Path

    async def run(self, name: str, sha: str, /, **inputs: str) -> bool:
        """All steps of the one job of `name`, on commit `sha`; whether they succeeded."""
        declared = workflow(name)
        (job,) = declared["jobs"].values()
        steps: dict[str, Any] = {}
        token = self.sandbox.token("alice")
        context = {
            "github": {"sha": sha, "token": token},
            "inputs": {**_defaults(declared), **inputs},
            "vars": self.variables,
            "steps": steps,
        }
        failed = False
        for step in job["steps"]:
            if "run" in step and failed == (step.get("if") == "failure()"):
                variables = {**job.get("env", {}), **step.get("env", {})}
                environment = {key: _filled(str(value), context) for key, value in variables.items()}
                ended, outputs = await self._shell(step["run"], environment)
                steps[step.get("id", "")] = {"outputs": outputs}
                failed = failed or not ended
        return not failed

    async def _shell(self, script: str, environment: Mapping[str, str]) -> tuple[bool, dict[str, str]]:
        """As `shell: bash` runs it; whether it succeeded, and what it left in GITHUB_OUTPUT."""
        output = self.directory / "output"
        output.write_text("")
        process = await asyncio.create_subprocess_exec(
            *("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script),
            cwd=self.directory,
            env={
                "PATH": os.environ["PATH"],
                "GITHUB_API_URL": self.sandbox.url,
                "GITHUB_REPOSITORY": self.repo.full_name,
                "GITHUB_OUTPUT": str(output),
                **environment,
            },
            stdout=asyncio.subprocess.DEVNULL,
        )
        ended = await process.wait() == 0
        return ended, dict(line.split("=", 1) for line in output.read_text().splitlines())


def _defaults(declared: Mapping[Any, Any]) -> dict[str, str]:
    inputs = declared[True]["workflow_dispatch"]["inputs"]  # YAML reads the key `on` as true
    return {name: one["default"] for name, one in inputs.items() if "default" in one}


def _filled(text: str, context: Mapping[str, Any]) -> str:
    def value(found: re.Match[str]) -> str:
        at: Any = context
        for key in found["path"].split("."):
            at = at.get(key, {})
        return str(at or found["otherwise"] or "")

    return _EXPRESSION.sub(value, text)
