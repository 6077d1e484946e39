"""`/maestro rollback ...` from the comment to all that it takes back, over real HTTP: each effect once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.engine.jobs import Job
from app.github.sandbox import Repo
from app.github.sandbox.faults import AppliedThenCut
from app.model import KeptCommand, Kind, Progress, Trigger
from tests.road.stories import CONTRACT, change, shop
from tests.road.test_canary_commands import asked
from tests.road.test_commands import clicked, press
from tests.road.test_experiments import FOLLOWED, WORKFLOW, ci, deployed, runs
from tests.road.town import DECISION, Town

pytestmark = pytest.mark.slow

DONE, REFUSED = {"eyes", "rocket"}, {"eyes", "confused"}
PATIENT = FOLLOWED.replace("tick_seconds: 1,", "tick_seconds: 60,").replace(
    "watermark_seconds: 2", "watermark_seconds: 60"
)
EVERYWHERE = CONTRACT + "rollback: {workflow: undo.yml}\n"


def laid(here: Town, rules: str) -> Repo:
    """octo/shop with these rules, and with workflows; max may maintain it."""
    workflows = {f".github/workflows/{name}.yml": WORKFLOW for name in ("promote", "back", "undo")}
    repo = shop(here.sandbox, rules, **workflows)
    repo.state.collaborators["max"] = "maintain"
    return repo


async def said(here: Town, repo: Repo, number: int, sha: str, login: str = "max") -> tuple[set[str], str]:
    """Reactions, and the reply."""
    reactions, replies = await asked(here, repo, number, f"/maestro rollback {sha[:7]}", login)
    return reactions, "\n".join(replies)


async def newest(here: Town, number: int) -> KeptCommand:
    return (await here.maestro.stores.commands.of_pull("octo/shop", number))[0]


def serves(repo: Repo, sha: str, environment: str, *states: str) -> Any:
    """A deployment that says `states`, one after the other."""
    deployment = repo.deploy(sha, environment)
    for state in states or ("success",):
        repo.report_deployment(deployment.id, state)
    return deployment


def last(deployment: Any) -> tuple[str, str]:
    return deployment.statuses[-1].state, deployment.statuses[-1].description


BY_HAND = ("failure", "Rolled back by hand")


async def test_a_running_canary_is_taken_back_and_nothing_promotes_it_afterwards(here: Town) -> None:
    repo, sender = laid(here, PATIENT), await ci(here)
    number, sha, deployment = await deployed(here, repo, sender)
    reactions, reply = await said(here, repo, number, sha)
    assert reactions == DONE
    assert "- `canary`&#58; workflow back.yml: done; deployment status failure: done" in reply
    kept = await sender.kept()
    assert (kept.status, kept.reason, kept.course) == ("inconclusive", "by_hand", "by_hand")
    assert (runs(repo), last(deployment)) == (["back.yml"], BY_HAND)
    await here.rest()
    assert here.conclusions(repo, sha) == {"maestro / experiment": "failure", DECISION: "failure"}
    (card,) = here.cards(repo, number)
    assert "**ROLL BACK**" in card
    assert "canary: Rolled back by hand; done: workflow back.yml, deployment status failure" in card
    one = await newest(here, number)
    assert (one.state, one.before, one.after) == (Progress.DONE, "`canary`: waiting_data", "`canary`: rolled back")
    assert (one.who, one.role) == ("max", "maintain")
    assert await here.maestro.stores.experiments.replayed(kept.id) == kept.state


async def test_one_that_is_deployed_again_after_it_was_taken_back_is_taken_back_by_the_same_workflow(
    here: Town,
) -> None:
    rules = PATIENT + "rollback: {environments: [production], workflow: undo.yml}\n"
    repo, sender = laid(here, rules), await ci(here)
    number, sha, first = await deployed(here, repo, sender)
    await said(here, repo, number, sha)
    assert runs(repo) == ["back.yml"]
    second = serves(repo, sha, "Canary")
    await here.rest()
    assert (await said(here, repo, number, sha))[0] == DONE
    assert "workflow back.yml for `Canary`: done" in (await newest(here, number)).said
    run = list(repo.state.workflow_runs.values())[-1]
    assert (runs(repo), run.inputs["environment"], run.inputs["sha"]) == (["back.yml", "back.yml"], "Canary", sha)
    assert (last(second), (await newest(here, number)).after) == (BY_HAND, "`canary`: rolled back; `Canary`: failure")
    before = written(repo)
    await said(here, repo, number, sha)
    await here.rest()
    assert written(repo) == before
    assert first.statuses[-1].state in {"failure", "inactive"}


async def test_one_that_was_promoted_is_taken_back_too_and_its_proof_stays_what_it_was(here: Town) -> None:
    repo, sender = laid(here, FOLLOWED + "rollback: {workflow: undo.yml}\n"), await ci(here)
    number, sha, deployment = await deployed(here, repo, sender)
    await sender.feed(bad=100)
    await here.rest()
    (production,) = (one for one in repo.state.deployments.values() if one.environment == "production")
    repo.report_deployment(production.id, "success")
    await here.rest()
    reactions, _ = await said(here, repo, number, sha)
    assert reactions == DONE
    kept = await sender.kept()
    assert (kept.status, kept.course) == ("promote", "by_hand")
    assert kept.acted == "workflow back.yml: done; deployment status failure: done"
    assert (last(deployment), last(production)) == (BY_HAND, BY_HAND)
    assert runs(repo) == ["promote.yml", "back.yml", "undo.yml"]
    await here.maestro.engine.put([Job("again", look_at(kept.id))])
    await here.rest()
    assert runs(repo) == ["promote.yml", "back.yml", "undo.yml"], "its gate never promotes it again"
    assert here.conclusions(repo, sha) == {"maestro / experiment": "failure", DECISION: "failure"}
    one = await newest(here, number)
    assert one.before == "`canary`: promote; `production`: success"
    assert one.after == "`canary`: rolled back; `production`: failure"


def look_at(experiment: int) -> Trigger:
    return Trigger(Kind.EXPERIMENT, "octo/shop", experiment=experiment, reason="test")


@pytest.mark.parametrize("named", ["head", "merge commit"])
async def test_a_merged_change_gets_its_revert_by_its_head_or_by_its_merge_commit(here: Town, named: str) -> None:
    repo = laid(here, EVERYWHERE)
    number, sha = change(repo)
    await here.rest()
    merge = repo.merge(number)
    production = serves(repo, merge, "production")
    await here.rest()
    reactions, reply = await said(here, repo, number, sha if named == "head" else merge)
    assert reactions == DONE
    revert = repo.pull(number + 1)
    assert (revert.title, revert.base_ref) == ('Revert "Correct x"', "main")
    assert f"revert pull request #<!-- -->{revert.number}" in reply
    assert "**Rolled back by hand**, by max. This takes back" in (revert.body or "")
    assert (last(production), runs(repo)) == (BY_HAND, ["undo.yml"])


async def test_a_merged_change_whose_canary_runs_gets_one_revert_and_is_told(here: Town) -> None:
    repo, sender = laid(here, PATIENT), await ci(here)
    number, sha, _ = await deployed(here, repo, sender)
    repo.merge(number)
    await here.sandbox.settle()
    assert (await said(here, repo, number, sha))[0] == DONE
    assert repo.pull(number + 1).title == 'Revert "Correct x"'
    assert number + 2 not in repo.state.pulls
    assert "which was rolled back by hand" in repo.state.objects.commit(repo.pull(number + 1).head_sha).message
    (told,) = (one.body for one in repo.comments(number) if "**ROLL BACK**" in one.body and "maestro:told" in one.body)
    assert "**Why:** Rolled back by hand" in told


async def test_what_is_deployed_without_an_experiment_is_marked_where_the_rules_say(here: Town) -> None:
    repo = laid(here, CONTRACT + "rollback: {environments: [Production, staging], workflow: undo.yml}\n")
    number, sha = change(repo)
    older, production = serves(repo, sha, "production"), serves(repo, sha, "production")
    staging, preview = serves(repo, sha, "staging", "success", "inactive"), serves(repo, sha, "preview")
    await here.rest()
    reactions, _ = await said(here, repo, number, sha)
    assert reactions == DONE
    assert last(production) == BY_HAND
    assert [last(one)[0] for one in (older, staging, preview)] == [last(older)[0], "inactive", "success"]
    (run,) = repo.state.workflow_runs.values()
    assert run.path.endswith("undo.yml")
    assert (run.inputs["environment"], run.inputs["sha"]) == ("production", sha)
    assert (await newest(here, number)).after == "`production`: failure"


async def test_where_github_knows_of_no_deployment_the_workflow_is_told_where_the_rules_say(here: Town) -> None:
    repo = laid(here, CONTRACT + "rollback: {environments: [eu, us], workflow: undo.yml, revert: false}\n")
    number, sha = change(repo)
    merge = repo.merge(number)
    await here.rest()
    assert (await said(here, repo, number, sha))[0] == DONE
    asked_for = [(run.inputs["environment"], run.inputs["sha"]) for run in repo.state.workflow_runs.values()]
    assert (asked_for, number + 1 in repo.state.pulls) == ([("eu", merge), ("us", merge)], False)


async def test_with_nothing_there_it_is_refused_with_the_reason(here: Town) -> None:
    repo = laid(here, EVERYWHERE)
    number, sha = change(repo)
    await here.rest()
    reactions, reply = await said(here, repo, number, sha)
    assert reactions == REFUSED
    assert "there is nothing to roll back" in reply
    assert runs(repo) == []


@pytest.mark.parametrize(("login", "role"), [("alice", "write"), ("carol", "read")])
async def test_nobody_below_a_maintainer_rolls_back(here: Town, login: str, role: str) -> None:
    repo = laid(here, EVERYWHERE)
    number, sha = change(repo)
    production = serves(repo, sha, "production")
    await here.rest()
    reactions, reply = await said(here, repo, number, sha, login)
    assert (reactions, f"takes the role `maintain` or more in this repository, and you have `{role}`" in reply) == (
        REFUSED,
        True,
    )
    assert (last(production)[0], runs(repo)) == ("success", [])


async def test_it_names_the_commit_and_that_must_be_the_change(here: Town) -> None:
    repo = laid(here, EVERYWHERE)
    number, sha = change(repo)
    await here.rest()
    for body, why in (("", f"name the commit that it is to act on: `{sha[:7]}`"), ("1234567", "not `1234567`")):
        reactions, (answer,) = await asked(here, repo, number, f"/maestro rollback {body}".strip(), "max")
        assert (reactions, why in answer) == (REFUSED, True)


async def test_asked_twice_it_says_what_was_done_and_does_nothing_more(here: Town) -> None:
    repo, sender = laid(here, PATIENT + "rollback: {workflow: undo.yml}\n"), await ci(here)
    number, sha, canary = await deployed(here, repo, sender)
    merge = repo.merge(number)
    production = serves(repo, merge, "production")
    await here.sandbox.settle()
    await said(here, repo, number, sha)
    await here.rest()
    before = written(repo)
    repo.commit("main", {"later.py": "z = 1\n"})
    reactions, reply = await said(here, repo, number, sha)
    await here.rest()
    assert reactions == DONE
    assert "workflow back.yml" in reply
    assert written(repo) == before
    one = await newest(here, number)
    assert one.said.startswith("rolled back before: ")
    assert one.before == one.after == "`canary`: rolled back; `production`: failure"
    assert [last(canary), last(production)] == [BY_HAND, BY_HAND]


def written(repo: Repo) -> tuple[object, ...]:
    """All that a rollback writes, counted."""
    statuses = [len(one.statuses) for one in repo.state.deployments.values()]
    reverts = {name: sha for name, sha in repo.state.refs.items() if "revert" in name}
    return runs(repo), statuses, sorted(repo.state.pulls), reverts


async def test_what_github_refuses_keeps_nothing_else_and_is_tried_again_when_asked_again(here: Town) -> None:
    repo, sender = shop(here.sandbox, PATIENT), await ci(here)  # back.yml is not there
    repo.state.collaborators["max"] = "maintain"
    number, sha, canary = await deployed(here, repo, sender)
    reactions, _ = await said(here, repo, number, sha)
    assert (reactions, last(canary)) == (REFUSED, BY_HAND)
    command = await newest(here, number)
    assert (command.state, "workflow back.yml: refused by GitHub" in command.said) == (Progress.FAILED, True)
    repo.commit("main", {".github/workflows/back.yml": WORKFLOW})
    assert (await said(here, repo, number, sha))[0] == DONE
    assert (runs(repo), (await sender.kept()).acted) == (
        ["back.yml"],
        "workflow back.yml: done; deployment status failure: done",
    )


async def test_what_no_workflow_puts_back_is_not_marked_as_gone_and_the_command_failed(here: Town) -> None:
    repo = shop(here.sandbox, EVERYWHERE)  # undo.yml is not there
    repo.state.collaborators["max"] = "maintain"
    number, sha = change(repo)
    await here.rest()
    deployment = serves(repo, sha, "production")
    reactions, reply = await said(here, repo, number, sha)
    assert reactions == REFUSED
    assert "was carried out in part only" in reply
    assert "rolled back before" not in reply
    assert last(deployment)[0] == "success"
    command = await newest(here, number)
    assert (command.state, command.before, command.after) == (
        Progress.FAILED,
        "`production`: success",
        "`production`: success",
    )
    repo.commit("main", {".github/workflows/undo.yml": WORKFLOW})
    assert (await said(here, repo, number, sha))[0] == DONE
    assert (runs(repo), last(deployment)) == (["undo.yml"], BY_HAND)


async def test_a_dispatch_whose_answer_was_lost_is_found_and_not_sent_again(here: Town) -> None:
    repo = laid(here, EVERYWHERE)
    number, sha = change(repo)
    production = serves(repo, sha, "production")
    await here.rest()
    here.sandbox.faults.add(AppliedThenCut(), path="*/dispatches")
    assert (await said(here, repo, number, sha))[0] == DONE
    assert (runs(repo), last(production)) == (["undo.yml"], BY_HAND)


async def test_a_button_and_a_click_carry_the_commit_and_nobody_below_a_maintainer_presses_them(here: Town) -> None:
    repo = laid(here, EVERYWHERE)
    number, sha = change(repo)
    production = serves(repo, sha, "production")
    await here.rest()
    press(repo, sha, "rollback", "alice")
    await here.rest()
    assert ((await newest(here, number)).state, last(production)[0]) == (Progress.REFUSED, "success")
    press(repo, sha, "rollback", "max")
    await here.rest()
    assert ((await newest(here, number)).state, last(production), runs(repo)) == (Progress.DONE, BY_HAND, ["undo.yml"])
    repo.merge(number)
    await here.rest()
    kept = await clicked(here, number, sha, "rollback", "max")
    assert (kept.state, kept.role, repo.pull(number + 1).title) == (Progress.DONE, "maintain", 'Revert "Correct x"')
    assert (last(production), runs(repo)) == (BY_HAND, ["undo.yml"])
    newer = await clicked(here, number, "0" * 40, "rollback", "max", "0b" * 16)
    assert newer.state is Progress.REFUSED


async def test_the_log_names_whoever_asked_beside_each_effect(here: Town) -> None:
    repo, sender = laid(here, PATIENT), await ci(here)
    number, sha, deployment = await deployed(here, repo, sender)
    await said(here, repo, number, sha)
    entries = [json.loads(entry) async for batch in here.maestro.stores.provenance.rows() for _, entry, _ in batch]
    because = [one for one in entries if one["reason"] == "experiment.rollback"]
    assert [(one["what"], one["who"], one["role"], one["number"]) for one in because] == [
        ("run of workflow back.yml on main for canary", "max", "maintain", number),
        (f"deployment status failure of canary ({deployment.id})", "max", "maintain", number),
    ]
    (command,) = (one for one in entries if one["kind"] == "command")
    assert (command["before"], command["after"]) == ("`canary`: waiting_data", "`canary`: rolled back")


async def test_each_effect_of_a_rollback_is_logged_for_its_pull_request_with_what_it_was_done_to(here: Town) -> None:
    repo = laid(here, EVERYWHERE)
    number, sha = change(repo)
    merge = repo.merge(number)
    eu, us = serves(repo, merge, "eu"), serves(repo, merge, "us")
    await here.rest()
    assert (await said(here, repo, number, sha))[0] == DONE
    log = await here.maestro.stores.provenance.of_pull("octo/shop", number)
    acts = [one.what for one in log if one.who == "max"]
    branch = f"maestro/revert/{merge[:12]}"
    assert [one for one in acts if "reaction" not in one and "reply" not in one] == [
        "run of workflow undo.yml on main for eu",
        "run of workflow undo.yml on main for us",
        f"deployment status failure of eu ({eu.id})",
        f"deployment status failure of us ({us.id})",
        f"branch {branch}",
        f"pull request from {branch} to main",
        f"rollback {sha[:7]}",
    ]


async def test_a_merged_change_without_a_canary_shows_on_its_card_what_was_asked_for_and_its_plan_is_to_take_it_back(
    here: Town,
) -> None:
    repo = laid(here, EVERYWHERE)
    number, sha = change(repo)
    await here.rest()
    repo.merge(number)
    await here.rest()
    assert (await said(here, repo, number, sha))[0] == DONE
    await here.rest()
    (card,) = here.cards(repo, number)
    assert "Commands and provenance (1)" in card
    assert "rollback" in card
    assert "What had been decided stays." in card
    _, (plan,) = await asked(here, repo, number, "/maestro plan", "carol")
    assert "It is merged" in plan
    assert f"/maestro rollback {sha[:7]}" in plan
    assert "override" not in plan
    _, (explained,) = await asked(here, repo, number, "/maestro explain", "carol")
    assert "It is merged" in explained


async def test_a_revert_that_was_closed_unmerged_is_told_as_that_and_not_as_done(here: Town) -> None:
    repo = laid(here, EVERYWHERE)
    number, sha = change(repo)
    merge = repo.merge(number)
    serves(repo, merge, "production")
    await here.rest()
    await said(here, repo, number, sha)
    repo.close(number + 1)
    await here.rest()
    _, reply = await said(here, repo, number, sha)
    assert "it was rolled back before" in reply
    assert "closed and not merged, so it takes nothing back" in reply
    assert "revert pull request #2: done" not in (await newest(here, number)).said


async def test_a_revert_that_followed_a_canary_and_was_merged_is_told_so_when_asked_again(here: Town) -> None:
    repo, sender = laid(here, PATIENT), await ci(here)
    number, sha, _ = await deployed(here, repo, sender)
    repo.merge(number)
    await here.sandbox.settle()
    await said(here, repo, number, sha)
    repo.merge(number + 1)
    await here.sandbox.settle()
    await said(here, repo, number, sha)
    assert (await newest(here, number)).said.endswith(f"revert pull request #{number + 1}: merged")
