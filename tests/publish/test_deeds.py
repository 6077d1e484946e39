"""Branches, pull requests, workflow runs and deployments: what they are made of, and what stops them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from app.github.errors import Unavailable
from app.github.sandbox.faults import TokenExpired
from app.model import (
    CARD_MARKER,
    REPLY_MARKER,
    DeleteBranch,
    OpenPullRequest,
    Performed,
    React,
    Stop,
    Stopped,
    WriteBranch,
    Written,
)
from app.store.chain import ProvenanceEntry
from app.store.effects import Effect, Effects
from tests.publish.scene import (
    KINDS,
    Crash,
    Dying,
    Scene,
    branch,
    card,
    deployment,
    dispatch,
    move,
    pull_request,
    reply,
    status,
    unmarked_dispatch,
)

pytestmark = pytest.mark.slow

DEEDS = pytest.mark.parametrize(
    "name",
    [
        "ref",
        "moved ref",
        "pull request",
        "edited pull request",
        "closed pull request",
        "last word on a pull request",
        "workflow dispatch",
        "deployment status",
        "deployment",
    ],
)


@dataclass(frozen=True, slots=True)
class Meddled(Effects):
    """Effects of a worker during whose work something happens: `when` a key's first part is begun or kept."""

    when: str = ""
    what: Callable[[], object] = lambda: None

    async def begin(self, key: str, digest: str = "") -> bool:
        fresh = await super(Meddled, self).begin(key, digest)
        if self.when == "begun":
            self.what()
        return fresh

    async def record(self, key: str, effect: Effect, entry: ProvenanceEntry | None = None) -> None:
        await super(Meddled, self).record(key, effect, entry)
        if self.when == "kept":
            self.what()


# --- a head that moved ------------------------------------------------------------------------------------------


@DEEDS
async def test_a_deed_decided_on_an_old_head_is_dropped(here: Scene, name: str) -> None:
    kind, action = KINDS[name], KINDS[name].action(here)
    here.repo.commit("feature", {"src/pay.py": "paid = 1\n"})
    assert await here.perform(action) == (Stopped(action, Stop.HEAD_MOVED),)
    assert kind.there(here) == []
    assert await Effects(here.engine).in_doubt() == []


@DEEDS
async def test_the_head_is_looked_at_just_before_each_deed(here: Scene, name: str) -> None:
    kind, action, first = KINDS[name], KINDS[name].action(here), card(here)
    moving = Meddled(here.engine, "kept", lambda: here.repo.commit("feature", {"src/pay.py": "paid = 1\n"}))
    outcomes = await here.perform(first, action, effects=moving)
    assert outcomes == (Performed(first), Stopped(action, Stop.HEAD_MOVED))
    assert kind.there(here) == []


@DEEDS
async def test_a_token_that_is_refused_twice_says_nothing_of_the_deed(here: Scene, name: str) -> None:
    kind, action = KINDS[name], KINDS[name].action(here)
    here.sandbox.faults.add(TokenExpired(), path="/repos/*", times=2)
    with pytest.raises(Unavailable):
        await here.perform(action)
    (outcome,) = await here.perform(action)
    assert isinstance(outcome, Performed)
    assert len(kind.there(here)) == 1


async def test_what_comes_after_a_deed_that_was_stopped_is_left_undone(here: Scene) -> None:
    here.repo.commit("maestro/rollback-1", {"other.txt": "\n"})
    outcomes = await here.perform(branch(here), reply(here))
    assert [type(outcome) for outcome in outcomes] == [Stopped]
    assert here.own_comments(REPLY_MARKER) == []


async def test_a_deed_comes_after_the_merge_too(here: Scene) -> None:
    here.repo.merge(here.number)
    (outcome,) = await here.perform(branch(here))
    assert isinstance(outcome, Performed)


# --- branches ---------------------------------------------------------------------------------------------------


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


# --- pull requests ----------------------------------------------------------------------------------------------


async def test_a_pull_request_of_the_branch_is_taken_for_ours_and_named(here: Scene) -> None:
    action = pull_request(here)
    number = here.repo.open_pull("By hand", "rollback")
    assert await here.perform(action) == (Performed(action, number),)
    assert len(here.repo.state.pulls) == 2


async def test_a_pull_request_that_was_closed_is_not_opened_again(here: Scene) -> None:
    action = pull_request(here)
    (opened,) = await here.perform(action)
    assert isinstance(opened, Performed)
    assert opened.remote is not None
    here.repo.close(opened.remote)
    await here.forget()
    assert await here.perform(action) == (opened,)


async def test_somebody_who_opens_it_while_we_look_is_found(here: Scene) -> None:
    action = pull_request(here)
    faster = Meddled(here.engine, "begun", lambda: here.repo.open_pull("By hand", "rollback"))
    (outcome,) = await here.perform(action, effects=faster)
    assert outcome == Performed(action, 2)


async def test_what_github_refuses_is_told_in_its_words(here: Scene) -> None:
    action = OpenPullRequest("nowhere", "main", "Roll back", "", here.head)
    (outcome,) = await here.perform(action)
    assert isinstance(outcome, Stopped)
    assert (outcome.why, "PullRequest.head: invalid" in outcome.detail) == (Stop.REFUSED, True)


# --- workflow runs ----------------------------------------------------------------------------------------------


async def test_a_run_gets_its_inputs_and_its_mark(here: Scene) -> None:
    (outcome,) = await here.perform(dispatch(here))
    ((number, run),) = here.repo.state.workflow_runs.items()
    assert outcome == Performed(dispatch(here), number)
    assert run.inputs["share"] == "10"
    assert run.title == f"Canary {run.inputs['maestro_id']}"


async def test_another_key_is_another_run(here: Scene) -> None:
    await here.perform(dispatch(here), replace(dispatch(here), key="canary of #1, second try"), unmarked_dispatch(here))
    assert len(here.repo.state.workflow_runs) == 3


async def test_of_two_workers_at_once_one_asks(here: Scene) -> None:
    action = dispatch(here)
    outcomes = await asyncio.gather(*(here.perform(action) for _ in range(5)))
    assert len(here.repo.state.workflow_runs) == 1
    assert {type(outcome) for (outcome,) in outcomes} <= {Performed, Stopped}
    assert isinstance((await here.perform(action))[0], Performed)


async def test_a_dispatch_that_github_refused_may_be_asked_for_again(here: Scene) -> None:
    action = replace(dispatch(here), workflow="later.yml")
    (outcome,) = await here.perform(action)
    assert isinstance(outcome, Stopped)
    assert outcome.why is Stop.REFUSED
    here.repo.commit("main", {".github/workflows/later.yml": "on: workflow_dispatch\n"})
    (outcome,) = await here.perform(action)
    assert isinstance(outcome, Performed)


# --- deployments ------------------------------------------------------------------------------------------------


async def test_a_deployment_is_made_once_for_all_that_is_said_of_it(here: Scene) -> None:
    queued = deployment(here)
    running, done = replace(queued, state="in_progress"), replace(queued, state="success", description="x" * 200)
    for _ in range(2):
        outcomes = await here.perform(queued, running, done)
        assert len({outcome.remote for outcome in outcomes if isinstance(outcome, Performed)}) == 1
        await here.perform(running)  # a worker that was away repeats what others have left behind
    (made,) = [one for one in here.repo.state.deployments.values() if one.environment == "staging"]
    assert [one.state for one in made.statuses] == ["queued", "in_progress", "success"]
    assert len(made.statuses[-1].description) == 140
    assert (made.sha, made.ref) == (here.head, here.head)


async def test_a_status_that_is_shown_already_is_not_repeated(here: Scene) -> None:
    action = status(here)
    words = {"description": action.description, "log_url": action.log_url}
    here.repo.report_deployment(here.deployment, action.state, **words)
    assert await here.perform(action) == (Performed(action, here.deployment),)
    assert len(here.repo.state.deployments[here.deployment].statuses) == 1


async def test_on_another_occasion_the_same_is_said_again(here: Scene) -> None:
    action, failed = status(here), replace(status(here), state="failure", description="no space left")
    for _ in range(2):
        await here.perform(action, failed, replace(action, occasion="second try"))
    states = [one.state for one in here.repo.state.deployments[here.deployment].statuses]
    assert states == ["in_progress", "failure", "in_progress"]


async def test_somebody_else_s_deployment_is_not_ours(here: Scene) -> None:
    theirs = here.repo.deploy(here.head, "staging", payload={"maestro": "canary of #1"})
    (outcome,) = await here.perform(deployment(here))
    assert isinstance(outcome, Performed)
    assert outcome.remote != theirs.id


# --- comments ---------------------------------------------------------------------------------------------------


async def test_somebody_who_writes_our_marker_does_not_get_our_answer(here: Scene) -> None:
    action = reply(here)
    here.repo.comment(here.number, "alice", f"{REPLY_MARKER}{here.comment} -->\nNothing to see here.")
    await Effects(here.engine).begin(f"octo/shop/reply/{here.comment}")
    await here.perform(action)
    assert [one.user.login for one in here.own_comments(REPLY_MARKER)] == ["alice", "maestro[bot]"]


async def test_a_reaction_costs_one_call(here: Scene) -> None:
    for _ in range(3):
        await here.perform(React(here.comment, "eyes"), React(here.comment, "rocket"))
    assert sum(request.path.endswith("/reactions") for request in here.sandbox.requests) == 2


async def test_a_card_is_no_answer(here: Scene) -> None:
    await here.perform(card(here), reply(here))
    assert (len(here.own_comments(CARD_MARKER)), len(here.own_comments(REPLY_MARKER))) == (1, 1)
