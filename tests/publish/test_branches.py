"""Branches of ours: what they are made of, how they are brought forward, and whose commits are never lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.model import DeleteBranch, Performed, Stop, Stopped, WriteBranch, Written
from app.store.effects import Effects
from tests.publish.kinds import branch, move
from tests.publish.scene import Crash, Dying, Meddled, Scene

pytestmark = pytest.mark.slow


async def test_a_branch_holds_what_its_edits_say_and_has_its_author_and_date(here: Scene) -> None:
    await here.perform(branch(here))
    objects, tip = here.repo.state.objects, here.repo.tip("maestro/rollback-1")
    commit = objects.commit(tip)
    files = objects.files(commit.tree)
    content = {path: objects.blob(entry.sha) for path, entry in files.items() if not path.startswith(".github")}
    assert content == {
        "README.md": b"# shop\n",
        "NOTES.md": b"rolled back\n",
        "logo.bin": b"\xff\x00\xfe",
        "src/pay.py": b"paid = False\n",
    }
    assert files["logo.bin"].mode == "100755"
    assert (commit.parents, commit.message) == ((here.head,), "Roll back #1")
    assert commit.author == commit.committer
    assert (commit.author.name, commit.author.at) == ("Maestro", 1_800_000_000)


async def test_the_same_commit_is_made_by_a_worker_that_remembers_nothing(here: Scene) -> None:
    action = branch(here)
    (first,) = await here.perform(action)
    await here.forget()
    here.sandbox.advance(300)
    (second,) = await here.perform(action)
    assert first == second == Performed(action, sha=here.repo.tip(action.branch))
    assert len(here.pushes(action.branch)) == 1


async def test_a_branch_of_that_name_at_another_commit_stops_us_and_is_named(here: Scene) -> None:
    theirs = here.repo.commit("maestro/rollback-1", {"other.txt": "\n"})
    action = branch(here)
    assert await here.perform(action) == (Stopped(action, Stop.TAKEN, theirs),)
    assert here.repo.tip("maestro/rollback-1") == theirs


def other(scene: Scene) -> WriteBranch:
    """The same branch with other content, on a base that moved on."""
    parent = scene.repo.commit("main", {"README.md": "# shop, with news\n"})
    return replace(branch(scene), parent=parent, edits=(Written("NOTES.md", b"rolled back again\n"),))


async def test_a_branch_of_ours_is_brought_forward_and_holds_nothing_but_its_edits(here: Scene) -> None:
    (made,) = await here.perform(branch(here))
    assert isinstance(made, Performed)
    action = other(here)
    for _ in range(2):
        (moved,) = await here.perform(action)
    objects, tip = here.repo.state.objects, here.repo.tip(action.branch)
    assert moved == Performed(action, sha=tip)
    commit, base = objects.commit(tip), objects.commit(action.parent)
    assert commit.parents == (made.sha, action.parent)
    added = objects.files(commit.tree).keys() - objects.files(base.tree).keys()
    assert (added, len(here.pushes(action.branch))) == ({"NOTES.md"}, 2)


@pytest.mark.parametrize("step", [1, 2])
async def test_killed_while_it_is_brought_forward_it_goes_on_from_there(here: Scene, step: int) -> None:
    """Also when its base has moved on again before the next worker comes."""
    await here.perform(branch(here))
    with pytest.raises(Crash):
        await here.perform(other(here), effects=Dying(here.engine, record_left=[step]))
    action = other(here)
    (moved,) = await here.perform(action)
    assert moved == Performed(action, sha=here.repo.tip(action.branch))
    assert here.repo.state.objects.commit(here.repo.tip(action.branch)).parents[1] == action.parent


@pytest.mark.parametrize("dying", ["begin_left", "record_left"])
async def test_killed_while_it_is_made_it_is_known_again_though_its_base_moved(here: Scene, dying: str) -> None:
    with pytest.raises(Crash):
        await here.perform(branch(here), effects=Dying(here.engine, **{dying: [1]}))
    action = other(here)
    (moved,) = await here.perform(action)
    assert moved == Performed(action, sha=here.repo.tip(action.branch))
    assert await Effects(here.engine).in_doubt() == []


async def test_a_branch_that_somebody_has_a_commit_on_is_theirs(here: Scene) -> None:
    await here.perform(branch(here))
    theirs = here.repo.commit("maestro/rollback-1", {"other.txt": "\n"})
    action = other(here)
    assert await here.perform(action) == (Stopped(action, Stop.TAKEN, theirs),)
    assert here.repo.tip(action.branch) == theirs


async def test_a_push_that_comes_while_we_look_is_not_lost(here: Scene) -> None:
    await here.perform(branch(here))
    action = other(here)
    theirs: list[str] = []
    push = lambda: theirs.append(here.repo.commit(action.branch, {"other.txt": "\n"}))  # noqa: E731
    (outcome,) = await here.perform(action, effects=Meddled(here.engine, "kept", push))
    assert outcome == Stopped(action, Stop.TAKEN, theirs[0])
    assert here.repo.tip(action.branch) == theirs[0]


# --- the end of a branch ----------------------------------------------------------------------------------------


async def test_a_branch_of_ours_is_cleared_away_once(here: Scene) -> None:
    await here.perform(branch(here))
    action = DeleteBranch("maestro/rollback-1")
    for _ in range(2):
        assert await here.perform(action) == (Performed(action),)
    assert f"heads/{action.branch}" not in here.repo.state.refs
    assert len(here.pushes(action.branch)) == 2, "made, and deleted"


async def test_a_branch_that_was_made_and_never_noted_is_cleared_away_too(here: Scene) -> None:
    with pytest.raises(Crash):
        await here.perform(branch(here), effects=Dying(here.engine, record_left=[1]))
    await here.perform(DeleteBranch("maestro/rollback-1"))
    assert "heads/maestro/rollback-1" not in here.repo.state.refs


@pytest.mark.parametrize("use", ["a commit", "a pull request from it", "a pull request to it", "never ours"])
async def test_a_branch_that_somebody_uses_stays(here: Scene, use: str) -> None:
    name = "maestro/rollback-1"
    if use != "never ours":
        await here.perform(branch(here))
    if use in {"a commit", "never ours"}:
        here.repo.commit(name, {"other.txt": "\n"})
    elif use == "a pull request from it":
        here.repo.open_pull("By hand", name)
    else:
        here.repo.commit("upon", {"upon.txt": "\n"}, parent=here.repo.tip(name))
        here.repo.open_pull("Upon it", "upon", name)
    (outcome,) = await here.perform(DeleteBranch(name))
    assert isinstance(outcome, Stopped)
    assert outcome.why is Stop.TAKEN
    assert f"heads/{name}" in here.repo.state.refs


async def test_a_branch_that_somebody_deleted_is_not_made_again(here: Scene) -> None:
    action = branch(here)
    await here.perform(action)
    here.repo.delete_branch(action.branch)
    await here.perform(action)
    assert f"heads/{action.branch}" not in here.repo.state.refs


async def test_a_branch_that_went_elsewhere_is_not_moved(here: Scene) -> None:
    action = move(here)
    theirs = here.repo.commit("release", {"release.txt": "3\n"})
    assert await here.perform(action) == (Stopped(action, Stop.TAKEN, theirs),)
    assert here.repo.tip("release") == theirs


async def test_a_branch_that_goes_elsewhere_while_we_look_keeps_its_commits(here: Scene) -> None:
    action = move(here)
    faster = Meddled(here.engine, "begun", lambda: here.repo.commit("release", {"release.txt": "3\n"}))
    outcome = await here.perform(action, effects=faster)
    assert outcome == (Stopped(action, Stop.TAKEN, here.repo.tip("release")),)
    assert here.repo.tip("release") != action.sha


async def test_a_branch_never_loses_a_commit(here: Scene) -> None:
    back = replace(move(here), sha=here.repo.tip())
    here.repo.commit("main", {"more.txt": "\n"})
    action = replace(back, sha=here.repo.tip())
    (outcome,) = await here.perform(action)
    assert isinstance(outcome, Stopped)
    assert outcome.why is Stop.REFUSED
    assert "fast forward" in outcome.detail
    assert here.repo.tip("release") == action.expected
