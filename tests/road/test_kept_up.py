"""A fix while its target moves on: built anew where it no longer merges, left to people where they worked on it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.github.sandbox import Repo
from app.github.sandbox.git import FILE, Entry, Signature
from app.github.sandbox.pull_shapes import mergeable
from app.github.sandbox.state import Pull
from app.model import FixState
from app.publish.branch import WORKFLOWS
from checks.sbom.repair import MOST
from tests.checks.sbom.supply import advisory, bill, package_json
from tests.publish.scene import Crash, Dying
from tests.road.test_fixes import BEFORE, LATER, MANIFEST, QS, brings, quiet, text
from tests.road.workshop import Workshop, published, shop, workshop

pytestmark = pytest.mark.slow

NEWS = package_json({"left-pad": "^1.0.0"}).replace('"name"', '"private": true,\n  "name"')
LEFT = "This branch has commits that are not Maestro's."


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as opened:
        opened.osv.publish(published(QS))
        yield opened


async def proposed(here: Workshop) -> tuple[Repo, Pull]:
    """A default branch with a package to mend, and the fix that is open for it."""
    repo = quiet(here)
    here.osv.publish(published(LATER))
    await here.look()
    (fix,) = here.proposed(repo)
    return repo, fix


async def test_a_fix_that_no_longer_merges_is_built_anew(here: Workshop) -> None:
    repo, fix = await proposed(here)
    first = repo.tip(fix.head_ref)
    tip = repo.commit("main", {"package.json": NEWS, "README.md": "News\n"})
    assert not mergeable(repo.state, fix)
    for _ in range(2):
        await here.look()
    assert mergeable(repo.state, fix)
    assert (fix.state, here.proposed(repo)) == ("open", [fix])
    assert text(repo, fix.head_ref) == NEWS.replace("^1.0.0", "^1.0.1")
    assert text(repo, fix.head_ref, "README.md") == "News\n"
    assert repo.state.objects.commit(repo.tip(fix.head_ref)).parents == (first, tip), "no commit is lost"
    assert len(repo.state.workflow_runs) == 2, "lock files are made anew once more"
    (kept,) = await here.fixes()
    assert (kept.state, kept.parent) == (FixState.OPEN, tip)


async def test_while_it_merges_it_is_left_as_it_is(here: Workshop) -> None:
    repo, fix = await proposed(here)
    first, written = repo.tip(fix.head_ref), len(here.sandbox.writes)
    repo.commit("main", {"README.md": "News\n"})
    await here.look()
    assert (repo.tip(fix.head_ref), len(here.sandbox.writes)) == (first, written)


async def test_on_a_pull_request_s_own_branch_it_is_built_anew_too(here: Workshop) -> None:
    repo = shop(here.sandbox, BEFORE, package_json({"left-pad": "1.0.0"}))
    number = brings(repo)
    await here.evaluate(repo, number)
    (fix,) = here.proposed(repo)
    repo.commit("pay", {"package.json": MANIFEST.replace("4.0.0", "4.0.1")})
    await here.evaluate(repo, number)
    assert mergeable(repo.state, fix)
    said = json.loads(text(repo, fix.head_ref))
    assert (said["dependencies"]["express"], said["overrides"]) == ("4.0.1", {"qs": "6.5.3"})


async def test_what_is_declared_in_another_place_too_is_mended_there_too(here: Workshop) -> None:
    """It still merges; but it would not mend what it is for any more."""
    repo, fix = await proposed(here)
    repo.commit("main", {"web/package.json": package_json({"left-pad": "^1.0.0"})})
    assert mergeable(repo.state, fix)
    for _ in range(2):
        await here.look()
    for path in ("package.json", "web/package.json"):
        assert text(repo, fix.head_ref, path) == package_json({"left-pad": "^1.0.1"})
    assert "`web/package.json`, line" in (fix.body or "")


async def test_what_people_worked_on_is_theirs_and_makes_room(here: Workshop) -> None:
    many = {f"p{n}": "1.0.0" for n in range(MOST)}
    packages = {"left-pad": "^1.0.0", **many}
    repo = shop(here.sandbox, bill({"left-pad": "1.0.0", **many}), package_json(packages))
    here.osv.publish(published(LATER))
    await here.look()
    (fix,) = here.proposed(repo)
    for name in many:
        here.osv.publish(published(advisory(name, "1.0.1", identity=f"GHSA-{name}{name}-aaaa-bbbb")))
    here.skipped += 86_400
    await here.look()
    assert len(here.proposed(repo)) == MOST

    theirs = repo.commit(fix.head_ref, {"README.md": "Mine\n"})
    repo.commit("main", {"package.json": package_json({**packages, "other": "1.0.0"})})
    for _ in range(2):
        await here.look()
    assert repo.tip(fix.head_ref) == theirs
    assert LEFT in (fix.body or "")
    assert [one.state for one in await here.fixes()] == [FixState.LEFT, *[FixState.OPEN] * MOST]
    assert len(here.proposed(repo)) == MOST + 1


def remade(repo: Repo, branch: str, files: dict[str, str], email: str = WORKFLOWS) -> str:
    """The workflow pushes what it made anew."""
    objects, tip = repo.state.objects, repo.tip(branch)
    entries = {path: Entry(FILE, objects.add_blob(said.encode())) for path, said in files.items()}
    tree = objects.with_files(objects.commit(tip).tree, entries)
    sha = objects.add_commit(tree, [tip], "Make the lock files anew", Signature("github-actions[bot]", email, 0))
    repo.force_push(branch, sha)
    return sha


async def test_lock_files_that_the_workflow_made_are_no_reason_to_leave_it(here: Workshop) -> None:
    repo, fix = await proposed(here)
    locked = remade(repo, fix.head_ref, {"web/package-lock.json": "{}\n"})
    tip = repo.commit("main", {"package.json": NEWS})
    await here.look()
    assert mergeable(repo.state, fix)
    assert repo.state.objects.commit(repo.tip(fix.head_ref)).parents == (locked, tip)
    assert len(repo.state.workflow_runs) == 2
    remade(repo, fix.head_ref, {"package-lock.json": "{}\n"})
    repo.commit("main", {"sbom.json": bill({"left-pad": "1.0.1"})})
    await here.look()
    assert (fix.state, f"heads/{fix.head_ref}" in repo.state.refs) == ("closed", False)


@pytest.mark.parametrize(
    ("files", "email"),
    [
        ({"package-lock.json": "{}\n"}, "alice@users.noreply.github.com"),
        ({"package-lock.json": "{}\n", "index.js": "1\n"}, WORKFLOWS),
    ],
)
async def test_what_else_there_is_on_it_is_somebody_s(here: Workshop, files: dict[str, str], email: str) -> None:
    repo, fix = await proposed(here)
    theirs = remade(repo, fix.head_ref, files, email)
    repo.commit("main", {"package.json": NEWS})
    await here.look()
    assert repo.tip(fix.head_ref) == theirs
    assert [one.state for one in await here.fixes()] == [FixState.LEFT]


async def test_what_people_brought_up_to_date_is_ours_to_speak_of_again(here: Workshop) -> None:
    repo, fix = await proposed(here)
    repo.commit(fix.head_ref, {"README.md": "Mine\n"})
    repo.commit("main", {"package.json": NEWS})
    await here.look()
    assert LEFT in (fix.body or "")
    files = {"package.json": NEWS.replace("^1.0.0", "^1.0.1")}
    merged = repo.draft_commit(files, parent=repo.tip())
    repo.force_push(fix.head_ref, merged)
    await here.look()
    assert LEFT not in (fix.body or "")
    assert [one.state for one in await here.fixes()] == [FixState.OPEN]
    assert repo.tip(fix.head_ref) == merged


@pytest.mark.parametrize("end", ["merged", "closed", "moot"])
async def test_what_was_left_to_people_ends_like_any_other(here: Workshop, end: str) -> None:
    repo, fix = await proposed(here)
    repo.commit(fix.head_ref, {"README.md": "Mine\n"})
    repo.commit("main", {"package.json": NEWS})
    await here.look()
    if end == "moot":
        repo.commit("main", {"sbom.json": bill({"left-pad": "1.0.1"})})
    elif end == "closed":
        repo.close(fix.number)
        await here.hear_of_the_end(repo, fix.number)
    else:
        mended = NEWS.replace("^1.0.0", "^1.0.1")
        repo.force_push(fix.head_ref, repo.draft_commit({"package.json": mended}, parent=repo.tip()))
        repo.merge(fix.number)
        await here.hear_of_the_end(repo, fix.number)
    await here.look()
    assert [one.state.value for one in await here.fixes()] == [end]
    assert fix.state == "closed"


@pytest.mark.parametrize("step", [1, 2, 3])
async def test_killed_on_the_way_it_is_built_anew_once(here: Workshop, step: int) -> None:
    repo, fix = await proposed(here)
    repo.commit("main", {"package.json": NEWS})
    with pytest.raises(Crash):
        await here.look(Dying(here.database, record_left=[step]))
    for _ in range(2):
        await here.look()
    assert mergeable(repo.state, fix)
    assert text(repo, fix.head_ref) == NEWS.replace("^1.0.0", "^1.0.1")
    assert len(repo.state.workflow_runs) == 2
    commits = repo.state.objects.missing_from(repo.tip(), repo.tip(fix.head_ref))
    assert len(commits) == 2, "the first, and the one that brings it forward"


async def test_what_nothing_can_be_planned_for_any_more_makes_room(here: Workshop) -> None:
    repo, fix = await proposed(here)
    repo.commit("main", {"package.json": package_json({"left-pad": "latest"})})
    for _ in range(2):
        await here.look()
    assert fix.state == "closed"
    (said,) = repo.comments(fix.number)
    assert "no edit is known that would mend it as it is there now" in said.body
    assert [one.state for one in await here.fixes()] == [FixState.MOOT]
