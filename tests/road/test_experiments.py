"""Guarded experiments from their beginning to what is seen of them, over real HTTP on both sides."""

import asyncio
import io
import json
import time
from typing import Any

import aiohttp
import pytest
from sqlalchemy import text

from app.engine.jobs import Job
from app.github.sandbox import Repo
from app.github.sandbox.faults import AppliedThenCut
from app.model import KeptExperiment, Kind, Trigger
from tests.road.stories import PATH, change, shop
from tests.road.town import DECISION, Town
from tests.waiting import until

pytestmark = pytest.mark.slow

EXPERIMENT, SHADOW = "maestro / experiment", "maestro / shadow"
RULES = """version: 1
experiment:
  environments: [canary]
  gate: {baseline: 0.01, tick_seconds: 1, watermark_seconds: 2, max_missing_ticks: 60}
"""
IMPATIENT = RULES.replace("max_missing_ticks: 60", "max_missing_ticks: 2")
_TIMERS = text(
    "SELECT count(*) FROM workflow_status WHERE queue_partition_key LIKE '% experiment %'"
    " AND status IN ('ENQUEUED', 'DELAYED', 'PENDING')"
)


class Ci:
    """Whoever deploys octo/shop and counts its requests."""

    def __init__(self, here: Town, token: str) -> None:
        self.here, self.token, self.experiment = here, token, 0

    async def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        sent = io.BytesIO(json.dumps(body).encode()) if body is not None else None
        headers = {"Authorization": f"Bearer {self.token}"}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.here.url}{path}", data=sent, headers=headers) as answer,
        ):
            assert answer.status < 300, await answer.text()
            told: dict[str, Any] = await answer.json()
            return told

    async def begin(self, sha: str, **more: Any) -> int:
        told = await self.call("POST", "/api/experiments", {"sha": sha, "environment": "canary", **more})
        self.experiment = told["experiment"]
        return self.experiment

    async def tick(self, bad: int, canary: int = 10_000) -> dict[str, Any]:
        """One tick of now; of the control's 10,000 requests 1 % are bad."""
        side = {"good": canary - bad, "total": canary}
        sent = {"t": time.time(), "control": {"good": 9_900, "total": 10_000}, "canary": side}
        return await self.call("POST", f"/api/experiments/{self.experiment}/ticks", sent)

    async def feed(self, bad: int) -> KeptExperiment:
        """Five ticks a second until there is an answer."""
        async with asyncio.timeout(30):
            while not (await self.kept()).ended:
                await self.tick(bad)
                await asyncio.sleep(0.2)
        return await self.kept()

    async def kept(self) -> KeptExperiment:
        kept = await self.here.maestro.stores.experiments.get(self.experiment)
        assert kept is not None
        return kept

    async def ended(self, seconds: float = 15.0) -> KeptExperiment:
        async def has_ended() -> bool:
            return (await self.kept()).ended

        await until(has_ended, seconds)
        return await self.kept()


async def ci(here: Town) -> Ci:
    return Ci(here, await here.maestro.stores.tokens.issue("octo/shop"))


async def shows(here: Town, repo: Repo, sha: str, **wanted: str | None) -> None:
    """Wait until our check runs on `sha` conclude as `wanted`."""
    names = {"experiment": EXPERIMENT, "shadow": SHADOW, "decision": DECISION}
    expected = {names[name]: conclusion for name, conclusion in wanted.items()}

    async def as_wanted() -> bool:
        return here.conclusions(repo, sha) == expected

    await until(as_wanted, 20)


async def test_a_good_canary_is_waited_for_and_then_lets_the_change_ship(here: Town) -> None:
    repo, sender = shop(here.sandbox, RULES), await ci(here)
    number, sha = change(repo)
    await here.rest()
    assert here.conclusions(repo, sha) == {EXPERIMENT: "action_required", DECISION: "action_required"}
    assert "Deploy" in here.cards(repo, number)[0]
    await sender.begin(sha)
    await shows(here, repo, sha, experiment=None, decision=None)
    kept = await sender.feed(bad=100)
    assert kept.status == "promote"
    await here.rest()
    assert here.conclusions(repo, sha) == {EXPERIMENT: "success", DECISION: "success"}
    (card,) = here.cards(repo, number)
    assert "of 200 needed" in card
    assert "of the requests of a fixed test were not needed" in card
    assert await here.maestro.stores.experiments.replayed(kept.id) == kept.state


async def test_a_bad_canary_is_rolled_back_for_all_to_see(here: Town) -> None:
    repo, sender = shop(here.sandbox, RULES), await ci(here)
    number, sha = change(repo)
    await sender.begin(sha)
    assert (await sender.feed(bad=400)).status == "rollback"
    await here.rest()
    assert here.conclusions(repo, sha) == {EXPERIMENT: "failure", DECISION: "failure"}
    (card,) = here.cards(repo, number)
    assert "ROLL BACK" in card
    assert "errors is proven worse than tolerated" in card


async def test_a_canary_that_falls_silent_ends_by_time_alone(here: Town) -> None:
    repo, sender = shop(here.sandbox, IMPATIENT), await ci(here)
    _, sha = change(repo)
    await sender.begin(sha)
    kept = await sender.ended()
    assert (kept.status, kept.reason) == ("inconclusive", "stale")
    await here.rest()
    assert here.conclusions(repo, sha) == {EXPERIMENT: "action_required", DECISION: "action_required"}


FOLLOWED = (
    RULES
    + """  promote: {workflow: promote.yml, environment: production}
  rollback: {workflow: back.yml}
"""
)
WORKFLOW = """run-name: Canary ${{ inputs.maestro_id }}
on:
  workflow_dispatch:
    inputs:
      environment: {type: string}
      sha: {type: string}
      maestro_id: {type: string, required: false}
"""


def followed(here: Town) -> Repo:
    """octo/shop, where answers have consequences."""
    workflows = {f".github/workflows/{name}.yml": WORKFLOW for name in ("promote", "back")}
    return shop(here.sandbox, FOLLOWED, **workflows)


def runs(repo: Repo) -> list[str]:
    """The workflows that were run."""
    return [run.path.rpartition("/")[2] for run in repo.state.workflow_runs.values()]


async def deployed(here: Town, repo: Repo, sender: Ci) -> tuple[int, str, Any]:
    """A pull request whose head serves as a canary: its number, the head, the deployment."""
    number, sha = change(repo)
    deployment = repo.deploy(sha, "canary")
    repo.report_deployment(deployment.id, "success")

    async def begun() -> bool:
        return bool(await here.maestro.stores.experiments.of("octo/shop", sha))

    await until(begun, 20)
    sender.experiment = (await experiment_of(here, sha)).id
    return number, sha, deployment


async def test_a_rollback_runs_its_workflow_and_says_so_on_deployment_and_card_once(here: Town) -> None:
    repo, sender = followed(here), await ci(here)
    number, _, deployment = await deployed(here, repo, sender)
    kept = await sender.feed(bad=400)
    await here.rest()
    assert runs(repo) == ["back.yml"]
    newest = deployment.statuses[-1]
    assert (newest.state, newest.description) == ("failure", "Roll back: errors is proven worse than tolerated")
    (card,) = here.cards(repo, number)
    assert "taken back: workflow back.yml: done; deployment status failure: done" in card
    verdict, why, left = card.splitlines()[2:5]
    assert "**ROLL BACK**" in verdict
    assert "done: workflow back.yml, deployment status failure" in why
    assert "Correct the change and push: a new commit is a new canary" in left
    await here.maestro.stores.experiments.acted(kept.id, "")  # as if the worker had been killed right before this
    said = len(deployment.statuses)
    await here.maestro.engine.put([Job("again", _look_at(kept.id))])
    await here.rest()
    assert (runs(repo), len(deployment.statuses)) == (["back.yml"], said)
    assert (await sender.kept()).acted == "workflow back.yml: done; deployment status failure: done"
    told = [json.loads(entry) async for batch in here.maestro.stores.provenance.rows() for _, entry, _ in batch]
    acts = [one["what"] for one in told if one["reason"] == "experiment.rollback" and one["kind"] == "action"]
    assert [one for one in acts if "check run" not in one and "card" not in one] == [
        "run of workflow back.yml on main for canary",
        f"deployment status failure of canary ({deployment.id})",
    ]


async def test_a_merged_change_is_taken_back_by_a_pull_request_that_is_judged_like_any_other(here: Town) -> None:
    repo, sender = followed(here), await ci(here)
    number, sha = change(repo)
    await sender.begin(sha)
    repo.merge(number)
    await sender.feed(bad=400)
    await here.rest()
    revert = repo.pull(number + 1)
    assert (revert.title, revert.base_ref) == ('Revert "Correct x"', "main")
    assert f"revert pull request #{revert.number}: done" in (await sender.kept()).acted
    assert here.conclusions(repo, revert.head_sha)[DECISION] == "action_required", "its own canary is not there yet"
    (told,) = (one.body for one in repo.comments(number) if "ROLL BACK" in one.body)
    assert "**Next:** Review and merge the revert pull request" in told


async def test_a_rollback_comes_though_the_pull_request_moved_on_and_a_promotion_does_not(here: Town) -> None:
    repo, sender = followed(here), await ci(here)
    for branch, bad in (("bad", 400), ("good", 100)):
        _, sha = change(repo, branch)
        await sender.begin(sha)
        repo.commit(branch, {"a.py": "x = 3\n"})
        kept = await sender.feed(bad)
        await here.rest()
        assert runs(repo) == ["back.yml"]
    assert kept.status == "promote"
    assert (
        await sender.kept()
    ).acted == "workflow promote.yml: not done, the pull request has moved on, or was closed; " + (
        "deployment to production: not done, the pull request has moved on, or was closed"
    )


async def test_whoever_closes_it_unmerged_takes_it_back_and_its_experiment_ends_without_an_answer(here: Town) -> None:
    repo, sender = followed(here), await ci(here)
    number, _, deployment = await deployed(here, repo, sender)
    for _ in range(3):
        await sender.tick(bad=100)
    repo.close(number)
    kept = await sender.ended()
    await here.rest()
    assert (kept.status, kept.reason) == ("inconclusive", "stopped")
    assert runs(repo) == []
    assert {one.environment for one in repo.state.deployments.values()} == {"canary"}
    assert [one.state for one in deployment.statuses] == ["success"]


async def test_nothing_is_promoted_of_one_that_was_closed_though_nobody_told_us(here: Town) -> None:
    repo, sender = followed(here), await ci(here)
    number, sha = change(repo)
    await sender.begin(sha)
    repo.pull(number).state = "closed"  # and its webhook was lost
    assert (await sender.feed(bad=100)).status == "promote"
    await here.rest()
    assert (runs(repo), dict(repo.state.deployments)) == ([], {})
    assert "not done, the pull request has moved on, or was closed" in (await sender.kept()).acted


async def test_a_promotion_asks_for_the_deployment_to_production(here: Town) -> None:
    repo, sender = followed(here), await ci(here)
    _, sha, deployment = await deployed(here, repo, sender)
    await sender.feed(bad=100)
    await here.rest()
    assert runs(repo) == ["promote.yml"]
    (asked,) = (one for one in repo.state.deployments.values() if one.environment == "production")
    assert (asked.sha, asked.statuses[-1].state) == (sha, "queued")
    assert deployment.statuses[-1].description.startswith("Promote: every gate is proven")
    assert here.conclusions(repo, sha) == {EXPERIMENT: "success", DECISION: "success"}


async def test_a_workflow_that_github_refuses_keeps_no_other_consequence(here: Town) -> None:
    repo, sender = shop(here.sandbox, FOLLOWED), await ci(here)
    number, _, deployment = await deployed(here, repo, sender)
    await sender.feed(bad=400)
    await here.rest()
    assert deployment.statuses[-1].state == "failure"
    assert "workflow back.yml: refused by GitHub" in (await sender.kept()).acted
    assert "refused by GitHub" in here.cards(repo, number)[0]


async def test_a_dispatch_whose_answer_was_lost_is_found_and_not_sent_again(here: Town) -> None:
    repo, sender = followed(here), await ci(here)
    here.sandbox.faults.add(AppliedThenCut(), path="*/dispatches")
    await deployed(here, repo, sender)
    await sender.feed(bad=400)
    await here.rest()
    assert runs(repo) == ["back.yml"]
    assert (await sender.kept()).acted == "workflow back.yml: done; deployment status failure: done"


async def experiment_of(here: Town, sha: str) -> KeptExperiment:
    (found,) = await here.maestro.stores.experiments.of("octo/shop", sha)
    return found


async def test_a_canary_that_serves_begins_its_experiment_and_one_that_is_gone_ends_it(here: Town) -> None:
    repo = shop(here.sandbox, RULES)
    number, sha = change(repo)
    deployment = repo.deploy(sha, "canary")
    repo.report_deployment(deployment.id, "in_progress")
    await shows(here, repo, sha, experiment="action_required", decision="action_required")
    repo.report_deployment(deployment.id, "success")
    await shows(here, repo, sha, experiment=None, decision=None)
    begun = await experiment_of(here, sha)
    assert (begun.canary.number, begun.canary.deployment, begun.canary.base_ref) == (number, deployment.id, "main")
    repo.report_deployment(deployment.id, "inactive")
    await shows(here, repo, sha, experiment="action_required", decision="action_required")
    ended = await experiment_of(here, sha)
    assert (ended.status, ended.reason) == ("inconclusive", "stopped")
    repo.report_deployment(deployment.id, "success")
    await here.rest()
    assert (await experiment_of(here, sha)).changed == ended.changed, "a commit has one experiment"


async def test_deployed_once_more_a_canary_is_still_guarded_and_the_deployment_that_serves_is_told(here: Town) -> None:
    repo, sender = followed(here), await ci(here)
    _, sha, first = await deployed(here, repo, sender)
    second = repo.deploy(sha, "canary")
    repo.report_deployment(second.id, "success")

    async def handed_over() -> bool:
        return (await sender.kept()).canary.deployment == second.id

    await until(handed_over, 20)
    assert (await sender.feed(bad=400)).status == "rollback"
    await here.rest()
    assert [one.state for one in first.statuses] == ["success", "inactive"]
    assert [one.state for one in second.statuses] == ["success", "failure"]
    assert runs(repo) == ["back.yml"]


async def test_other_deployments_begin_nothing(here: Town) -> None:
    repo = shop(here.sandbox, RULES)
    _, sha = change(repo)
    repo.report_deployment(repo.deploy(sha, "production").id, "success")
    bare = here.sandbox.repository("octo/bare", {"a.py": "x = 1\n"})
    bare.report_deployment(bare.deploy(bare.tip(), "canary").id, "success")
    await here.rest()
    assert await here.maestro.stores.experiments.open() == []


async def test_new_rules_on_the_base_begin_the_evidence_anew_and_the_kill_switch_ends_it(here: Town) -> None:
    repo, sender = shop(here.sandbox, RULES), await ci(here)
    _, sha = change(repo)
    await sender.begin(sha)
    await sender.tick(bad=100)
    repo.commit("main", {PATH: RULES.replace("baseline: 0.01", "baseline: 0.02")})

    async def restarted() -> bool:
        return '"restarts":1' in (await sender.kept()).state

    await until(restarted, 20)
    repo.commit("main", {PATH: RULES + "  kill_switch: true\n"})
    kept = await sender.ended(20)
    assert (kept.status, kept.reason) == ("inconclusive", "stopped")
    assert await here.maestro.stores.experiments.replayed(kept.id) == kept.state
    await here.rest()


async def test_however_many_ticks_come_an_experiment_has_one_timer(here: Town) -> None:
    repo, sender = shop(here.sandbox, RULES), await ci(here)
    _, sha = change(repo)
    await sender.begin(sha)
    seen = set()
    for _ in range(10):
        await sender.tick(bad=0, canary=0)
        await here.maestro.engine.put([Job(str(time.time_ns()), _look_at(sender.experiment))])
        async with here.maestro.stores.main.connect() as connection:
            seen.add(await connection.scalar(_TIMERS))
    await asyncio.sleep(1.5)
    async with here.maestro.stores.main.connect() as connection:
        assert await connection.scalar(_TIMERS) == 1
    assert max(seen) <= 2, "one that runs, and one that waits to run after it"
    await sender.call("POST", f"/api/experiments/{sender.experiment}/stop")
    assert (await sender.ended()).reason == "stopped"
    await here.rest()
    assert here.conclusions(repo, sha)[EXPERIMENT] == "action_required"


def _look_at(experiment: int) -> Trigger:
    return Trigger(Kind.EXPERIMENT, "octo/shop", experiment=experiment, reason="experiment")
