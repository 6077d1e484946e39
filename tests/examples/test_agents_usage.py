"""The workflows of agents report what a try used: their shell lines run for real, against a server that listens."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.usage_file import Report, reports_in
from tests.examples.test_agents import EVERY, NAMES, workflow

HEAD, TRACE = "1a" * 20, "0123456789abcdef" * 2
SAID = {
    "MAESTRO_TOKEN": "mst_secret",
    "HEAD_SHA": HEAD,
    "TRACE": TRACE,
    "MODEL": "small-1",
    "PULL_REQUEST": "7",
    "REPORT": "agent-5-1",
}


def script(name: str, job: str, step: str) -> str:
    (found,) = (one["run"] for one in workflow(name)["jobs"][job]["steps"] if one.get("name") == step)
    return str(found)


def ran(run: str, temp: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A step, as a runner has bash run it."""
    told = {"PATH": os.environ["PATH"], "RUNNER_TEMP": str(temp), "HOME": str(temp), **environment}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", run]
    return subprocess.run(command, cwd=temp, env=told, capture_output=True, text=True, check=False)


@dataclass
class Listener:
    """A server that keeps what it is sent. `token`: what it answers who asks for an id-token."""

    url: str = ""
    heard: list[tuple[str, str, bytes]] = field(default_factory=list)
    status: int = 202

    @property
    def reports(self) -> list[Report]:
        return [report for _, _, body in self.heard for report in reports_in(body)]


@pytest.fixture
def maestro() -> Iterator[Listener]:
    """Maestro, and GitHub's door for id-tokens, on one address."""
    told = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.heard.append((self.path, self.headers["Authorization"], body))
            self._answer(told.status, {})

        def do_GET(self) -> None:
            asked = self.path.endswith(f"audience={told.url}") and self.headers["Authorization"] == "Bearer ours"
            self._answer(200 if asked else 403, {"value": "id-token"})

        def _answer(self, status: int, body: Any) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_arguments: Any) -> None:
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield told
        server.shutdown()
        thread.join()


def report(name: str, temp: Path, told: Listener, used: object, **more: str) -> subprocess.CompletedProcess[str]:
    """The last job, with what the first one left."""
    (temp / "usage").mkdir(exist_ok=True)
    (temp / "usage" / "usage.json").write_text(used if isinstance(used, str) else json.dumps(used))
    return ran(script(name, "report", "Report"), temp, **{"MAESTRO_URL": told.url, **SAID, **more})


# --- what a try used ----------------------------------------------------------------------------------------------


def claude(temp: Path) -> dict[str, str]:
    """As Claude Code's action leaves it."""
    tokens = {
        "input_tokens": 100,
        "cache_read_input_tokens": 700,
        "cache_creation_input_tokens": 0,
        "output_tokens": 50,
    }
    messages = [{"type": "system"}, {"type": "result", "total_cost_usd": 0.42, "usage": tokens}]
    (temp / "told.json").write_text(json.dumps(messages))
    return {"TOLD": str(temp / "told.json")}


def codex(temp: Path) -> dict[str, str]:
    """As Codex keeps its sessions."""
    where = temp / ".codex" / "sessions" / "2026" / "11" / "30"
    where.mkdir(parents=True)
    lines = [
        {"type": "session_meta", "payload": {"id": "1"}},
        {"type": "event_msg", "payload": {"type": "token_count"}},
    ]
    for once in (1, 2):
        total = {"input_tokens": 400 * once, "cached_input_tokens": 350 * once, "output_tokens": 25 * once}
        told = {"type": "token_count", "info": {"total_token_usage": total}}
        lines.append({"type": "event_msg", "payload": told})
    (where / "rollout-1.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    return {}


def openhands(temp: Path) -> dict[str, str]:
    """As OpenHands keeps a conversation."""
    tokens = {"prompt_tokens": 800, "completion_tokens": 50, "cache_read_tokens": 700}
    used = {"accumulated_cost": 0.42, "accumulated_token_usage": tokens}
    where = temp / "conversations" / "1"
    where.mkdir(parents=True)
    (where / "base_state.json").write_text(json.dumps({"stats": {"usage_to_metrics": {"agent": used}}}))
    return {}


@pytest.mark.parametrize(
    ("name", "left", "usd"),
    [("claude-code.yml", claude, 0.42), ("codex.yml", codex, None), ("openhands.yml", openhands, 0.42)],
)
def test_what_the_agent_left_is_reported_of_the_head_and_the_attempt(
    tmp_path: Path, maestro: Listener, name: str, left: Any, usd: float | None
) -> None:
    said = ran(script(name, "try", "Say what it used"), tmp_path, **left(tmp_path))
    assert (said.returncode, said.stderr) == (0, "")
    sent = report(name, tmp_path, maestro, (tmp_path / "usage.json").read_text())
    assert sent.returncode == 0, sent.stderr
    assert [(path, word) for path, word, _ in maestro.heard] == [("/api/usage", "Bearer mst_secret")]
    (one,) = maestro.reports
    assert (one.sha, one.trace, one.report, one.pull_request, one.model) == (HEAD, TRACE, "agent-5-1", 7, "small-1")
    assert (one.usd, one.tokens, one.cached_tokens) == (usd, 850, 700)


# --- how it is sent -----------------------------------------------------------------------------------------------


@EVERY
def test_numbers_are_taken_of_what_the_agent_could_write_and_nothing_else(
    tmp_path: Path, maestro: Listener, name: str
) -> None:
    forged = {"usd": 0.1, "tokens": "many", "trace": "f" * 32, "sha": "2b" * 20, "repository": "octo/other"}
    assert report(name, tmp_path, maestro, forged, TRACE="", MODEL="").returncode == 0
    (one,) = maestro.reports
    assert (one.sha, one.trace or "", one.usd, one.tokens) == (HEAD, "", 0.1, None)
    assert json.loads(maestro.heard[0][2]).keys() == {"usd", "sha", "report", "pull_request"}


@EVERY
def test_without_a_token_of_ours_github_vouches_for_the_job(tmp_path: Path, maestro: Listener, name: str) -> None:
    door = {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "ours", "ACTIONS_ID_TOKEN_REQUEST_URL": f"{maestro.url}/id?v=1"}
    assert report(name, tmp_path, maestro, {"usd": 0.1}, MAESTRO_TOKEN="", **door).returncode == 0
    assert [word for _, word, _ in maestro.heard] == ["Bearer id-token"]


@EVERY
def test_where_nothing_was_left_nothing_is_sent(tmp_path: Path, maestro: Listener, name: str) -> None:
    assert report(name, tmp_path, maestro, "").returncode == 0
    assert maestro.heard == []


@EVERY
def test_no_job_fails_for_a_report_that_is_refused(tmp_path: Path, maestro: Listener, name: str) -> None:
    maestro.status = 422
    assert report(name, tmp_path, maestro, {"usd": 0.1}).returncode != 0
    jobs = workflow(name)["jobs"]
    telling = [one for one in jobs["try"]["steps"] if one.get("with", {}).get("name") == "usage" or "used" in str(one)]
    assert [one["continue-on-error"] for one in (*telling, *jobs["report"]["steps"])] == [True] * 4
    assert "report" not in (jobs["push"]["needs"], jobs["try"].get("needs"))


@EVERY
def test_what_reports_runs_neither_the_agent_nor_the_change(name: str) -> None:
    job = workflow(name)["jobs"]["report"]
    assert (job["permissions"], job["if"]) == ({"id-token": "write"}, "always() && vars.MAESTRO_URL != ''")
    assert [one["uses"] for one in job["steps"] if "uses" in one] == ["actions/download-artifact@v4"]
    others = [str(workflow(name)["jobs"][one]) for one in ("try", "push")]
    assert not any("MAESTRO_TOKEN" in one or "id-token" in one for one in others)


def test_every_workflow_of_an_agent_reports() -> None:
    assert all("report" in workflow(name)["jobs"] for name in NAMES)
