import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from app.commands.replay import guessed
from app.github.sandbox import Repo as Remote
from app.github.sandbox import Sandbox
from tests.commands.conftest import Ended, Maestro
from tests.commands.running import SCRIPT
from tests.gather.repositories import repository
from tests.road.stories import CONTRACT, PERF, change, shop
from tests.road.town import github

pytestmark = pytest.mark.slow

# --- records ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def record(maestro: Maestro, tmp_path: Path) -> Path:
    """What `maestro check --record` wrote of a blocked change."""
    repo = repository(tmp_path / "shop", {"a.py": "x = 1\n", ".github/maestro.yml": CONTRACT})
    repo.branch()
    repo.commit({"a.py": "x = 2\n", 'odd "ä"\n.py': "1\n"}, "Correct x")
    (tmp_path / "measured.json").write_text('{"tests": "fail", "p95_ms": 212.123456789012345}')
    words = ("--measurements", str(tmp_path / "measured.json"), "--record", str(tmp_path / "record.json"))
    assert maestro("check", "--repo", str(repo.root), *words).code == 1
    return tmp_path / "record.json"


def test_a_record_is_decided_again_to_the_same_verdict_and_bytes(maestro: Maestro, record: Path) -> None:
    before = record.read_bytes()
    ended = maestro("replay", str(record), "--json")
    assert (ended.code, ended.err) == (1, "")
    assert json.loads(ended.out) == json.loads(before)["decision"]
    assert maestro("replay", str(record)).out.startswith("BLOCK")
    assert record.read_bytes() == before


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('"verdict":"block"', '"verdict":"ship"'),
        ('"conclusion":"failure"', '"conclusion":"success"'),
        ('"tests":"pass"', '"tests":"fail"'),
        ('"added":1', '"added":900'),
        ('"format":1', '"format":2'),
        ('"version":"', '"version":"9'),
        (",", ", "),
    ],
)
def test_an_edited_record_is_refused(maestro: Maestro, record: Path, was: str, becomes: str) -> None:
    written = record.read_text()
    assert was in written
    record.write_text(written.replace(was, becomes, 1))
    ended = maestro("replay", str(record), "--json")
    assert (ended.code, ended.out) == (2, "")
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"case": 1}', b'{"case": {}}', b"{}"])
def test_what_is_neither_record_nor_webhook_is_refused(maestro: Maestro, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "event.json").write_bytes(content)
    ended = maestro("replay", str(tmp_path / "event.json"))
    assert (ended.code, ended.out) == (2, "")
    assert "Traceback" not in ended.err


# --- which event it is -----------------------------------------------------------------------------------------------

APP: Mapping[str, Any] = {"action": "x", "installation": {}, "sender": {}}
REPO: Mapping[str, Any] = {**APP, "repository": {}}


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("pull_request", {**REPO, "pull_request": {}, "number": 1}),
        ("pull_request_review", {**REPO, "pull_request": {}, "review": {}}),
        ("pull_request_review_comment", {**REPO, "pull_request": {}, "comment": {}}),
        ("pull_request_review_thread", {**REPO, "pull_request": {}, "thread": {}}),
        ("issue_comment", {**REPO, "issue": {"pull_request": {}}, "comment": {}}),
        ("commit_comment", {**REPO, "comment": {}}),
        ("issues", {**REPO, "issue": {}}),
        ("check_run", {**REPO, "check_run": {"check_suite": {}}}),
        ("check_suite", {**REPO, "check_suite": {}}),
        ("workflow_run", {**REPO, "workflow_run": {}, "workflow": {}}),
        ("workflow_job", {**REPO, "workflow_job": {}}),
        ("deployment", {**REPO, "deployment": {}, "workflow_run": {}, "workflow": {}}),
        ("deployment_status", {**REPO, "deployment": {}, "deployment_status": {}, "check_run": {}, "workflow_run": {}}),
        ("merge_group", {**REPO, "merge_group": {}}),
        ("push", {"ref": "refs/heads/main", "commits": [], "repository": {}, "installation": {}}),
        ("installation", {**APP, "repositories": []}),
        ("installation", APP),
        ("installation_repositories", {**APP, "repositories_added": [], "repositories_removed": []}),
        ("installation_target", {**APP, "target_type": "Organization", "account": {}}),
        ("ping", {"zen": "Design for failure.", "hook": {}, "hook_id": 1}),
    ],
)
def test_a_payload_tells_its_event(event: str, payload: Mapping[str, Any]) -> None:
    assert guessed(payload) == event


async def test_every_webhook_of_the_sandbox_tells_its_event(tmp_path: Path) -> None:
    async with github() as sandbox:
        sandbox.webhook_url = "http://127.0.0.1:9/webhook"
        remote = shop(sandbox, CONTRACT)
        _, sha = change(remote)
        remote.report_check(sha, "unit tests")
        remote.workflow_run(sha, "bench", artifacts={})
        sandbox.ping()
        sandbox.uninstall("octo")
        sandbox.install("octo")
        await sandbox.settle()
        told = {sent.event: guessed(sent.payload) for sent in sandbox.deliveries}
    assert {"pull_request", "check_run", "check_suite", "workflow_run", "push", "installation", "ping"} <= told.keys()
    assert [(event, guess) for event, guess in told.items() if event != guess] == []


# --- webhooks --------------------------------------------------------------------------------------------------------


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with github() as opened:
        yield opened


async def replayed(tmp_path: Path, payload: Mapping[str, Any], *words: str, **environment: str) -> Ended:
    """`maestro replay`, as a process of its own beside the local GitHub."""
    file = tmp_path / "event.json"
    file.write_text(json.dumps(payload))
    process = await asyncio.create_subprocess_exec(
        str(SCRIPT),
        "replay",
        str(file),
        *words,
        env={"PATH": str(Path(sys.executable).parent), "XDG_DATA_HOME": str(tmp_path / "data"), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    return Ended(process.returncode or 0, out.decode(), err.decode())


def opened(number: int, sha: str) -> dict[str, Any]:
    head = {"number": number, "head": {"sha": sha}}
    return {"action": "opened", "number": number, "pull_request": head, "repository": {"full_name": "octo/shop"}}


async def test_a_webhook_is_decided_as_github_stands_and_nothing_is_written(sandbox: Sandbox, tmp_path: Path) -> None:
    remote = shop(sandbox, CONTRACT)
    number, sha = change(remote)
    eyes = {"GITHUB_TOKEN": sandbox.token("carol"), "MAESTRO_GITHUB_API": sandbox.url}
    waiting = await replayed(tmp_path, opened(number, sha), "--json", **eyes)
    assert (waiting.code, json.loads(waiting.out)["verdict"]) == (3, "hold")
    remote.report_check(sha, "unit tests")
    green = await replayed(tmp_path, opened(number, sha), "--json", **eyes)
    decision = json.loads(green.out)
    assert (green.code, decision["verdict"], decision["head_sha"], green.err) == (0, "ship", sha, "")
    assert sandbox.writes == []
    assert eyes["GITHUB_TOKEN"] not in green.out + green.err + waiting.err
    assert not (tmp_path / "data").exists(), "a replay keeps nothing on the disk of whoever asks for it"


async def test_a_push_is_decided_for_each_pull_request_and_the_worst_is_the_exit_code(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    remote: Remote = shop(sandbox, CONTRACT)
    change(remote, "waits")
    _, red = change(remote, "fails", **{"b.py": "y\n"})
    remote.report_check(red, "unit tests", conclusion="failure")
    payload = {"ref": "refs/heads/main", "commits": [{"modified": [".github/maestro.yml"]}]}
    about = {"repository": {"full_name": "octo/shop", "default_branch": "main"}}
    eyes = {"GITHUB_TOKEN": sandbox.token("carol"), "MAESTRO_GITHUB_API": sandbox.url}
    ended = await replayed(tmp_path, {**payload, **about}, **eyes)
    assert (ended.code, "HOLD" in ended.out, "BLOCK" in ended.out) == (1, True, True)
    assert sandbox.writes == []


async def test_a_replay_reads_artifacts_and_no_database(sandbox: Sandbox, tmp_path: Path) -> None:
    remote = shop(sandbox, PERF)
    number, sha = change(remote)
    remote.workflow_run(sha, "bench", artifacts={"maestro-metrics": {"maestro-metrics.json": b'{"perf_p95_ms": 9}'}})
    eyes = {"GITHUB_TOKEN": sandbox.token("carol"), "MAESTRO_GITHUB_API": sandbox.url, "DATABASE_URL": "oracle://x"}
    ended = await replayed(tmp_path, opened(number, sha), "--json", **eyes)
    assert (ended.code, ended.err) == (0, "")
    assert sandbox.writes == []


async def test_a_commit_event_that_names_no_pull_request_finds_it(sandbox: Sandbox, tmp_path: Path) -> None:
    remote = shop(sandbox, CONTRACT)
    _, sha = change(remote)
    run = {"app": {"id": 1}, "head_sha": sha, "pull_requests": []}
    payload = {"action": "completed", "check_run": run, "repository": {"full_name": "octo/shop"}}
    eyes = {"GITHUB_TOKEN": sandbox.token("carol"), "MAESTRO_GITHUB_API": sandbox.url}
    ended = await replayed(tmp_path, payload, "--json", **eyes)
    assert (ended.code, json.loads(ended.out)["head_sha"]) == (3, sha)


async def test_what_asks_for_nothing_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    ended = await replayed(tmp_path, {"zen": "x"}, GITHUB_TOKEN="t", MAESTRO_GITHUB_API=sandbox.url)
    assert (ended.code, ended.out) == (2, "")
    assert "nothing to decide" in ended.err


@pytest.mark.parametrize("token", ["nobody", "carol"])
async def test_a_token_that_does_not_reach_is_the_callers_to_mend(sandbox: Sandbox, tmp_path: Path, token: str) -> None:
    shop(sandbox, CONTRACT)
    given = sandbox.token("carol") if token == "carol" else "ghp_nobody"
    eyes = {"GITHUB_TOKEN": given, "MAESTRO_GITHUB_API": sandbox.url}
    ended = await replayed(tmp_path, opened(99, "a" * 40), **eyes)
    assert (ended.code, ended.out) == (2, "")
    assert "GITHUB_TOKEN" in ended.err
    assert given not in ended.err


@pytest.mark.parametrize(
    ("environment", "code", "said"),
    [
        ({}, 2, "set GITHUB_TOKEN"),
        ({"GITHUB_TOKEN": " "}, 2, "set GITHUB_TOKEN"),
        ({"GITHUB_TOKEN": "t", "MAESTRO_GITHUB_API": "ftp://x"}, 2, "MAESTRO_GITHUB_API"),
        ({"GITHUB_TOKEN": "t", "MAESTRO_GITHUB_API": "http://127.0.0.1:9"}, 4, "no answer"),
    ],
)
async def test_what_is_missing_or_out_of_reach_is_told(
    tmp_path: Path, environment: Mapping[str, str], code: int, said: str
) -> None:
    ended = await replayed(tmp_path, opened(1, "a" * 40), "--json", **environment)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_an_event_nobody_can_tell_is_named_by_the_caller(maestro: Maestro, tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text("{}")
    ended = maestro("replay", str(tmp_path / "event.json"))
    assert (ended.code, "--event" in ended.err) == (2, True)
