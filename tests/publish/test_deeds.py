"""Branches, pull requests, workflow runs and deployments: what they are made of, and what stops them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from app.github.errors import Unavailable
from app.github.sandbox.faults import TokenExpired
from app.model import (
    CARD_MARKER,
    REPLY_MARKER,
    OpenPullRequest,
    Performed,
    React,
    Stop,
    Stopped,
)
from app.store.effects import Effects
from tests.publish.kinds import (
    KINDS,
    branch,
    card,
    deployment,
    dispatch,
    pull_request,
    reply,
    status,
    unmarked_dispatch,
)
from tests.publish.scene import Meddled, Scene

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
        "failed run",
        "failed check",
        "deployment status",
        "deployment",
    ],
)


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
