"""The workflow that sends SBOMs: its script against the real API, and who of its jobs may do what."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.commands.story import bill
from app.store.tokens import Grant
from tests.actions import REQUEST_TOKEN
from tests.pages.conftest import Hosted

FILE = Path(__file__).parents[2] / "examples" / "workflows" / "sbom.yml"
BILL = bill(("flask", "3.0.3", "BSD-3-Clause"))
PAGE = FILE.parents[2] / "docs" / "bills.md"

needs_curl = pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="curl and jq are not here")


def workflow() -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return loaded


def steps(job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = workflow()["jobs"][job]["steps"]
    return found


async def run(hosted: Hosted, directory: Path, of: str, /, **claims: str) -> tuple[int, dict[str, Any]]:
    """Run its last step as a runner would; the exit code, and what was printed."""
    (directory / workflow()["env"]["BILL"]).write_text(BILL)
    hosted.issuer.job = {"repository": "acme/shop", **claims}
    environment = {**runner(hosted), "SHA": of, "BILL": workflow()["env"]["BILL"]}
    (script,) = (step["run"] for step in steps("send") if "run" in step)
    return await shell(script, directory, environment)


def runner(hosted: Hosted) -> dict[str, str]:
    """What a runner says to a job that may ask for id-tokens, and where we are."""
    return {
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{hosted.issuer.url}/token?api-version=2.0",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN,
        "MAESTRO_URL": hosted.url,
    }


async def shell(script: str, directory: Path, environment: dict[str, str]) -> tuple[int, dict[str, Any]]:
    started = await asyncio.create_subprocess_exec(
        *("bash", "-e", "-c", script),
        cwd=directory,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await started.communicate()
    assert started.returncode is not None
    return started.returncode, json.loads(out)


@pytest.mark.slow
@needs_curl
async def test_the_script_sends_the_bill_of_the_commit_and_again_without_harm(hosted: Hosted, tmp_path: Path) -> None:
    for _ in range(2):
        code, said = await run(hosted, tmp_path, hosted.sha, sha=hosted.sha)
        assert (code, said["components"], said["sha"]) == (0, 1, hosted.sha)
    assert await hosted.stores.bills.get("acme/shop", hosted.sha, "sbom.cdx.json") == BILL.encode()


@pytest.mark.slow
@needs_curl
async def test_the_script_fails_and_says_why_where_it_may_not(hosted: Hosted, tmp_path: Path) -> None:
    code, said = await run(hosted, tmp_path, hosted.sha, sha="b" * 40)
    assert code != 0
    assert "speaks for the commit" in said["error"]


@pytest.mark.slow
@needs_curl
async def test_the_line_of_the_page_sends_a_bill(hosted: Hosted, tmp_path: Path) -> None:
    (tmp_path / "shop.cdx.json").write_text(BILL)
    (line,) = re.findall(r"^\$ (curl (?:.*\\\n)*.*)\n", PAGE.read_text("utf-8"), re.MULTILINE)
    token = await hosted.stores.tokens.issue(Grant("acme/shop", hosted.sha, "build/shop.cdx.json"), 60)
    environment = {"MAESTRO_URL": hosted.url, "MAESTRO_TOKEN": token, "SHA": hosted.sha}
    code, said = await shell('git() { echo "$SHA"; }\n' + line, tmp_path, environment)
    assert (code, said["path"], said["components"]) == (0, "build/shop.cdx.json", 1)


@pytest.mark.slow
@needs_curl
async def test_the_lines_of_the_page_get_an_id_token_that_is_taken(hosted: Hosted, tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(permissions:\n  id-token.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    hosted.issuer.job = {"repository": "acme/shop", "sha": hosted.sha}
    script = yaml.safe_load(block)["steps"][0]["run"] + """echo "{\\"token\\": \\"$token\\"}"\n"""
    _, said = await shell(script, tmp_path, runner(hosted))
    answer = await hosted.post(f"/api/sbom?sha={hosted.sha}&path=bom.json", BILL.encode(), said["token"])
    assert answer.status == 202


def test_what_runs_the_code_of_others_cannot_speak_for_the_commit() -> None:
    jobs = workflow()["jobs"]
    assert workflow()["permissions"] == {}
    assert jobs["make"]["permissions"] == {"contents": "read"}
    assert jobs["send"]["permissions"] == {"id-token": "write"}
    assert {step["uses"].partition("@")[0] for step in steps("send") if "uses" in step} == {"actions/download-artifact"}


def test_of_a_pull_request_it_names_the_head_and_builds_what_it_names() -> None:
    assert workflow()["env"]["SHA"] == "${{ github.event.pull_request.head.sha || github.sha }}"
    assert steps("make")[0]["with"]["ref"] == "${{ env.SHA }}"
    assert set(workflow()[True]) == {"push", "pull_request", "merge_group"}  # YAML reads the key `on` as true


def test_no_expression_stands_in_a_shell_line() -> None:
    assert all("${{" not in step.get("run", "") for job in ("make", "send") for step in steps(job))


def test_the_page_on_bills_names_it() -> None:
    assert "examples/workflows/sbom.yml" in PAGE.read_text("utf-8")
