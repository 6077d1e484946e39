"""`maestro check` on real bills of materials and on this repository, as a process."""

import json
from pathlib import Path

import pytest

from app.config import PATH
from tests.commands.running import ran
from tests.commands.test_check import HERE, measured, states
from tests.gather.repositories import Repo, repository

pytestmark = pytest.mark.slow

FLASK = HERE / "tests" / "data" / "sbom" / "pypi-flask"
SBOM = "version: 1\nsbom: {mode: block, paths: [sbom/*.json]}\n"


def flask(root: Path, **rules: str) -> Repo:
    """A repository with the two bills of pypi-flask at two commits."""
    made = repository(root, {**rules, "sbom/flask.json": (FLASK / "base.cdx.json").read_text()})
    made.branch()
    made.commit({"sbom/flask.json": (FLASK / "head.cdx.json").read_text()})
    return made


@pytest.mark.parametrize(("rules", "notes"), [({PATH: SBOM}, 0), ({}, 1)])
def test_two_real_bills_are_counted_right(tmp_path: Path, rules: dict[str, str], notes: int) -> None:
    expected = json.loads((FLASK / "expected.json").read_text())["counts"]
    repo = flask(tmp_path / "shop", **rules)
    ended = ran("check", "--json", cwd=repo.root)
    decision = json.loads(ended.stdout)
    sbom = next(check for check in decision["checks"] if check["name"] == "sbom")
    counts = {measure["name"]: measure["value"] for measure in sbom["measures"]}
    assert {name: counts[name] for name in ("added", "removed", "upgraded", "downgraded")} == {
        name: expected[name] for name in ("added", "removed", "upgraded", "downgraded")
    }
    assert (ended.returncode, decision["verdict"], sbom["state"]) == (0, "ship", "warn")
    assert [finding["message"] for finding in sbom["findings"]] == ["`pygments` goes back from 2.9.0 to 2.8.1"]
    assert len(decision["notes"]) == notes


def test_this_repository_holds_without_its_tests_and_ships_with_them(tmp_path: Path) -> None:
    files = {PATH: (HERE / PATH).read_text(), "checks/decide.py": (HERE / "checks" / "decide.py").read_text()}
    repo = repository(tmp_path / "maestro", files)
    repo.branch()
    repo.commit({"checks/decide.py": files["checks/decide.py"] + "\n# more\n"})
    without = ran("check", "--json", cwd=repo.root)
    decision = json.loads(without.stdout)
    assert (without.returncode, decision["verdict"]) == (3, "hold")
    assert states(decision)["contract"] == "unmeasured"
    assert any("tests" in reason for reason in decision["checks"][0]["reasons"] + decision["checks"][1]["reasons"])
    file = measured(tmp_path, tests={"value": "pass", "n": 3000})
    with_them = ran("check", "--json", "--measurements", file, cwd=repo.root)
    assert (with_them.returncode, json.loads(with_them.stdout)["verdict"]) == (0, "ship")
