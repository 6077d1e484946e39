import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from app.commands.story import bill
from app.config import PATH
from app.exit import BY_VERDICT
from checks.model import Verdict
from tests.commands.conftest import Ended, Maestro
from tests.commands.running import SCRIPT, ran
from tests.gather.hostile import arm
from tests.gather.repositories import Repo, repository
from tests.road.supply import advisory

pytestmark = pytest.mark.slow

HERE = Path(__file__).parents[2]
CONTRACT = "version: 1\ncontract: {mode: block, post: {tests: pass, p95_ms: {lt: 250}}}\n"
SHAPE = {"verdict", "head_sha", "base_sha", "risk", "checks"}
CHECK_SHAPE = {"name", "state", "title", "reasons", "measures", "findings"}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """main holds a contract; `fix`, checked out, is a small change."""
    made = repository(tmp_path / "shop", {"a.py": "x = 1\n", PATH: CONTRACT})
    made.branch()
    made.commit({"a.py": "x = 2\n"}, "Correct x")
    return made


def measured(tmp_path: Path, **values: object) -> str:
    file = tmp_path / "measurements.json"
    file.write_text(json.dumps(values))
    return str(file)


def decided(ended: Ended) -> dict[str, Any]:
    """The decision on stdout, which holds nothing else."""
    decision = json.loads(ended.out)
    assert decision.keys() >= SHAPE
    assert {"score", "reasons"} == decision["risk"].keys()
    assert all(check.keys() >= CHECK_SHAPE for check in decision["checks"])
    assert ended.err == ""
    return dict(decision)


def states(decision: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["state"] for check in decision["checks"]}


# --- verdicts and exit codes -----------------------------------------------------------------------------------------


def test_what_is_measured_and_within_limits_ships(maestro: Maestro, repo: Repo, tmp_path: Path) -> None:
    file = measured(tmp_path, tests="pass", p95_ms=212)
    ended = maestro("check", "--repo", str(repo.root), "--json", "--measurements", file)
    decision = decided(ended)
    assert (ended.code, decision["verdict"], states(decision)) == (0, "ship", {"contract": "pass"})
    assert (decision["head_sha"], decision["base_sha"]) == (repo.sha(), repo.sha("main"))
    assert 0 < decision["risk"]["score"] < 1


@pytest.mark.parametrize("values", [{"tests": "pass", "p95_ms": 261}, {"tests": "fail", "p95_ms": 212}])
def test_what_is_outside_blocks(maestro: Maestro, repo: Repo, tmp_path: Path, values: dict[str, object]) -> None:
    file = measured(tmp_path, **values)
    ended = maestro("check", "--repo", str(repo.root), "--json", "--measurements", file)
    assert (ended.code, decided(ended)["verdict"]) == (1, "block")


def test_what_is_not_measured_holds_and_is_named(maestro: Maestro, repo: Repo) -> None:
    ended = maestro("check", "--repo", str(repo.root), "--json")
    decision = decided(ended)
    assert (ended.code, decision["verdict"], states(decision)) == (3, "hold", {"contract": "unmeasured"})
    said = " ".join(decision["checks"][0]["reasons"])
    assert "tests" in said
    assert "p95_ms" in said
    assert "--measurements" in said


def test_a_number_that_is_missing_is_asked_of_a_file_and_not_of_a_server(
    maestro: Maestro, repo: Repo, tmp_path: Path
) -> None:
    ended = maestro(
        "check", "--repo", str(repo.root), "--json", "--measurements", measured(tmp_path, tests="pass", other=1)
    )
    (contract,) = decided(ended)["checks"]
    assert contract["title"] == f"p95_ms has not been measured on {repo.sha()[:7]}; a checkout cannot ask GitHub"
    assert contract["next_step"] == "Bring p95_ms with --measurements FILE."
    assert "/api/measurements" not in ended.out
    assert "artifact" not in ended.out


@pytest.mark.slow
def test_each_ending_has_its_exit_code_as_a_process_too(repo: Repo, tmp_path: Path) -> None:
    shipped, blocked = measured(tmp_path, tests="pass", p95_ms=1), tmp_path / "blocked.json"
    blocked.write_text('{"tests": "fail", "p95_ms": 1}')
    assert [
        ran("check", "--json", "--measurements", shipped, cwd=repo.root).returncode,
        ran("check", "--measurements", blocked, cwd=repo.root).returncode,
        ran("check", "--base", "nosuch", cwd=repo.root).returncode,
        ran("check", cwd=repo.root).returncode,
    ] == [0, 1, 2, 3]
    assert ran("check", cwd=repo.root, PATH=str(tmp_path)).returncode == 4


def test_without_git_the_machine_is_at_fault(
    maestro: Maestro, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ended = maestro("check", "--repo", str(repo.root))
    assert (ended.code, ended.out, ended.err) == (4, "", "maestro: cannot run git\n")


def test_every_verdict_has_its_exit_code() -> None:
    assert BY_VERDICT.keys() == set(Verdict)


# --- what cannot be judged -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"tests": null}', b'{"a b": 1}', b'{"x": 1e999}', b"\xff", b"[" * 100_000]
)
def test_a_bad_measurements_file_is_refused_and_nothing_is_overwritten(
    maestro: Maestro, repo: Repo, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    (tmp_path / "card.md").write_text("the last card")
    words = ("--measurements", str(tmp_path / "bad.json"), "--markdown", str(tmp_path / "card.md"))
    ended = maestro("check", "--repo", str(repo.root), "--json", *words)
    assert (ended.code, ended.out) == (2, "")
    assert "bad.json" in ended.err
    assert "Traceback" not in ended.err
    assert (tmp_path / "card.md").read_text() == "the last card"


def test_measurements_of_another_commit_are_refused(maestro: Maestro, repo: Repo, tmp_path: Path) -> None:
    words = ("check", "--repo", str(repo.root), "--json", "--measurements")
    there = {"tests": "pass", "p95_ms": 212}
    assert maestro(*words, measured(tmp_path, sha=repo.sha()[:9], measurements=there)).code == 0
    ended = maestro(*words, measured(tmp_path, sha=repo.sha("main"), measurements=there))
    assert (ended.code, ended.out) == (2, "")
    assert f"measured at commit '{repo.sha('main')}', which is not {repo.sha()}" in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--base", "nosuch"], "'nosuch' names no commit here"),
        (["--head", "nosuch"], "'nosuch' names no commit here"),
        (["--base", ""], "'' names no commit here"),
        (["--measurements", "nosuch.json"], "nosuch.json"),
        (["--config", "nosuch.yml"], "nosuch.yml"),
        (["--repo", "nosuch"], "nosuch"),
    ],
)
def test_what_is_not_there_is_named(maestro: Maestro, repo: Repo, words: list[str], said: str) -> None:
    ended = maestro("check", "--repo", str(repo.root), "--json", *words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_a_directory_that_is_no_checkout_is_told(maestro: Maestro, tmp_path: Path) -> None:
    ended = maestro("check", "--repo", str(tmp_path))
    assert (ended.code, ended.out) == (2, "")
    assert "not a git repository" in ended.err


def test_a_repository_without_commits_is_told(maestro: Maestro, tmp_path: Path) -> None:
    ended = maestro("check", "--repo", str(repository(tmp_path / "empty").root), "--json")
    assert (ended.code, ended.out) == (2, "")
    assert "no commit yet" in ended.err


# --- what is judged all the same -------------------------------------------------------------------------------------


def test_a_detached_head_and_an_empty_change_are_judged(maestro: Maestro, repo: Repo, tmp_path: Path) -> None:
    file = measured(tmp_path, tests="pass", p95_ms=1)
    repo.git("switch", "--quiet", "--detach")
    assert maestro("check", "--repo", str(repo.root), "--measurements", file).code == 0
    same = maestro("check", "--repo", str(repo.root), "--json", "--base", "HEAD", "--measurements", file)
    decision = decided(same)
    assert (same.code, decision["head_sha"]) == (0, decision["base_sha"])


def test_odd_names_of_branches_and_files_are_shown_and_harm_nothing(maestro: Maestro, repo: Repo) -> None:
    name = "it's<b>;$(touch${IFS}canary)|`x`-\u202e@all"
    repo.git("switch", "--quiet", "--create", name)
    repo.commit({'new\nline\x1b[31m".py': "1\n", os.fsdecode(b"raw\xff.py"): "2\n", "logo.png": b"\0\1"})
    for words in (["--json"], []):
        ended = maestro("check", "--repo", str(repo.root), "--head", name, *words)
        assert ended.code == 3
        assert "\x1b" not in ended.out
        assert "\u202e" not in ended.out
    assert not list(repo.root.rglob("canary"))


@pytest.mark.slow
def test_five_thousand_files_are_judged(maestro: Maestro, repo: Repo) -> None:
    repo.commit({f"many/{n % 50}/{n}.txt": f"{n}\n" for n in range(5000)})
    ended = maestro("check", "--repo", str(repo.root), "--json")
    assert (ended.code, decided(ended)["risk"]["score"] > 0.65) == (3, True)


def test_nothing_of_a_hostile_repository_is_run_and_its_judgement_is_the_same(
    maestro: Maestro, repo: Repo, tmp_path: Path
) -> None:
    repo.commit({".gitattributes": "* diff=canary filter=canary\n", ".maestro/contracts/c.json": "{}"})
    before = maestro("check", "--repo", str(repo.root), "--json")
    arm(repo, tmp_path / "canary")
    assert maestro("check", "--repo", str(repo.root), "--json") == before
    assert not (tmp_path / "canary").exists()
    repo.git("status", check=False)
    assert (tmp_path / "canary").exists()  # the traps were live


# --- rules -----------------------------------------------------------------------------------------------------------


def test_a_broken_configuration_holds_by_line_and_key(maestro: Maestro, repo: Repo) -> None:
    repo.commit({PATH: "version: 1\nrisk: {mode: warm}\n"})
    ended = maestro("check", "--repo", str(repo.root), "--base", "HEAD", "--json")
    decision = decided(ended)
    assert (ended.code, states(decision)) == (3, {"config": "unmeasured"})
    assert f"{PATH}:2:" in decision["checks"][0]["reasons"][0]
    assert decision["checks"][0]["findings"][0]["id"] == "risk.mode"


def test_a_change_that_breaks_the_configuration_is_blocked(maestro: Maestro, repo: Repo, tmp_path: Path) -> None:
    repo.commit({PATH: "version: 1\nrisk: {mode: warm}\n"})
    file = measured(tmp_path, tests="pass", p95_ms=1)
    ended = maestro("check", "--repo", str(repo.root), "--json", "--measurements", file)
    assert (ended.code, states(decided(ended))) == (1, {"contract": "pass", "config": "block"})


def test_a_change_that_loosens_the_configuration_is_judged_by_the_old_one(maestro: Maestro, repo: Repo) -> None:
    repo.commit({PATH: "version: 1\n"})
    ended = maestro("check", "--repo", str(repo.root), "--json")
    decision = decided(ended)
    assert (ended.code, states(decision)) == (3, {"contract": "unmeasured", "config": "warn"})
    assert "HOLD now, SHIP under the edit" in decision["checks"][1]["title"]


def test_a_change_that_drops_the_configuration_says_so(maestro: Maestro, repo: Repo, tmp_path: Path) -> None:
    repo.git("rm", "-q", PATH)
    repo.commit({})
    ended = maestro(
        "check", "--repo", str(repo.root), "--json", "--measurements", measured(tmp_path, tests="pass", p95_ms=1)
    )
    assert "removes the configuration" in decided(ended)["checks"][-1]["title"]


def test_a_faulty_file_given_by_hand_is_bad_input(maestro: Maestro, repo: Repo, tmp_path: Path) -> None:
    given = tmp_path / "mine.yml"
    given.write_text("version: 2\n")
    ended = maestro("check", "--repo", str(repo.root), "--config", str(given))
    assert ended.code == 2
    assert "mine.yml:1: " in ended.err


def test_a_tag_does_not_stand_in_for_the_branch_of_its_name(maestro: Maestro, repo: Repo, tmp_path: Path) -> None:
    repo.commit({"big.py": "x = 1\n" * 400})
    repo.git("tag", "main", "HEAD")
    ended = maestro(
        "check", "--repo", str(repo.root), "--json", "--measurements", measured(tmp_path, tests="pass", p95_ms=1)
    )
    assert decided(ended)["base_sha"] != decided(ended)["head_sha"]


def test_where_base_and_head_are_one_commit_that_is_said(maestro: Maestro, repo: Repo) -> None:
    ended = maestro("check", "--repo", str(repo.root), "--base", "HEAD", "--json")
    assert "base and head are the same commit: nothing has changed" in decided(ended)["notes"]


def test_the_number_of_tests_is_kept(maestro: Maestro, repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a.py": "x = 3\n"})
    file = measured(tmp_path, tests={"value": "pass", "n": 4000}, p95_ms=1)
    ended = maestro("check", "--repo", str(repo.root), "--json", "--measurements", file)
    (tests,) = [one for one in decided(ended)["checks"][0]["measures"] if one["name"] == "tests"]
    assert (tests["value"], tests["n"]) == ("pass", 4000)


def test_a_test_run_of_no_test_ships_nothing(maestro: Maestro, repo: Repo, tmp_path: Path) -> None:
    file = measured(tmp_path, tests={"value": "pass", "n": 0}, p95_ms=1)
    ended = maestro("check", "--repo", str(repo.root), "--json", "--measurements", file)
    assert (ended.code, states(decided(ended))) == (3, {"contract": "unmeasured"})


def test_rules_that_extend_others_hold_with_a_way_out(maestro: Maestro, repo: Repo, tmp_path: Path) -> None:
    repo.commit({PATH: "version: 1\nextends: acme/policies\n"})
    words = ("check", "--repo", str(repo.root), "--base", "HEAD", "--json")
    ended = maestro(*words)
    assert (ended.code, states(decided(ended))) == (3, {"config": "unmeasured"})
    assert "--config" in decided(ended)["checks"][0]["title"]
    (tmp_path / "whole.yml").write_text("version: 1\nrisk: {mode: warn}\n")
    assert maestro(*words, "--config", str(tmp_path / "whole.yml")).code == 0


def test_a_contract_of_the_head_tightens_and_never_loosens(maestro: Maestro, repo: Repo, tmp_path: Path) -> None:
    def contract(limit: int) -> str:
        return json.dumps({"id": "api", "post": {"errors": {"lt": limit}}})

    repo.git("switch", "--quiet", "main")
    repo.commit({".maestro/contracts/api.json": contract(5)})
    file = measured(tmp_path, tests="pass", p95_ms=1, errors=3)
    codes = {}
    for limit in (5, 9, 2):
        repo.git("switch", "--quiet", "--create", f"limit-{limit}", "main")
        repo.commit({".maestro/contracts/api.json": contract(limit)})
        codes[limit] = maestro("check", "--repo", str(repo.root), "--measurements", file).code
    assert codes == {5: 0, 9: 0, 2: 1}
    file = measured(tmp_path, tests="pass", p95_ms=1, errors=7)
    loosened = maestro("check", "--repo", str(repo.root), "--head", "limit-9", "--measurements", file)
    assert loosened.code == 1


# --- what is written -------------------------------------------------------------------------------------------------


def test_the_card_goes_to_a_file_and_the_decision_to_the_screen(maestro: Maestro, repo: Repo, tmp_path: Path) -> None:
    ended = maestro("check", "--repo", str(repo.root), "--json", "--markdown", str(tmp_path / "card.md"))
    card = (tmp_path / "card.md").read_text()
    assert decided(ended)["verdict"] == "hold"
    assert card.startswith("<!-- maestro:card")
    assert "HOLD" in card


@pytest.mark.parametrize("option", ["--markdown", "--record"])
@pytest.mark.parametrize("place", ["no/file", "taken/file", ".", ""])
def test_a_place_that_cannot_be_written_is_told_before_the_work(
    maestro: Maestro, repo: Repo, tmp_path: Path, option: str, place: str
) -> None:
    (tmp_path / "taken").write_text("no directory")
    ended = maestro("check", "--repo", str(repo.root), "--base", "nosuch", option, place and str(tmp_path / place))
    assert (ended.code, ended.out) == (2, "")
    assert option in ended.err
    assert "nosuch" not in ended.err


def test_a_file_that_cannot_be_written_loses_no_decision(maestro: Maestro, repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "card.md").symlink_to(tmp_path / "no" / "card.md")
    ended = maestro("check", "--repo", str(repo.root), "--json", "--markdown", str(tmp_path / "card.md"))
    assert (ended.code, json.loads(ended.out)["verdict"]) == (4, "hold")
    assert "card.md" in ended.err


def test_the_screen_shows_no_colours_to_a_pipe(maestro: Maestro, repo: Repo) -> None:
    ended = maestro("check", "--repo", str(repo.root))
    assert ended.out.startswith("HOLD")
    assert "\x1b" not in ended.out


def test_it_runs_where_a_room_of_the_same_name_is(repo: Repo) -> None:
    shutil.copytree(HERE / "app" / "gather", repo.root / "app" / "gather")
    (repo.root / "app" / "__init__.py").write_text("raise RuntimeError('not this app')\n")
    (repo.root / "checks.py").write_text("raise RuntimeError('not these checks')\n")
    assert SCRIPT.exists()
    assert ran("check", cwd=repo.root).returncode == 3


# --- advisories ------------------------------------------------------------------------------------------------------


def test_advisories_from_files_stop_what_brings_them_in(maestro: Maestro, tmp_path: Path) -> None:
    rules = "version: 1\nsbom: {mode: block, paths: [bom.json], baseline: {max_age_days: 3650}}\n"
    flask, jinja = ("flask", "3.0.3", "MIT"), ("jinja2", "2.4.0", "MIT")
    repo = repository(tmp_path / "shop", {PATH: rules, "bom.json": bill(flask)})
    repo.branch()
    repo.commit({"bom.json": bill(flask, jinja)})
    (tmp_path / "osv").mkdir()
    (tmp_path / "osv" / "GHSA-1.json").write_text(json.dumps(advisory()))
    without = maestro("check", "--repo", str(repo.root), "--json")
    with_them = maestro("check", "--repo", str(repo.root), "--json", "--osv", str(tmp_path / "osv"))
    assert (without.code, with_them.code) == (0, 1)
    assert "GHSA-1" in with_them.out


def test_advisories_that_cannot_be_read_are_a_wrong_argument(maestro: Maestro, repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    ended = maestro("check", "--repo", str(repo.root), "--osv", str(tmp_path / "a.json"))
    assert ended.code == 2
    assert "a.json is not JSON" in ended.err
