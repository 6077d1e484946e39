"""A pull request that was closed unmerged while its canary serves: it can still be taken back from GitHub."""

from __future__ import annotations

import pytest

from tests.road.stories import change
from tests.road.test_canary_commands import asked
from tests.road.test_commands import press
from tests.road.test_experiments import ci, deployed, runs
from tests.road.test_rollbacks import BY_HAND, DONE, EVERYWHERE, PATIENT, REFUSED, laid, last, newest, said, serves
from tests.road.town import Town

pytestmark = pytest.mark.slow


async def test_its_canary_is_taken_back_by_a_comment(here: Town) -> None:
    repo, sender = laid(here, PATIENT), await ci(here)
    number, sha, deployment = await deployed(here, repo, sender)
    repo.close(number)
    assert (await sender.ended()).reason == "stopped"
    reactions, _ = await said(here, repo, number, sha)
    assert reactions == DONE
    assert (last(deployment), runs(repo), (await sender.kept()).course) == (BY_HAND, ["back.yml"], "by_hand")


async def test_what_serves_is_taken_back_by_the_button_and_nothing_else_is_done(here: Town) -> None:
    repo = laid(here, EVERYWHERE)
    number, sha = change(repo)
    production = serves(repo, sha, "production")
    await here.rest()
    repo.close(number)
    await here.rest()
    press(repo, sha, "rollback", "max")
    await here.rest()
    assert (last(production), runs(repo)) == (BY_HAND, ["undo.yml"])
    assert ((await newest(here, number)).state, number + 1 in repo.state.pulls) == ("done", False)
    press(repo, sha, "retry", "max")
    await here.rest()
    assert (await newest(here, number)).said.startswith("the pull request is closed")


async def test_its_experiment_is_stopped_though_we_were_not_told_that_it_is_closed(here: Town) -> None:
    repo, sender = laid(here, PATIENT), await ci(here)
    number, sha, _ = await deployed(here, repo, sender)
    repo.pull(number).state = "closed"
    reactions, _ = await asked(here, repo, number, f"/maestro canary start canary {sha[:7]}")
    assert (reactions, (await sender.kept()).ended) == (REFUSED, False)
    reactions, _ = await asked(here, repo, number, f"/maestro canary stop canary {sha[:7]}")
    assert (reactions, (await sender.kept()).reason) == (DONE, "stopped")
