import json
from pathlib import Path

import pytest

from app.commands.story import bill
from app.config import PATH
from app.gather.checkout import Checkout, UnknownRef
from app.gather.checkout_rules import Rules
from app.gather.contracts import MOST_OF_BASE
from app.gather.git import Git, GitError
from app.gather.sboms import MOST_FILES
from app.osv.local import Files, records_in
from checks.contract import MAX_FILES
from checks.decide import Policy
from checks.judge import Case, Removed, Unreadable
from checks.model import (
    Advisories,
    Baseline,
    ChangeFacts,
    ContractText,
    Measurement,
    Missing,
    Origin,
    SbomPair,
    TestFacts,
)
from checks.sbom import MAX_BYTES
from tests.gather.repositories import Repo, repository
from tests.road.supply import advisory

pytestmark = pytest.mark.slow

SBOM = "version: 1\nsbom: {mode: block, paths: [sbom/*.json]}\n"
CONTRACT = "version: 1\ncontract: {mode: block, post: {tests: pass}}\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return repository(tmp_path / "shop", {"a.py": "x = 1\n"})


async def case(
    repo: Repo,
    *,
    base: str = "main",
    head: str = "HEAD",
    measured: tuple[Measurement, ...] = (),
    given: str = "",
    osv: Files | None = None,
) -> Case:
    rules = Rules(given.encode(), "given.yml") if given else None
    return await Checkout(await Git.at(repo.root), base, head, lambda _sha: measured, rules, "1", osv).case()


def policy(case: Case) -> Policy:
    assert isinstance(case.policy, Policy)
    return case.policy


async def test_a_checkout_knows_of_no_experiment_and_says_why(repo: Repo) -> None:
    rules = "version: 1\nexperiment: {environments: [canary], gate: {baseline: 0.01}}\n"
    held = (await case(repo, given=rules)).snapshot.experiments
    assert held == Missing("a checkout cannot ask GitHub")
    assert (await case(repo, given=CONTRACT)).snapshot.experiments is None


# --- the change ------------------------------------------------------------------------------------------------------


async def test_the_change_is_told_as_github_would(repo: Repo) -> None:
    left = repo.sha()
    repo.branch("agent/fix")
    head = repo.commit({"a.py": "x = 2\n"}, "Correct x\n\nIt was wrong.")
    repo.git("switch", "--quiet", "main")
    base = repo.commit({"b.py": "moved on\n"})
    snapshot = (await case(repo, head="agent/fix")).snapshot
    pull, change = snapshot.pull, snapshot.change
    assert (pull.repository, pull.number, pull.title, pull.author) == ("shop", None, "Correct x", "Ada")
    assert (pull.head_ref, pull.head_sha, pull.base_ref, pull.base_sha) == ("agent/fix", head, "main", base)
    assert pull.merge_base_sha == left
    assert isinstance(change, ChangeFacts)
    assert [file.path for file in change.files] == ["a.py"]  # not what the base did meanwhile
    assert change.messages == ("Correct x\n\nIt was wrong.",)


async def test_base_and_head_in_one_is_an_empty_change(repo: Repo) -> None:
    assert (await case(repo)).snapshot.change == ChangeFacts(())


async def test_histories_without_a_common_ancestor_differ_in_everything(repo: Repo) -> None:
    repo.git("switch", "--quiet", "--orphan", "other")
    repo.commit({"b.py": "1\n"})
    found = (await case(repo)).snapshot
    assert found.pull.merge_base_sha == ""
    assert isinstance(found.change, ChangeFacts)
    assert {file.path: file.status for file in found.change.files} == {"a.py": "removed", "b.py": "added"}


@pytest.mark.parametrize(
    ("base", "head", "said"),
    [
        ("nosuch", "HEAD", "'nosuch' names no commit here"),
        ("main", "no\nsuch", r"'no\nsuch' names no commit here"),
        ("--all", "HEAD", "'--all' names no commit here"),
        ("trunk", "HEAD", "did you mean origin/trunk?"),
    ],
)
async def test_an_unknown_ref_is_named_with_the_likely_one(repo: Repo, base: str, head: str, said: str) -> None:
    repo.git("update-ref", "refs/remotes/origin/trunk", "HEAD")
    with pytest.raises(UnknownRef) as caught:
        await case(repo, base=base, head=head)
    assert said in str(caught.value)


async def test_a_repository_without_commits_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnknownRef, match="no commit yet"):
        await case(repository(tmp_path / "empty"))


async def test_a_shallow_clone_says_what_to_fetch(repo: Repo, tmp_path: Path) -> None:
    repo.branch()
    repo.commit({"a.py": "x = 2\n"})
    repo.commit({"a.py": "x = 3\n"})
    repo.git("switch", "--quiet", "main")
    repo.commit({"b.py": "1\n"})
    shallow = Repo(tmp_path / "shallow")
    origin = f"file://{repo.root}"
    repo.git("clone", "--quiet", "--depth", "1", "--branch", "fix", origin, str(shallow.root))
    with pytest.raises(UnknownRef, match="shallow: fetch more"):
        await case(shallow)
    shallow.git("fetch", "--quiet", "--depth", "1", origin, "main:main")
    with pytest.raises(UnknownRef, match="does not reach back to where HEAD left main"):
        await case(shallow)
    shallow.git("fetch", "--quiet", "--unshallow", origin, "main", "fix")
    change = (await case(shallow)).snapshot.change
    assert isinstance(change, ChangeFacts)
    assert [file.path for file in change.files] == ["a.py"]


# --- the rules -------------------------------------------------------------------------------------------------------


async def test_the_base_rules(repo: Repo) -> None:
    repo.commit({PATH: CONTRACT})
    repo.branch()
    repo.commit({"a.py": "x = 2\n"})
    found = await case(repo)
    assert (set(policy(found).checks), policy(found).notes, found.edited) == ({"contract"}, (), None)


async def test_an_edit_of_the_rules_is_shown_and_does_not_rule(repo: Repo) -> None:
    repo.commit({PATH: CONTRACT})
    repo.branch()
    repo.commit({PATH: "version: 1\n"})
    found = await case(repo)
    assert set(policy(found).checks) == {"contract"}
    assert isinstance(found.edited, Policy)
    assert not found.edited.checks


async def test_an_edit_that_breaks_the_rules_is_told(repo: Repo) -> None:
    repo.commit({PATH: CONTRACT})
    repo.branch()
    repo.commit({PATH: "version: 1\ncontrat: {}\n"})
    edited = (await case(repo)).edited
    assert isinstance(edited, Unreadable)
    assert (edited.findings[0].line, edited.findings[0].id) == (2, "contrat")


async def test_a_change_that_takes_the_rules_away_is_told_and_judged_by_them(repo: Repo) -> None:
    repo.commit({PATH: CONTRACT})
    repo.branch()
    repo.commit({PATH: None})
    found = await case(repo)
    assert (set(policy(found).checks), found.edited) == ({"contract"}, Removed())


async def test_rules_that_only_the_head_has_are_used_with_a_note(repo: Repo) -> None:
    repo.branch()
    repo.commit({PATH: CONTRACT})
    found = policy(await case(repo))
    assert set(found.checks) == {"contract"}
    assert found.notes == (f"main has no {PATH}; judged by the head's own",)


async def test_rules_that_nobody_committed_are_used_with_a_note(repo: Repo) -> None:
    (repo.root / ".github").mkdir()
    (repo.root / PATH).write_text(CONTRACT)
    found = policy(await case(repo))
    assert set(found.checks) == {"contract"}
    assert found.notes[0] == f"{PATH} is not committed yet; judged by the working tree's"


async def test_without_rules_the_built_in_ones_are_used_with_a_note(repo: Repo) -> None:
    found = policy(await case(repo))
    assert set(found.checks) == {"risk"}
    assert found.notes[0] == f"no {PATH}; judged by built-in defaults"
    repo.commit({"bom.json": "{}"})
    with_bills = policy(await case(repo))
    assert set(with_bills.checks) == {"risk", "sbom"}
    assert with_bills.digest != found.digest, "a digest names the very rules that were applied"


async def test_an_empty_file_on_the_base_is_its_rules_all_the_same(repo: Repo) -> None:
    repo.commit({PATH: ""})
    repo.branch()
    repo.commit({PATH: "version: 1\n"})
    assert isinstance((await case(repo)).policy, Unreadable)


async def test_broken_rules_are_named_by_line_and_key(repo: Repo) -> None:
    repo.commit({PATH: "version: 1\nrisk: {mode: warm}\n"})
    found = (await case(repo)).policy
    assert isinstance(found, Unreadable)
    assert (found.findings[0].path, found.findings[0].line, found.findings[0].id) == (PATH, 2, "risk.mode")


async def test_rules_that_extend_others_cannot_be_read_here(repo: Repo) -> None:
    repo.commit({PATH: "version: 1\nrisk: {mode: warn}\nextends: acme/policies\n"})
    found = (await case(repo)).policy
    assert isinstance(found, Unreadable)
    assert (found.findings[0].line, found.findings[0].id) == (3, "extends")
    assert "--config" in found.findings[0].message


async def test_rules_that_the_caller_brings_go_before_all_others(repo: Repo) -> None:
    repo.commit({PATH: CONTRACT})
    repo.branch()
    repo.commit({PATH: "broken"})
    found = await case(repo, given="version: 1\nrisk: {mode: warn}\n")
    assert (set(policy(found).checks), found.edited) == ({"risk"}, None)


async def test_rules_that_were_never_fetched_are_not_taken_for_none(repo: Repo, tmp_path: Path) -> None:
    repo.commit({PATH: CONTRACT})
    repo.git("config", "uploadpack.allowFilter", "true")
    partial = Repo(tmp_path / "partial")
    repo.git("clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{repo.root}", str(partial.root))
    with pytest.raises(GitError):
        await case(partial)


# --- contracts -------------------------------------------------------------------------------------------------------


async def test_contracts_are_read_at_both_ends_the_heads_where_it_touches_them(repo: Repo) -> None:
    strict, loose = '{"id": "a", "post": {"x": {"lt": 1}}}', '{"id": "a", "post": {"x": {"lt": 9}}}'
    folder = ".maestro/contracts"
    repo.commit({f"{folder}/a.json": strict, f"{folder}/b.json": strict, f"{folder}/deep/c.json": strict})
    repo.branch()
    repo.commit({f"{folder}/a.json": loose, f"{folder}/b.json": None, f"{folder}/new.json": b"\xff"})
    assert (await case(repo)).snapshot.contracts == (
        ContractText(Origin.BASE, f"{folder}/a.json", strict),
        ContractText(Origin.BASE, f"{folder}/b.json", strict),
        ContractText(Origin.HEAD, f"{folder}/a.json", loose),
        ContractText(Origin.HEAD, f"{folder}/new.json", f"{folder}/new.json is not UTF-8 text"),
    )


async def test_more_contracts_than_a_base_may_have_are_not_read(repo: Repo) -> None:
    repo.commit({f".maestro/contracts/{n}.json": "{}" for n in range(MOST_OF_BASE + 1)})
    assert isinstance((await case(repo)).snapshot.contracts, Missing)


async def test_however_many_contracts_a_change_brings_those_of_the_base_are_read(repo: Repo) -> None:
    folder = ".maestro/contracts"
    repo.commit({f"{folder}/z{n}.json": "{}" for n in range(60)})
    repo.branch()
    repo.commit({f"{folder}/a{n}.json": "[]" for n in range(60)})
    found = (await case(repo)).snapshot.contracts
    assert isinstance(found, tuple)
    assert [sum(one.origin is origin for one in found) for origin in (Origin.BASE, Origin.HEAD)] == [60, MAX_FILES + 1]


# --- bills of materials ----------------------------------------------------------------------------------------------


def texts(pair: SbomPair) -> tuple[str | None, str | None]:
    return pair.base.text if pair.base else None, pair.head.text if pair.head else None


async def test_bills_are_read_where_the_change_left_its_base_and_at_its_head(repo: Repo) -> None:
    repo.commit({PATH: SBOM, "sbom/a.json": "1", "sbom/b.json": "1", "sbom/gone.json": "1"})
    repo.branch()
    repo.commit({"sbom/a.json": "2", "sbom/gone.json": None, 'sbom/new "é"\n.json': "3"})
    repo.git("switch", "--quiet", "main")
    repo.commit({"sbom/a.json": "the base moved on"})
    sboms = (await case(repo, head="fix")).snapshot.sboms
    assert isinstance(sboms, tuple)
    assert {pair.path: texts(pair) for pair in sboms} == {
        "sbom/a.json": ("1", "2"),
        "sbom/b.json": ("", ""),  # untouched: equal to itself, and not read
        "sbom/gone.json": ("1", None),
        'sbom/new "é"\n.json': (None, "3"),
    }


async def test_a_bill_that_was_moved_is_gone_from_where_it_was(repo: Repo) -> None:
    repo.commit({PATH: SBOM, "sbom/a.json": "1\n" * 9})
    repo.branch()
    repo.git("mv", "sbom/a.json", "sbom/b.json")
    repo.commit({})
    sboms = (await case(repo)).snapshot.sboms
    assert isinstance(sboms, tuple)
    assert [(pair.path, pair.base is None, pair.head is None) for pair in sboms] == [
        ("sbom/a.json", False, True),
        ("sbom/b.json", True, False),
    ]


async def test_a_bill_that_is_too_large_is_not_read(repo: Repo) -> None:
    repo.commit({PATH: SBOM, "sbom/a.json": "1"})
    repo.branch()
    repo.commit({"sbom/a.json": b" " * (MAX_BYTES + 1)})
    sboms = (await case(repo)).snapshot.sboms
    assert isinstance(sboms, tuple)
    assert sboms[0].head is not None
    assert sboms[0].head.missing == Missing(f"sbom/a.json is larger than {MAX_BYTES} bytes")


async def test_too_many_bills_are_not_read(repo: Repo) -> None:
    repo.commit({PATH: SBOM, **{f"sbom/{n}.json": "1" for n in range(MOST_FILES + 1)}})
    assert isinstance((await case(repo)).snapshot.sboms, Missing)


BILL, MORE = bill(("flask", "3.0.3", "MIT")), bill(("flask", "3.0.3", "MIT"), ("jinja2", "2.4.0", "MIT"))


def advised(repo: Repo, rules: str = SBOM, **files: str) -> None:
    """A change that brings jinja2, in its bill and its manifest."""
    repo.commit({PATH: rules, "sbom/a.json": BILL, "requirements.txt": "flask\n", "vex/a.json": "{}", **files})
    repo.branch()
    repo.commit({"sbom/a.json": MORE, "requirements.txt": "flask\njinja2\n", "vex/a.json": "[]"})


async def test_the_baseline_is_where_the_change_left_its_base(repo: Repo) -> None:
    advised(repo)
    snapshot = (await case(repo)).snapshot
    assert isinstance(snapshot.sboms, tuple)
    assert snapshot.sboms[0].baseline == Baseline(repo.sha("main"), "2026-01-02T03:04:05Z", 0)
    assert [one.text for one in snapshot.manifests or ()] == ["flask\njinja2\n"]  # type: ignore[union-attr]
    assert [one.text for one in snapshot.vex or ()] == ["{}"]  # type: ignore[union-attr]
    assert len(snapshot.day) == 10


async def test_a_manifest_brings_its_lock_file_and_what_is_vendored_stays_away(repo: Repo) -> None:
    advised(repo, **{"package.json": "{}", "package-lock.json": "{}", "Cargo.lock": "", "vendor/package.json": "{}"})
    manifests = (await case(repo)).snapshot.manifests
    assert isinstance(manifests, tuple)
    assert [one.path for one in manifests] == ["package-lock.json", "package.json", "requirements.txt"]


async def test_a_checkout_asks_nobody_for_advisories_and_says_so(repo: Repo) -> None:
    advised(repo)
    found = (await case(repo)).snapshot.advisories
    assert isinstance(found, Advisories)
    assert found.records == ()
    assert "OSV is not asked from a checkout" in found.source


@pytest.mark.parametrize("rules", [SBOM, SBOM.replace("]}", "], advisories: {source: bill}}")])
async def test_advisories_that_the_caller_brings_count_whatever_the_rules_name(repo: Repo, rules: str) -> None:
    advised(repo, rules)
    brought = Files.of("mine", records_in("a.json", json.dumps(advisory())))
    found = (await case(repo, osv=brought)).snapshot.advisories
    assert isinstance(found, Advisories)
    assert (len(found.records), found.source) == (1, "mine")


async def test_advisories_of_the_base_need_nobody(repo: Repo) -> None:
    rules = SBOM.replace("]}", "], advisories: {source: files, paths: [osv/*]}}")
    advised(repo, rules, **{"osv/a.json": json.dumps(advisory())})
    found = (await case(repo)).snapshot.advisories
    assert isinstance(found, Advisories)
    assert (len(found.records), found.source) == (1, "1 file(s) of the base")


# --- what the caller brings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "conclusion"), [("pass", "success"), ("fail", "failure")])
async def test_the_callers_word_for_its_tests(repo: Repo, value: str, conclusion: str) -> None:
    p95 = Measurement("p95", 212.0)
    snapshot = (await case(repo, measured=(Measurement("tests", value), p95))).snapshot
    assert isinstance(snapshot.tests, TestFacts)
    assert [run.conclusion for run in snapshot.tests.runs] == [conclusion]
    assert snapshot.measurements == (p95,)


@pytest.mark.parametrize("measured", [(), (Measurement("tests", "green"),), (Measurement("tests", True),)])
async def test_tests_of_which_nothing_clear_was_said_are_missing(repo: Repo, measured: tuple[Measurement, ...]) -> None:
    assert isinstance((await case(repo, measured=measured)).snapshot.tests, Missing)
