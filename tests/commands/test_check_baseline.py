"""`maestro check --baseline`: a limit that is told from what the base measured."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.commands.conftest import Ended, Maestro
from tests.gather.repositories import Repo, repository

pytestmark = pytest.mark.slow


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """`fix`, checked out, is a small change."""
    made = repository(tmp_path / "shop", {"a.py": "x = 1\n"})
    made.branch()
    made.commit({"a.py": "x = 2\n"}, "Correct x")
    return made


RELATIVE = "version: 1\ncontract: {mode: block, post: {p95_ms: {lt_base_pct: 5}}}\n"


def relative(
    maestro: Maestro, repo: Repo, tmp_path: Path, before: Mapping[str, object] | None, p95: float = 209
) -> Ended:
    """A check against a limit that is told from a baseline; `before`: the file that brings it."""
    rules = tmp_path / "rules.yml"
    rules.write_text(RELATIVE)
    measured = tmp_path / "measured.json"
    measured.write_text(json.dumps({"p95_ms": p95}))
    given = ["--config", rules, "--measurements", measured]
    if before is not None:
        file = tmp_path / "before.json"
        file.write_text(json.dumps(before))
        given += ["--baseline", file]
    return maestro("check", "--repo", str(repo.root), "--json", *map(str, given))


def test_a_limit_that_is_told_from_a_baseline_needs_the_file_that_brings_it(
    maestro: Maestro, repo: Repo, tmp_path: Path
) -> None:
    ended = relative(maestro, repo, tmp_path, None)
    (contract,) = json.loads(ended.out)["checks"]
    assert (ended.code, contract["state"]) == (3, "unmeasured")
    assert contract["title"] == "p95_ms has no baseline: a checkout cannot ask GitHub"
    assert contract["next_step"] == "Bring what p95_ms was where the change left its base, with --baseline FILE."
    assert relative(maestro, repo, tmp_path, {"p95_ms": 200}).code == 0
    assert relative(maestro, repo, tmp_path, {"p95_ms": 200}, p95=210).code == 1


def test_a_baseline_may_be_of_an_older_commit_and_of_no_other(maestro: Maestro, repo: Repo, tmp_path: Path) -> None:
    older = {"sha": repo.sha("main"), "measurements": {"p95_ms": 200}}
    assert relative(maestro, repo, tmp_path, older).code == 0
    (contract,) = json.loads(relative(maestro, repo, tmp_path, older, p95=300).out)["checks"]
    assert f"baseline 200 at {repo.sha('main')[:7]}, where the change left its base" in contract["reasons"][0]
    stray = relative(maestro, repo, tmp_path, {"sha": repo.sha(), "measurements": {"p95_ms": 200}})
    assert stray.code == 2
    assert "where the change left its base, nor one of the" in stray.err
    broken = relative(maestro, repo, tmp_path, {"p95_ms": None})
    assert (broken.code, "p95_ms" in broken.err) == (2, True)
