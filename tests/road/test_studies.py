"""What a deployment did, from the moment it serves to what is seen of it, over real HTTP; the time is turned back."""

from __future__ import annotations

import math

import pytest

from app.engine.jobs import Job
from app.github.sandbox import Repo
from app.github.sandbox.state import Deployment
from app.model import KeptStudy, Kind, Tally, Trigger
from app.store.series import Stream
from checks.impact.outcome import Outcome
from checks.impact.told import load
from tests.road.stories import PATH, change, shop
from tests.road.town import DECISION, GREEN, Town
from tests.waiting import until

pytestmark = pytest.mark.slow

IMPACT = "maestro / impact"
RULES = """version: 1
impact:
  mode: block
  metrics: [{name: p95, better: lower, unit: ms}]
  step_seconds: 60
  pre_seconds: 7200
  post_seconds: 1800
  placebos: 5
  risk_at_least: 0.5
"""
LONG = "\n".join(f"def f{place}(x):\n    return x + {place}" for place in range(400))
PRODUCTION, CANARY, CONTROL = (
    Stream("octo/shop", *where) for where in (("production", ""), ("canary", "canary"), ("canary", "control"))
)
AGO = 3_600  # seconds for which it serves: all that is looked at has come


def deployed(here: Town, repo: Repo, sha: str, environment: str = "production", ago: int = AGO) -> Deployment:
    """It serves since a while; GitHub tells it only now."""
    one = repo.deploy(sha, environment)
    here.sandbox.advance(-ago)
    repo.report_deployment(one.id, "success")
    here.sandbox.advance(ago)
    return one


async def shipped(here: Town, repo: Repo, sha: str, after: float) -> Deployment:
    """In production since a while, and measured all the time: p95 was 100 ms before, and is `after` ms since."""
    await measured(here, repo, after)
    return deployed(here, repo, sha)


async def measured(here: Town, repo: Repo, after: float, stream: Stream = PRODUCTION) -> None:
    """p95 of each minute, from two hours before a deployment of AGO to half an hour after it."""
    at = int(repo.world.now()) - AGO

    def value(minute: int) -> float:
        return (after if minute >= 0 else 100.0) + 2 * math.sin(7.0 * minute * minute)

    points: dict[float, float | None] = {at + 60.0 * minute + 30: value(minute) for minute in range(-120, 30)}
    await here.maestro.stores.series.keep(stream, {"p95": points})


async def study_of(here: Town, one: Deployment) -> KeptStudy:
    """The study of a deployment, once it is final."""
    found: list[KeptStudy] = []

    async def done() -> bool:
        every = await here.maestro.stores.studies.newest("octo/shop", 9)
        found[:] = [kept for kept in every if kept.intervention.deployment == one.id and kept.done]
        return bool(found)

    await until(done, 20)
    await here.rest()
    return found[0]


async def ready(here: Town, rules: str = RULES) -> Repo:
    """Octo/shop, which is in service."""
    repo = shop(here.sandbox, rules)
    deployed(here, repo, repo.tip(), ago=3 * AGO)
    await here.rest()
    return repo


async def judged(here: Town, repo: Repo, name: str, text: str = LONG) -> tuple[int, str]:
    number, sha = change(repo, name, **{f"{name}.py": text})
    await here.rest()
    return number, sha


async def test_each_pull_request_of_a_deployment_is_told_whatever_its_risk(here: Town) -> None:
    repo = await ready(here)
    first, one = await judged(here, repo, "one")
    second, two = await judged(here, repo, "two")
    small, three = await judged(here, repo, "three", "x = 1\n")
    cards = {number: here.cards(repo, number) for number in (first, second, small)}
    assert "Pending deploy" in cards[first][0]
    assert "Not asked" in cards[small][0]
    for number in (first, second, small):
        tip = repo.merge(number)
    await here.rest()
    study = await study_of(here, await shipped(here, repo, tip, after=140))
    assert study.intervention.pulls == (first, second, small)
    assert load(study.told).outcome is Outcome.LIKELY_WORSE
    for number, sha in ((first, one), (second, two), (small, three)):
        assert here.conclusions(repo, sha)[IMPACT] == "failure"
        assert here.conclusions(repo, sha)[DECISION] == "success", "what had been decided stays"
        (card,) = here.cards(repo, number)
        assert "merged" in card
        assert "likely worse" in card
        assert "one effect for all" in card
    decided = [await here.maestro.stores.decisions.latest("octo/shop", number) for number in (first, second)]
    assert all(b'"verdict":"ship"' in (record or b"") for record in decided)
    page = await here.page(f"/studies/{study.id}", await here.maestro.stores.tokens.issue("octo/shop"))
    assert "<h1>Likely worse</h1>" in page
    assert 'class="seen"' in page, "the points were kept for its picture"


async def test_an_outsider_who_opens_what_is_in_service_and_another_spelling_keep_nothing_from_being_studied(
    here: Town,
) -> None:
    repo = await ready(here)
    repo.commit("legacy", {PATH: "version: 1\n"}, parent=repo.tip())
    first, one = await judged(here, repo, "one")
    repo.squash(first)
    tip = repo.commit("main", {"direct.py": "x = 1\n"})
    repo.fork("mallory")
    repo.open_pull("Sync", "mallory:main", "legacy", author="mallory")
    await here.rest()
    await measured(here, repo, 140)
    study = await study_of(here, deployed(here, repo, tip, "Production"))
    assert study.intervention.pulls == (first,)
    assert here.conclusions(repo, one)[IMPACT] == "failure"


async def told_again(here: Town, one: Deployment) -> None:
    """GitHub tells the deployment once more."""
    status = one.statuses[-1]
    await here.maestro.engine.put(
        [
            Job(
                "again",
                Trigger(
                    *(Kind.DEPLOYED, "octo/shop"),
                    head_sha=one.sha,
                    environment=one.environment,
                    deployment=one.id,
                    at=float(int(status.created_at)),
                    reason="deployment_status.success",
                ),
            )
        ]
    )
    await here.rest()


async def test_a_deployment_that_is_told_twice_is_studied_and_shown_once(here: Town) -> None:
    repo = await ready(here)
    number, _ = await judged(here, repo, "one")
    one = await shipped(here, repo, repo.squash(number), after=100)
    study = await study_of(here, one)
    assert load(study.told).outcome is Outcome.NO_EVIDENCE
    writes = len(here.sandbox.writes)
    await told_again(here, one)
    assert len(await here.maestro.stores.studies.newest("octo/shop", 9)) == 1
    assert len(here.sandbox.writes) == writes


async def test_a_reviewer_presses_a_button_and_the_card_counts_it(here: Town) -> None:
    repo = await ready(here)
    number, sha = await judged(here, repo, "one")
    study = await study_of(here, await shipped(here, repo, repo.rebase(number), after=60))
    (run,) = (run for run in repo.check_runs(sha) if run.name == IMPACT)
    assert [action["label"] for action in run.actions] == ["Re-evaluate", "Agree", "Disagree"]

    def press(login: str, word: str) -> None:
        repo.press_button(run.id, f"{word}:{study.id}", login)

    press("alice", "agree")
    press("root", "disagree")
    press("carol", "disagree")
    await here.rest()
    assert await here.maestro.stores.opinions.of([study.id]) == {study.id: Tally(1, 1)}
    (card,) = here.cards(repo, number)
    assert "1 agree, 1 disagree" in card
    press("root", "agree")
    await here.rest()
    assert "2 agree, 0 disagree; in this repository 2 of 2 agreed (100 %)" in here.cards(repo, number)[0]


async def test_asked_again_after_the_merge_the_word_is_said_again(here: Town) -> None:
    repo = await ready(here)
    number, sha = await judged(here, repo, "one")
    await study_of(here, await shipped(here, repo, repo.merge(number), after=140))
    (run,) = (run for run in repo.check_runs(sha) if run.name == IMPACT)
    writes = len(here.sandbox.writes)
    repo.press_button(run.id, "evaluate", "alice")
    await here.rest()
    assert [one.path for one in here.sandbox.writes[writes:]] == [f"/repos/octo/shop/check-runs/{run.id}"]
    assert here.conclusions(repo, sha)[IMPACT] == "failure"


async def test_before_the_merge_a_canary_is_held_against_its_control(here: Town) -> None:
    repo = await ready(here)
    number, sha = await judged(here, repo, "one")
    assert here.conclusions(repo, sha)[IMPACT] == "success"
    await measured(here, repo, 140, CANARY)
    await measured(here, repo, 100, CONTROL)
    study = await study_of(here, deployed(here, repo, sha, "canary"))
    assert (study.intervention.side, study.intervention.pulls) == ("canary", (number,))
    assert here.conclusions(repo, sha) == {IMPACT: "failure", DECISION: "failure"}
    newer = repo.commit("one", {"one.py": "x = 1\n"})
    await here.rest()
    assert here.conclusions(repo, newer)[IMPACT] == "success", "what an older head did says nothing of this one"


async def test_rules_that_came_after_the_last_decision_are_those_of_the_study(here: Town) -> None:
    repo = await ready(here, GREEN)
    number, sha = await judged(here, repo, "one")
    repo.merge(number)
    tip = repo.commit("main", {PATH: RULES})
    await here.rest()
    await study_of(here, await shipped(here, repo, tip, after=140))
    assert here.conclusions(repo, sha)[IMPACT] == "failure"
    assert "likely worse" in here.cards(repo, number)[0]
