"""What reviewers say to a study, by comment and by button, of open pull requests and of merged ones, over real HTTP."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from app.github.sandbox import Repo
from app.github.sandbox.faults import ServerError
from app.model import Cause, Intervention, KeptStudy, Tally
from checks.impact.block import Config
from checks.impact.outcome import Outcome
from checks.impact.told import MetricTold, Told, dump
from tests.road.stories import PATH, change, shop
from tests.road.test_canary_commands import asked
from tests.road.town import GREEN, Town

pytestmark = pytest.mark.slow

RULES = Config.model_validate(
    {"metrics": [{"name": name, "better": "lower"} for name in ("p95", "p95 checkout", "errors")], "risk_at_least": 0}
)
DONE = {"eyes", "rocket"}


def told(outcome: Outcome = Outcome.NO_EVIDENCE) -> str:
    metrics = tuple(MetricTold(metric.name, outcome) for metric in RULES.metrics)
    return dump(Told(outcome, 1.0, metrics, 0.05, 0.1, "auto", "digest", "model"))


async def studied(here: Town, number: int, deployment: int = 31, answered: bool = True) -> KeptStudy:
    """A deployment of that pull request, and what is said of it."""
    one = Intervention("octo/shop", "production", deployment, "a" * 40, time.time() - 60, (number,))
    begun = await here.maestro.stores.studies.begin(one, RULES.model_dump_json(), one.at + 9e9, one.at + 9e9, Cause())
    if not answered:
        return begun
    return await here.maestro.stores.studies.tell(begun.id, told(), one.at + 9e9, done=False, cause=Cause())


async def merged(here: Town) -> tuple[Repo, int]:
    repo = shop(here.sandbox, GREEN)
    number, _ = change(repo)
    await here.rest()
    repo.merge(number)
    await here.rest()
    return repo, number


async def tally(here: Town, study: KeptStudy) -> Tally:
    return (await here.maestro.stores.opinions.of([study.id])).get(study.id, Tally())


async def logged(here: Town) -> list[dict[str, Any]]:
    every = [json.loads(entry) async for batch in here.maestro.stores.provenance.rows() for _, entry, _ in batch]
    return [one for one in every if one["kind"] == "study" and "agreed" in one["what"]]


async def test_whoever_reviews_a_merged_change_agrees_and_may_think_better_of_it(here: Town) -> None:
    repo, number = await merged(here)
    study = await studied(here, number)
    assert await asked(here, repo, number, "/maestro agree") == (DONE, [])
    assert await tally(here, study) == Tally(1, 0)
    assert await asked(here, repo, number, "/maestro disagree P95 Checkout it was 1234567 calls") == (DONE, [])
    assert await tally(here, study) == Tally(0, 1)
    assert [(one["what"], one["who"], one["role"], one["surface"]) for one in await logged(here)] == [
        (f"study {study.id}: agreed", "alice", "write", "comment"),
        (f"study {study.id}: disagreed on p95 checkout", "alice", "write", "comment"),
    ]
    newest, first = await here.maestro.stores.commands.of_pull("octo/shop", number)
    assert (first.before, first.after) == (f"study {study.id}: no opinion", f"study {study.id}: agreed")
    assert (newest.before, newest.after) == (first.after, f"study {study.id}: disagreed on `p95 checkout`")


async def test_readers_and_strangers_do_not_count(here: Town) -> None:
    repo, number = await merged(here)
    study = await studied(here, number)
    for login in ("carol", "mallory"):
        reactions, (reply,) = await asked(here, repo, number, "/maestro agree", login)
        assert reactions == {"eyes", "confused"}
        assert "takes the role `triage` or more" in reply
    assert await tally(here, study) == Tally()


async def test_what_nobody_could_have_seen_is_not_agreed_with(here: Town) -> None:
    repo, number = await merged(here)
    _, (reply,) = await asked(here, repo, number, "/maestro agree")
    assert "nothing to agree with yet" in reply
    unanswered = await studied(here, number, answered=False)
    _, (reply,) = await asked(here, repo, number, "/maestro disagree")
    assert "nothing to agree with yet" in reply
    _, (reply,) = await asked(here, repo, number, "/maestro help agree")
    assert "/maestro agree p95" in reply
    assert await tally(here, unanswered) == Tally()


async def test_a_metric_that_was_not_studied_is_told_so(here: Town) -> None:
    repo, number = await merged(here)
    study = await studied(here, number)
    _, (reply,) = await asked(here, repo, number, "/maestro agree p59")
    assert "no metric of that name was studied, only `p95`, `p95 checkout`, `errors`" in reply
    assert await asked(here, repo, number, "/maestro disagree p59 rose") == (DONE, [])
    assert await tally(here, study) == Tally(0, 1)


async def test_other_commands_are_declined_on_a_merged_pull_request_and_on_a_closed_one(here: Town) -> None:
    repo, number = await merged(here)
    _, (reply,) = await asked(here, repo, number, "/maestro canary start")
    assert "the pull request is merged" in reply
    other, _ = change(repo, "other", **{"b.py": "x = 1\n"})
    repo.close(other)
    comment = repo.comment(other, "alice", "/maestro agree")
    await here.rest()
    (said,) = (one for one in repo.comments(other) if one.id == comment)
    assert {reaction.content for reaction in said.reactions} == {"eyes", "confused"}


async def test_an_open_pull_request_is_as_good(here: Town) -> None:
    repo = shop(here.sandbox, GREEN)
    number, sha = change(repo)
    await here.rest()
    study = await studied(here, number)
    assert await asked(here, repo, number, "/maestro agree errors") == (DONE, [])
    assert await tally(here, study) == Tally(1, 0)
    assert here.conclusions(repo, sha)["maestro / decision"] == "success"


async def test_a_role_that_github_does_not_tell_is_none(here: Town) -> None:
    repo, number = await merged(here)
    study = await studied(here, number)
    here.sandbox.faults.add(ServerError(500), path="*/permission", times=10)
    reactions, _ = await asked(here, repo, number, "/maestro agree")
    assert (reactions, await tally(here, study)) == ({"eyes", "confused"}, Tally())


async def test_commands_that_are_switched_off_stay_off_after_the_merge(here: Town) -> None:
    repo, number = await merged(here)
    study = await studied(here, number)
    repo.commit("main", {PATH: "version: 1\ncommands: {enabled: false}\n"})
    repo.comment(number, "alice", "/maestro agree")
    await here.rest()
    assert await tally(here, study) == Tally()
