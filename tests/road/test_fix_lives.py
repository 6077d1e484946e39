"""Fixes while people do with them as they please: merges that are lost, other bases, reopening, rules that change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.github.sandbox import Repo
from app.github.sandbox.state import Pull
from app.model import FixState
from tests.checks.sbom.supply import bill, package_json
from tests.road.test_fixes import BEFORE, LATER, MANIFEST, QS, SECOND, brings, deep, quiet, text
from tests.road.workshop import RULES, Workshop, published, shop, workshop

pytestmark = pytest.mark.slow

DAY = 86_400.0
NO_MORE = RULES.replace("fix: {", "fix: {pull_requests: false, ")
MENDED = {"sbom.json": bill({"left-pad": "1.0.1"}), "package.json": package_json({"left-pad": "^1.0.1"})}


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as opened:
        opened.osv.publish(published(QS))
        yield opened


async def for_a_pull(here: Workshop) -> tuple[Repo, int, Pull]:
    """A pull request that brings a critical qs, and the fix of it."""
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    number = brings(repo)
    await here.evaluate(repo, number)
    (fix,) = here.proposed(repo)
    return repo, number, fix


async def for_the_default_branch(here: Workshop) -> tuple[Repo, Pull]:
    """A quiet repository, and the fix of what was published later."""
    repo = quiet(here)
    here.osv.publish(published(LATER))
    await here.look()
    (fix,) = here.proposed(repo)
    return repo, fix


def still_open(here: Workshop, repo: Repo) -> list[int]:
    return [pull.number for pull in here.proposed(repo) if pull.state == "open"]


async def states(here: Workshop) -> list[FixState]:
    return [fix.state for fix in await here.fixes()]


# --- a merge that is lost again ---------------------------------------------------------------------------------


async def test_a_merge_that_a_force_push_lost_is_proposed_anew(here: Workshop) -> None:
    repo, number, fix = await for_a_pull(here)
    before = repo.tip("pay")
    repo.merge(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    await here.evaluate(repo, number)
    assert still_open(here, repo) == [], "it is merged, and the bill is late"
    repo.force_push("pay", repo.draft_commit({"README.md": "Amended\n"}, parent=before))
    for _ in range(2):
        await here.evaluate(repo, number)
    assert text(repo, "pay") == MANIFEST
    assert len(still_open(here, repo)) == 1
    assert await states(here) == [FixState.SUPERSEDED, FixState.OPEN]


async def test_a_merge_that_was_reverted_is_proposed_anew(here: Workshop) -> None:
    repo, fix = await for_the_default_branch(here)
    repo.merge(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    await here.look()
    assert still_open(here, repo) == [], "it is merged, and the bill is late"
    repo.commit("main", {"package.json": package_json({"left-pad": "^1.0.0"})}, message="Revert")
    for _ in range(2):
        await here.look()
    assert len(still_open(here, repo)) == 1
    assert await states(here) == [FixState.SUPERSEDED, FixState.OPEN]


async def test_a_merge_into_another_branch_does_not_count_here(here: Workshop) -> None:
    repo, number, fix = await for_a_pull(here)
    repo.commit("other", {"README.md": "Other\n"})
    repo.edit(fix.number, base="other")
    repo.merge(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    assert await states(here) == [FixState.MOOT]
    for _ in range(2):
        await here.evaluate(repo, number)
    assert len(still_open(here, repo)) == 1
    assert here.measured == []


# --- rules that ask for no fixes any more -----------------------------------------------------------------------


async def test_switched_off_what_there_is_still_ends_as_moot(here: Workshop) -> None:
    repo, number, fix = await for_a_pull(here)
    repo.commit("main", {".github/maestro.yml": NO_MORE})
    repo.commit("pay", {"sbom.json": deep("6.5.3")})
    await here.evaluate(repo, number)
    assert (fix.state, await states(here)) == ("closed", [FixState.MOOT])


async def test_switched_off_nothing_new_is_proposed(here: Workshop) -> None:
    repo, number, fix = await for_a_pull(here)
    repo.commit("main", {".github/maestro.yml": NO_MORE})
    here.osv.publish(published(SECOND))
    here.skipped += DAY
    await here.evaluate(repo, number)
    assert [pull.number for pull in here.proposed(repo)] == [fix.number]


async def test_switched_off_a_merged_one_is_measured(here: Workshop) -> None:
    repo, fix = await for_the_default_branch(here)
    repo.commit("main", {".github/maestro.yml": NO_MORE})
    repo.merge(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    repo.commit("main", {"sbom.json": bill({"left-pad": "1.0.1"})})
    await here.look()
    (kept,) = await here.fixes()
    assert (kept.state, kept.green_at is not None) == (FixState.MERGED, True)


# --- what a webhook would have told -----------------------------------------------------------------------------


async def test_a_person_closed_it_and_nobody_told_us_on_a_pull_request(here: Workshop) -> None:
    repo, number, fix = await for_a_pull(here)
    repo.close(fix.number)
    await here.evaluate(repo, number)
    assert await states(here) == [FixState.CLOSED]
    assert len(here.proposed(repo)) == 1


async def test_a_person_closed_it_and_nobody_told_us_on_the_default_branch(here: Workshop) -> None:
    repo, fix = await for_the_default_branch(here)
    repo.close(fix.number)
    await here.look()
    assert await states(here) == [FixState.CLOSED]
    assert len(here.proposed(repo)) == 1


async def test_a_persons_no_outlives_another_version(here: Workshop) -> None:
    repo, number, fix = await for_a_pull(here)
    repo.close(fix.number)
    here.osv.publish(published(SECOND))
    here.skipped += DAY
    await here.evaluate(repo, number)
    here.osv.records.pop("GHSA-dddd-eeee-ffff")
    here.skipped += DAY
    for _ in range(2):
        await here.evaluate(repo, number)
    again = [pull for pull in here.proposed(repo) if pull.title.endswith("6.5.3") and pull.number != fix.number]
    assert again == []


async def test_one_that_a_person_sent_elsewhere_is_theirs(here: Workshop) -> None:
    repo, number, fix = await for_a_pull(here)
    repo.commit("other", {"README.md": "Other\n"}, parent=repo.tip("pay"))
    repo.edit(fix.number, base="other")
    repo.commit("pay", {"sbom.json": deep("6.5.3")})
    for _ in range(2):
        await here.evaluate(repo, number)
    assert (fix.state, await states(here)) == ("open", [FixState.LEFT])


# --- reopened ---------------------------------------------------------------------------------------------------


async def test_reopened_it_is_kept_up_again_and_ends_as_moot(here: Workshop) -> None:
    repo, fix = await for_the_default_branch(here)
    repo.close(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    repo.reopen(fix.number)
    await here.hear_of_the_reopening(repo, fix.number)
    assert await states(here) == [FixState.OPEN]
    repo.commit("main", MENDED)
    await here.look()
    assert (fix.state, await states(here)) == ("closed", [FixState.MOOT])


async def test_reopened_and_merged_it_is_measured(here: Workshop) -> None:
    repo, fix = await for_the_default_branch(here)
    repo.close(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    repo.reopen(fix.number)
    await here.hear_of_the_reopening(repo, fix.number)
    repo.merge(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    repo.commit("main", {"sbom.json": bill({"left-pad": "1.0.1"})})
    await here.look()
    (kept,) = await here.fixes()
    assert (kept.state, kept.green_at is not None, len(here.measured)) == (FixState.MERGED, True, 1)


async def test_reopened_and_nobody_told_us_a_look_finds_it(here: Workshop) -> None:
    repo, fix = await for_the_default_branch(here)
    repo.close(fix.number)
    await here.hear_of_the_end(repo, fix.number)
    repo.reopen(fix.number)
    await here.look()
    assert (await states(here), still_open(here, repo)) == ([FixState.OPEN], [fix.number])


async def test_a_moot_one_that_was_reopened_is_not_doubled(here: Workshop) -> None:
    repo, number, fix = await for_a_pull(here)
    repo.commit(fix.head_ref, {"README.md": "Mine\n"})
    repo.commit("pay", {"sbom.json": deep("6.5.3")})
    await here.evaluate(repo, number)
    assert fix.state == "closed"
    repo.reopen(fix.number)
    repo.commit("pay", {"sbom.json": deep("6.5.1")})
    for _ in range(2):
        await here.evaluate(repo, number)
    assert still_open(here, repo) == [fix.number]


# --- the default branch is renamed ------------------------------------------------------------------------------


async def test_the_fix_of_a_renamed_default_branch_goes_with_it(here: Workshop) -> None:
    repo, fix = await for_the_default_branch(here)
    state = repo.state
    state.refs["heads/trunk"] = state.refs.pop("heads/main")  # GitHub sends open pull requests to the new name
    state.default_branch = fix.base_ref = "trunk"
    for _ in range(2):
        await here.look()
    assert still_open(here, repo) == [fix.number]
    assert [(one.state, one.target) for one in await here.fixes()] == [(FixState.OPEN, "trunk")]
