import os
import re
import signal
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.request import urlopen

import pytest

from app.commands.story import Chapter, Shop, tell
from app.github.sandbox import Sandbox
from app.main import System
from checks.model import Verdict
from tests.commands.conftest import Maestro
from tests.commands.running import SCRIPT

pytestmark = pytest.mark.slow

STORY = {
    1: ("SHIP", "Why    Nothing configured stands in the way."),
    2: ("BLOCK", "Why    perf_p95_ms 261 ms, limit < 250 ms (contract)."),
    3: ("BLOCK", "Why    AGPL-3.0-only arrives with `ghostscript-render` 1.4.0 (sbom)."),
    4: ("HOLD", "Why    tests: 1 of 2 still running: browser tests (contract)."),
    5: ("HOLD", "Why    perf_p95_ms: measured by the fork's own run, not trusted (contract)."),
    6: ("SHIP", "impl@small, then impl@large tried: mended by attempt 2 (impl@large)"),
}


@dataclass(frozen=True)
class Shown:
    """What a demo that stays up printed, what its addresses answered, and how it ended when told to."""

    out: str
    answers: dict[str, int]
    code: int
    err: str
    left_behind: list[str]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """`maestro demo --serve`, looked at and then ended by Ctrl-C."""
    directory = tmp_path_factory.mktemp("demo")
    silent = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAESTRO", "GITHUB", "DATABASE"))
    }
    process = subprocess.Popen(
        [SCRIPT, "demo", "--serve"],
        cwd=directory,
        env={**silent, "TMPDIR": str(directory), "HOME": str(directory)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out = _until(process, "Ctrl-C")
        answers = {url: _status(url) for url in re.findall(r"http://127\.0\.0\.1:\S+", out)}
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=30)
    finally:
        process.kill()
    return Shown(out + rest, answers, process.returncode, err, [str(path) for path in directory.rglob("*")])


def _until(process: "subprocess.Popen[str]", start: str) -> str:
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith(start):
            break
    return "".join(lines)


def _status(url: str) -> int:
    with urlopen(url, timeout=10) as answer:
        return int(answer.status)


def _told(out: str) -> dict[int, str]:
    """Each pull request's part of the story."""
    parts = re.split(r"^#(\d) ", out.partition("calls to GitHub")[0], flags=re.MULTILINE)[1:]
    return {int(number): text for number, text in zip(parts[::2], parts[1::2], strict=True)}


def test_six_decisions_are_told_each_with_its_own_reason(shown: Shown) -> None:
    told = _told(shown.out)
    assert told.keys() == STORY.keys()
    for number, (verdict, why) in STORY.items():
        assert re.search(rf"^{verdict} · ", told[number], flags=re.MULTILINE), told[number]
        assert why in told[number]


def test_github_was_never_asked_for_what_its_contract_forbids(shown: Shown) -> None:
    assert re.search(r"^\d+ calls to GitHub, \d+ of them writes, 0 against its contract;$", shown.out, re.MULTILINE)


def test_its_addresses_answer_while_it_stays_up(shown: Shown) -> None:
    assert len([url for url in shown.answers if "/pull/" in url]) == len(STORY)
    assert {"healthz", "metrics", "maestro.json"} <= {url.rpartition("/")[2] for url in shown.answers}
    assert set(shown.answers.values()) == {200}


def test_it_ends_when_told_to_and_leaves_nothing_behind(shown: Shown) -> None:
    assert (shown.code, shown.err, shown.left_behind) == (0, "", [])


@pytest.mark.nightly
def test_without_staying_up_it_ends_by_itself(tmp_path: Path) -> None:
    ended = subprocess.run(
        [SCRIPT, "demo"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert _told(ended.stdout).keys() == STORY.keys()


def test_a_decision_not_as_told_is_a_failure_of_the_machine_and_not_a_verdict(
    maestro: Maestro, environment: pytest.MonkeyPatch
) -> None:
    async def mistold(github: Sandbox, system: System, address: str) -> tuple[Shop, list[Chapter]]:
        shop, (first, *others) = await tell(github, system, address)
        return shop, [replace(first, verdict=Verdict.BLOCK), *others]

    environment.setattr("app.commands.demo.tell", mistold)
    environment.setattr("app.logs.configure", lambda _level: None)
    ended = maestro("demo")
    assert ended.code == 4
    assert "NOT every decision as told" in ended.out
