"""`/maestro canary ...` from the comment to the experiment, over real HTTP: who may, on which head, and once."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update

from app.engine.jobs import Job
from app.github.sandbox import Repo
from app.github.sandbox.faults import ServerError
from app.model import KeptExperiment, Kind, Progress, Surface, Trigger
from app.store.asked_tables import commands
from tests.road.stories import change, shop
from tests.road.test_experiments import RULES, shows
from tests.road.town import Town
from tests.waiting import until

pytestmark = pytest.mark.slow

PATIENT = RULES.replace("tick_seconds: 1", "tick_seconds: 60")
TWO = PATIENT.replace("[canary]", "[canary, blue]")


async def asked(here: Town, repo: Repo, number: int, body: str, login: str = "alice") -> tuple[set[str], list[str]]:
    """What a comment gets: reactions, and replies."""
    before = len(repo.comments(number))
    comment = repo.comment(number, login, body)
    (one,) = (one for one in repo.comments(number) if one.id == comment)

    async def answered() -> bool:
        return any(reaction.content in {"rocket", "confused"} for reaction in one.reactions)

    await until(answered, 20)  # where an experiment runs, its timer never rests
    replies = [said.body for said in repo.comments(number)[before:] if said.id != comment]
    return {reaction.content for reaction in one.reactions}, replies


async def judged(here: Town, rules: str = PATIENT) -> tuple[Repo, int, str]:
    """A pull request with its card."""
    repo = shop(here.sandbox, rules)
    number, sha = change(repo)
    await here.rest()
    return repo, number, sha


async def experiments(here: Town, sha: str) -> list[KeptExperiment]:
    return await here.maestro.stores.experiments.of("octo/shop", sha)


async def told(here: Town, kind: str) -> list[dict[str, Any]]:
    """The log's entries of a kind."""
    every = [json.loads(entry) async for batch in here.maestro.stores.provenance.rows() for _, entry, _ in batch]
    return [one for one in every if one["kind"] == kind]


async def test_a_writer_begins_and_ends_the_experiment_of_the_head_and_the_log_names_them(here: Town) -> None:
    repo, number, sha = await judged(here)
    assert await asked(here, repo, number, "/maestro canary start") == ({"eyes", "rocket"}, [])
    (begun,) = await experiments(here, sha)
    assert (begun.canary.environment, begun.canary.number, begun.ended) == ("canary", number, False)
    await shows(here, repo, sha, experiment=None, decision=None)
    assert await asked(here, repo, number, f"/maestro canary stop canary {sha[:7]}") == ({"eyes", "rocket"}, [])
    (ended,) = await experiments(here, sha)
    assert (ended.status, ended.reason) == ("inconclusive", "stopped")
    await shows(here, repo, sha, experiment="action_required", decision="action_required")
    entries = await told(here, "experiment")
    assert [(one["who"], one["role"], one["surface"]) for one in entries] == [("alice", "write", "comment")] * 2


async def test_neither_a_reader_nor_a_stranger_begins_one(here: Town) -> None:
    repo, number, sha = await judged(here)
    for login, role in (("carol", "read"), ("mallory", "read")):  # the repository is public: everybody may read it
        reactions, (reply,) = await asked(here, repo, number, f"/maestro canary start {sha[:7]}", login)
        assert reactions == {"eyes", "confused"}
        assert f"takes the role `write` or more in this repository, and you have `{role}`" in reply
    assert await experiments(here, sha) == []


async def test_the_author_of_a_fork_does_not_and_a_writer_may(here: Town) -> None:
    repo = shop(here.sandbox, PATIENT)
    fork = repo.fork("mallory")
    sha = fork.commit("topic", {"a.py": "x = 2\n"}, author="mallory")
    number = repo.open_pull("Mine", "mallory:topic", author="mallory")
    await here.rest()
    reactions, _ = await asked(here, repo, number, "/maestro canary start", "mallory")
    assert (reactions, await experiments(here, sha)) == ({"eyes", "confused"}, [])
    reactions, _ = await asked(here, repo, number, "/maestro canary start")
    assert (reactions, len(await experiments(here, sha))) == ({"eyes", "rocket"}, 1)


async def test_a_role_that_github_does_not_tell_is_none_and_so_is_one_of_yesterday(here: Town) -> None:
    repo, number, sha = await judged(here)
    await asked(here, repo, number, "/maestro canary start")
    here.sandbox.faults.add(ServerError(500), path="*/permission", times=10)
    reactions, (reply,) = await asked(here, repo, number, "/maestro canary stop")
    assert reactions == {"eyes", "confused"}
    assert "GitHub does not say which you have" in reply
    here.sandbox.faults.clear()
    repo.state.collaborators["alice"] = "read"
    reactions, _ = await asked(here, repo, number, "/maestro canary stop")
    (kept,) = await experiments(here, sha)
    assert (reactions, kept.ended) == ({"eyes", "confused"}, False)


async def test_a_head_that_moved_is_not_acted_on_and_gets_its_card(here: Town) -> None:
    repo, number, sha = await judged(here)
    newer = repo.commit("fix", {"a.py": "x = 3\n"})
    reactions, (reply,) = await asked(here, repo, number, f"/maestro canary start {sha[:7]}")
    assert reactions == {"eyes", "confused"}
    assert f"the head is `{newer[:7]}`, not `{sha[:7]}`" in reply
    assert [await experiments(here, one) for one in (sha, newer)] == [[], []]
    await shows(here, repo, newer, experiment="action_required", decision="action_required")


async def test_a_command_that_was_written_before_the_head_was_judged_was_not_written_about_it(here: Town) -> None:
    repo, number, sha = await judged(here)
    comment = repo.comment(number, "carol", "Thanks!")
    early = spoken(number, comment, "/maestro canary start", at=1.0)
    await here.maestro.engine.put([Job("early", early)])
    await here.rest()
    assert "has moved to" in repo.comments(number)[-1].body
    assert await experiments(here, sha) == []


async def test_of_several_environments_one_must_be_named_and_a_canary_it_must_be(here: Town) -> None:
    repo, number, sha = await judged(here, TWO)
    _, (reply,) = await asked(here, repo, number, "/maestro canary start")
    assert "name the environment: `canary`, `blue`" in reply
    _, (reply,) = await asked(here, repo, number, "/maestro canary start production")
    assert "`production` is no canary" in reply
    assert await asked(here, repo, number, "/maestro canary start BLUE") == ({"eyes", "rocket"}, [])
    (begun,) = await experiments(here, sha)
    assert begun.canary.environment == "blue"
    here.sandbox.advance(5)
    _, (reply,) = await asked(here, repo, number, "/maestro canary start blue")
    assert "has begun before, and is at `waiting_data`" in reply
    _, (reply,) = await asked(here, repo, number, "/maestro canary stop canary")
    assert "none runs" in reply


async def test_run_once_more_after_a_kill_it_finds_what_it_did(here: Town) -> None:
    repo, number, sha = await judged(here)
    for verb in ("start", "stop"):
        assert await asked(here, repo, number, f"/maestro canary {verb}") == ({"eyes", "rocket"}, [])
        one = repo.comments(number)[-1]
        again = spoken(number, one.id, one.body, one.created_at)
        await forget_the_end(here)
        said_before = len(repo.comments(number))
        before = len(here.sandbox.requests)
        await here.maestro.engine.put([Job(f"again {verb}", again)])
        await until(partial(asks_for_the_role, here, before), 20)
        assert await asked(here, repo, number, "/maestro help canary") != (set(), []), "the lane has gone on"
        assert {reaction.content for reaction in one.reactions} == {"eyes", "rocket"}
        assert len(repo.comments(number)) == said_before + 2
    assert len(await experiments(here, sha)) == 1


def spoken(number: int, comment: int, text: str, at: float) -> Trigger:
    """The trigger of a comment of alice's."""
    asked = Trigger(Kind.COMMAND, "octo/shop", number=number, comment_id=comment, text=text, at=at, who="alice")
    return replace(asked, surface=Surface.COMMENT)


async def forget_the_end(here: Town) -> None:
    """As if the process had been killed after the deed, before it was noted."""
    async with here.maestro.stores.main.begin() as connection:
        await connection.execute(update(commands).values(state=Progress.RUNNING, ended_at=None))


async def asks_for_the_role(here: Town, since: int) -> bool:
    return any(call.endswith("/permission") for call in here.calls(since))


async def test_what_can_be_foreseen_of_a_slow_rollback_is_said(here: Town) -> None:
    repo, number, sha = await judged(here, PATIENT.replace("watermark_seconds: 2", "watermark_seconds: 600"))
    reactions, (reply,) = await asked(here, repo, number, "/maestro canary start")
    assert reactions == {"eyes", "rocket"}
    assert "a rollback within 7 min is not possible" in reply
    assert len(await experiments(here, sha)) == 1


async def test_a_slip_of_the_pen_is_told_the_nearest_verb(here: Town) -> None:
    repo, number, _ = await judged(here)
    for body, nearest in (("canary strat", "canary start"), ("canary", "canary st"), ("canari stop", "canary st")):
        reactions, (reply,) = await asked(here, repo, number, f"/maestro {body}")
        assert reactions == {"eyes", "confused"}
        assert f"did you mean `/maestro {nearest}" in reply


async def test_a_deployment_that_is_told_later_belongs_to_the_experiment_that_was_begun_by_hand(here: Town) -> None:
    repo, number, sha = await judged(here)
    await asked(here, repo, number, "/maestro canary start")
    deployment = repo.deploy(sha, "canary")
    repo.report_deployment(deployment.id, "success")

    async def known() -> bool:
        (kept,) = await experiments(here, sha)
        return kept.canary.deployment == deployment.id

    await until(known, 20)


@pytest.mark.parametrize(
    "said", ["remediate 91799zz", "remediate please", "canary start canary 91799zz", "canary stop canary 91799zz"]
)
async def test_a_word_that_no_verb_takes_keeps_it_from_the_head(here: Town, said: str) -> None:
    repo, number, sha = await judged(here)
    reactions, (reply,) = await asked(here, repo, number, f"/maestro {said}")
    assert reactions == {"eyes", "confused"}
    assert f"`{said.rsplit(maxsplit=1)[-1]}` is no commit and nothing else that" in reply
    assert await experiments(here, sha) == []
