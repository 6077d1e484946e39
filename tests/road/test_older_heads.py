"""What serves of a head that was pushed over: it is taken back by its own name, before the merge and after it."""

from __future__ import annotations

import pytest

from app.model import Progress
from tests.road.stories import change
from tests.road.test_canary_commands import asked
from tests.road.test_experiments import ci, deployed, runs
from tests.road.test_rollbacks import BY_HAND, DONE, EVERYWHERE, PATIENT, REFUSED, laid, last, newest, said, serves
from tests.road.town import Town

pytestmark = pytest.mark.slow


async def test_the_canary_of_a_head_that_was_pushed_over_is_taken_back_by_its_name(here: Town) -> None:
    repo, sender = laid(here, PATIENT), await ci(here)
    number, sha, deployment = await deployed(here, repo, sender)
    newer = repo.commit("fix", {"a.py": "x = 3\n"})
    await here.sandbox.settle()
    reactions, reply = await said(here, repo, number, newer)
    assert reactions == REFUSED
    assert "there is nothing to roll back" in reply
    reactions, reply = await said(here, repo, number, sha)
    assert reactions == DONE
    assert f"of `{sha[:7]}`, an older head" in reply
    assert (last(deployment), runs(repo), (await sender.kept()).course) == (BY_HAND, ["back.yml"], "by_hand")
    one = await newest(here, number)
    assert (one.state, one.head_sha) == (Progress.DONE, sha)
    assert one.said.startswith(f"of `{sha[:7]}`, an older head: ")


async def test_its_experiment_is_stopped_by_its_name_too_and_other_verbs_ask_for_the_head(here: Town) -> None:
    repo, sender = laid(here, PATIENT), await ci(here)
    number, sha, _ = await deployed(here, repo, sender)
    newer = repo.commit("fix", {"a.py": "x = 3\n"})
    await here.sandbox.settle()
    reactions, replies = await asked(here, repo, number, f"/maestro canary start canary {sha[:7]}")
    assert reactions == REFUSED
    assert f"the head is `{newer[:7]}`, not `{sha[:7]}`" in "\n".join(replies)
    reactions, _ = await asked(here, repo, number, f"/maestro canary stop canary {sha[:7]}")
    kept = await sender.kept()
    assert (reactions, kept.status, kept.reason) == (DONE, "inconclusive", "stopped")


async def test_what_an_older_head_left_in_production_is_taken_back_open_and_merged_and_the_base_is_left(
    here: Town,
) -> None:
    repo = laid(here, EVERYWHERE)
    number, sha = change(repo)
    await here.rest()
    production = serves(repo, sha, "production")
    repo.commit("fix", {"a.py": "x = 3\n"})
    await here.rest()
    assert (await said(here, repo, number, sha))[0] == DONE
    assert (last(production), runs(repo)) == (BY_HAND, ["undo.yml"])
    staging = serves(repo, sha, "staging")
    repo.squash(number)
    await here.rest()
    assert (await said(here, repo, number, sha))[0] == DONE
    assert (last(staging), runs(repo), number + 1 in repo.state.pulls) == (BY_HAND, ["undo.yml", "undo.yml"], False)


async def test_a_commit_that_was_never_its_head_is_not_acted_on(here: Town) -> None:
    repo = laid(here, EVERYWHERE)
    number, sha = change(repo)
    other = repo.commit("other", {"a.py": "x = 9\n"})
    repo.open_pull("Another one", "other")
    await here.rest()
    production = serves(repo, other, "production")
    reactions, reply = await said(here, repo, number, other)
    assert reactions == REFUSED
    assert f"the head is `{sha[:7]}`, not `{other[:7]}`" in reply
    assert (last(production)[0], runs(repo)) == ("success", [])


async def test_where_nobody_knows_an_environment_the_workflow_does_not_run_and_that_is_said(here: Town) -> None:
    repo = laid(here, EVERYWHERE)
    number, _ = change(repo)
    await here.rest()
    merge = repo.merge(number)
    await here.rest()
    reactions, reply = await said(here, repo, number, merge)
    assert reactions == DONE
    assert "not run, GitHub shows no deployment of the change" in reply
    assert runs(repo) == []
    assert repo.pull(number + 1).title == 'Revert "Correct x"'
