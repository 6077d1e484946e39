"""What a bill is held against: the newest commit of the base that was green and has one."""

import pytest

from app.commands.story import bill
from checks.model import Baseline
from tests.road.supply import FILE, NEW, OLD, PATH, baseline, brings, facts, kept, pair, rules
from tests.road.town import DECISION, Town

pytestmark = pytest.mark.slow

RED = bill(("flask", "3.0.4", "BSD-3-Clause"))


def asked(here: Town, sha: str) -> int:
    """How often GitHub was asked what was reported on a commit."""
    return sum(call.endswith(f"/commits/{sha}/check-runs") for call in here.calls())


async def test_where_the_change_left_its_base_unless_something_speaks_against_it(here: Town) -> None:
    repo = kept(here.sandbox)
    tip = repo.tip()
    number, _ = brings(repo)
    await here.rest()
    found = await baseline(here, number)
    assert found is not None
    assert (found.sha, found.behind) == (tip, 0)
    assert found.at.endswith("Z")


async def test_a_red_commit_is_passed_over_and_its_bill_with_it(here: Town) -> None:
    repo = kept(here.sandbox)
    green = repo.tip()
    repo.report_check(green, "unit")
    red = repo.commit("main", {FILE: RED})
    repo.report_check(red, "unit", conclusion="failure")
    number, _ = brings(repo)
    await here.rest()
    found = await pair(here, number)
    assert found.baseline is not None
    assert (found.baseline.sha, found.baseline.behind) == (green, 1)
    assert found.base is not None
    assert (found.base.sha, found.base.text) == (green, OLD)


async def test_one_that_is_still_being_tested_is_not_green_yet(here: Town) -> None:
    repo = kept(here.sandbox)
    green = repo.tip()
    tip = repo.commit("main", {"a.py": "x = 3\n"})
    repo.report_check(tip, "unit", status="in_progress", conclusion=None)
    number, sha = brings(repo)
    await here.rest()
    assert await baseline(here, number) == Baseline(green, (await baseline(here, number) or Baseline("")).at, 1)
    repo.report_check(tip, "unit")
    repo.report_check(sha, "unit")
    await here.rest()
    assert ((await baseline(here, number)) or Baseline("")).sha == tip


async def test_without_a_green_commit_there_is_no_baseline_and_no_flood(here: Town) -> None:
    repo = kept(here.sandbox)
    repo.report_check(repo.tip(), "unit", conclusion="failure")
    number, sha = brings(repo)
    await here.rest()
    found = await pair(here, number)
    assert (found.base, found.baseline) == (None, None)
    assert here.conclusions(repo, sha)[DECISION] == "action_required"


async def test_a_green_pull_request_makes_its_merge_green_without_a_question(here: Town) -> None:
    repo = kept(here.sandbox)
    first, _ = brings(repo, "one", RED)
    await here.rest()
    merged = repo.merge(first)
    repo.report_check(merged, "nightly", status="in_progress", conclusion=None)
    second, _ = brings(repo, "two", NEW)
    await here.rest()
    assert ((await baseline(here, second)) or Baseline("")).sha == merged
    assert asked(here, merged) == 0


async def test_a_blocked_pull_request_that_was_merged_all_the_same_is_no_baseline(here: Town) -> None:
    repo = kept(
        here.sandbox, "version: 1\nsbom: {mode: block, paths: [sbom.json], licenses: {deny: [AGPL-3.0-only]}}\n"
    )
    before = repo.tip()
    first, sha = brings(repo, "one", bill(("flask", "3.0.3", "BSD-3-Clause"), ("gs", "1.0", "AGPL-3.0-only")))
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "failure"
    repo.merge(first)
    second, later = brings(repo, "two", bill(("flask", "3.0.4", "BSD-3-Clause"), ("gs", "1.0", "AGPL-3.0-only")))
    await here.rest()
    found = await baseline(here, second)
    assert found is not None
    assert (found.sha, found.behind) == (before, 1)
    assert here.conclusions(repo, later)[DECISION] == "failure"


BLOCKING = "version: 1\nsbom: {mode: block, paths: [sbom.json], licenses: {deny: [AGPL-3.0-only]}}\n"
DENIED = bill(("flask", "3.0.3", "BSD-3-Clause"), ("gs", "1.0", "AGPL-3.0-only"))


@pytest.mark.parametrize("reported", [False, True], ids=["nobody reported on it", "others are content"])
async def test_a_blocked_pull_request_that_came_by_a_rebase_is_no_baseline_either(here: Town, reported: bool) -> None:
    repo = kept(here.sandbox, BLOCKING)
    before = repo.tip()
    repo.commit("one", {"a.py": "x = 2\n"})
    first, sha = brings(repo, "one", DENIED)
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "failure"
    rebased = repo.rebase(first)
    assert rebased != sha
    if reported:
        repo.report_check(rebased, "nightly")
    second, later = brings(repo, "two", DENIED.replace("3.0.3", "3.0.4"))
    await here.rest()
    found = await baseline(here, second)
    assert found is not None
    assert (found.sha, found.behind) == (before, 2)
    assert here.conclusions(repo, later)[DECISION] == "failure"


async def test_one_that_may_ship_is_a_baseline_however_it_came(here: Town) -> None:
    repo = kept(here.sandbox)
    first, _ = brings(repo, "one", RED)
    await here.rest()
    rebased = repo.rebase(first)
    second, _ = brings(repo, "two", NEW)
    await here.rest()
    assert ((await baseline(here, second)) or Baseline("")).sha == rebased


async def test_the_word_on_a_pull_request_onto_another_branch_says_nothing_of_this_one(here: Town) -> None:
    repo = kept(here.sandbox, BLOCKING)
    repo.commit("release", {"b.py": "y = 1\n"})
    good = repo.commit("main", {"a.py": "x = 2\n"})
    repo.commit("main", {FILE: DENIED})
    onto_release = repo.open_pull("Everything", "main", "release")
    await here.rest()
    assert here.conclusions(repo, repo.tip())[DECISION] == "failure"
    repo.merge(onto_release)
    repo.commit("two", {FILE: NEW}, parent=good)
    number = repo.open_pull("Add jinja2", "two")
    await here.rest()
    assert ((await baseline(here, number)) or Baseline("")).sha == good
    assert any(call.endswith(f"/commits/{good}/pulls") for call in here.calls())


async def test_what_brought_a_commit_is_asked_once_while_its_word_stands(here: Town) -> None:
    repo = kept(here.sandbox)
    tip = repo.commit("main", {"a.py": "x = 2\n"})
    for branch in ("one", "two"):
        brings(repo, branch)
        await here.rest()
    assert sum(call.endswith(f"/commits/{tip}/pulls") for call in here.calls()) == 1


async def test_a_squashed_pull_request_counts_as_its_merge_and_is_asked_for_once(here: Town) -> None:
    repo = kept(here.sandbox)
    first, _ = brings(repo, "one", RED)
    await here.rest()
    squashed = repo.squash(first)
    repo.report_check(squashed, "nightly", conclusion="failure")
    second, _ = brings(repo, "two", NEW)
    await here.rest()
    assert ((await baseline(here, second)) or Baseline("")).sha == squashed
    assert asked(here, squashed) == 0
    assert sum(call.endswith(f"/commits/{squashed}/pulls") for call in here.calls()) == 1


async def test_a_blocked_pull_request_that_was_squashed_is_no_baseline(here: Town) -> None:
    repo = kept(here.sandbox, BLOCKING)
    before = repo.tip()
    first, _ = brings(repo, "one", DENIED)
    await here.rest()
    repo.squash(first)
    second, _ = brings(repo, "two", DENIED.replace("3.0.3", "3.0.4"))
    await here.rest()
    assert ((await baseline(here, second)) or Baseline("")).sha == before


async def test_a_title_that_names_a_pull_request_of_another_branch_outvotes_no_failed_check(here: Town) -> None:
    repo = kept(here.sandbox)
    before = repo.tip()
    repo.commit("release", {"b.py": "y = 1\n"})
    repo.commit("hot", {FILE: RED}, parent=repo.tip("release"))
    number = repo.open_pull("Renew flask", "hot", "release")
    await here.rest()
    repo.merge(number)
    await here.rest()
    picked = repo.commit("main", {FILE: RED}, message=f"Renew flask (#{number})")
    repo.report_check(picked, "unit", conclusion="failure")
    second, _ = brings(repo, "two", NEW)
    await here.rest()
    assert ((await baseline(here, second)) or Baseline("")).sha == before


async def test_a_title_that_names_an_open_pull_request_outvotes_no_failed_check(here: Town) -> None:
    repo = kept(here.sandbox)
    before = repo.tip()
    repo.commit("fix", {"a.py": "x = 2\n"})
    number = repo.open_pull("Correct x", "fix")
    await here.rest()
    direct = repo.commit("main", {FILE: RED}, message=f"Renew flask (#{number})")
    repo.report_check(direct, "unit", conclusion="failure")
    second, _ = brings(repo, "two", NEW)
    await here.rest()
    assert ((await baseline(here, second)) or Baseline("")).sha == before


async def test_that_a_head_may_ship_to_another_branch_makes_its_merge_no_baseline_here(here: Town) -> None:
    repo = kept(here.sandbox, BLOCKING)
    before = repo.tip()
    repo.commit("release", {PATH: rules(licenses={"deny": ["MIT"]})})
    first, sha = brings(repo, "one", DENIED)
    await here.rest()
    repo.open_pull("Release", "one", "release")
    await here.rest()
    assert here.conclusions(repo, sha)[DECISION] == "failure"
    merged = repo.merge(first)
    repo.report_check(sha, "again")
    await here.rest()
    second, _ = brings(repo, "two", DENIED.replace("3.0.3", "3.0.4"))
    await here.rest()
    assert merged == repo.tip()
    assert ((await baseline(here, second)) or Baseline("")).sha == before


async def test_a_commit_is_asked_about_once_while_its_word_stands(here: Town) -> None:
    repo = kept(here.sandbox)
    tip = repo.tip()
    for branch in ("one", "two"):
        brings(repo, branch)
        await here.rest()
    assert asked(here, tip) == 1


async def test_a_change_that_leaves_the_bill_alone_looks_for_no_baseline(here: Town) -> None:
    repo = kept(here.sandbox)
    repo.commit("fix", {"a.py": "x = 2\n"})
    number = repo.open_pull("Correct x", "fix")
    await here.rest()
    found = await pair(here, number)
    assert found.baseline is None
    assert asked(here, repo.tip()) == 0
    assert (await facts(here, number)).manifests == ()


async def test_a_bill_that_is_new_has_no_baseline_and_nobody_walks_for_it(here: Town) -> None:
    repo = kept(here.sandbox, **{FILE: "", "a.py": "x = 1\n"})
    repo.commit("main", {FILE: None})
    number, _ = brings(repo)
    await here.rest()
    found = await pair(here, number)
    assert (found.base, found.baseline) == (None, None)
    assert not [call for call in here.calls() if call.endswith("/commits")]
