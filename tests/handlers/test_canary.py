"""Whose experiment a deployment begins, keeps and ends: a local GitHub over real HTTP, and a real SQLite file."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientSession

from app.gather.canaries import Canaries
from app.gather.deployments import Deployments
from app.gather.proposed import Proposed
from app.github.auth import Identity
from app.github.caller import Tuning
from app.github.client import GitHub
from app.github.connecting import Connector
from app.github.errors import Unavailable
from app.github.sandbox import Repo, Sandbox
from app.github.sandbox.faults import ServerError
from app.github.sandbox.state import Deployment
from app.model import Kind, Place, Trigger
from app.storage import stores
from app.store.experiments import Experiments
from handlers.canary import Beginnings
from tests.road.stories import change, shop
from tests.road.town import github
from tests.storage import laid

RULES = """version: 1
experiment:
  environments: [canary]
  gate: {baseline: 0.01}
"""


@dataclass
class Here:
    """Octo/shop, whose webhooks are brought by hand, in any order."""

    sandbox: Sandbox
    repo: Repo
    sha: str
    experiments: Experiments
    beginnings: Beginnings

    def deploy(self, *states: str, environment: str = "canary") -> Deployment:
        one = self.repo.deploy(self.sha, environment)
        for state in states:
            self.repo.report_deployment(one.id, state)
        return one

    async def hears(self, one: Deployment, state: str) -> Sequence[Trigger]:
        trigger = Trigger(
            Kind.CANARY,
            "octo/shop",
            head_sha=one.sha,
            environment=one.environment,
            deployment=one.id,
            reason=f"deployment_status.{state}",
        )
        return (await self.beginnings(trigger)).then

    async def begins_by_the_api(self) -> None:
        """Nobody says by which deployment it serves."""
        found = await self.beginnings.canaries.found(Place("octo/shop"), self.sha, "canary")
        assert isinstance(found, tuple)
        await self.experiments.begin(found[0], found[1].experiment, Trigger(Kind.CANARY, "octo/shop").cause)

    async def stands(self) -> tuple[str, str, int | None]:
        """Status, reason, and the deployment that serves it."""
        (kept,) = await self.experiments.of("octo/shop", self.sha)
        return kept.status, kept.reason, kept.canary.deployment


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    async with github() as sandbox, stores(str(laid(tmp_path).main)) as kept, ClientSession() as session:
        identity = Identity(sandbox.app.app_id, sandbox.app.private_key)
        connect = Connector(GitHub(identity, session, api_url=sandbox.url, tuning=Tuning(patience=0.2)))
        repo = shop(sandbox, RULES)
        beginnings = Beginnings(Canaries(connect), Deployments(connect), kept.experiments, Proposed(connect))
        yield Here(sandbox, repo, change(repo)[1], kept.experiments, beginnings)


@pytest.mark.parametrize("order", [("success", "inactive"), ("inactive", "success"), ("inactive",), ("success",)])
async def test_deployed_once_more_the_newest_deployment_is_the_canary_whoever_tells_first(
    here: Here, order: tuple[str, ...]
) -> None:
    old = here.deploy("success")
    await here.hears(old, "success")
    new = here.deploy("in_progress", "success")
    assert [one.state for one in old.statuses] == ["success", "inactive"], "GitHub retires the older one by itself"
    for state in order:
        assert await here.hears(new if state == "success" else old, state) == ()
    assert await here.stands() == ("waiting_data", "", new.id)
    await here.hears(old, "success")  # a webhook that comes late, or twice
    assert await here.stands() == ("waiting_data", "", new.id)
    here.repo.report_deployment(new.id, "inactive")
    (look,) = await here.hears(new, "inactive")
    assert look.kind is Kind.EXPERIMENT
    assert await here.stands() == ("inconclusive", "stopped", new.id)


async def test_a_deployment_that_fails_beside_the_one_that_serves_ends_nothing(here: Here) -> None:
    old = here.deploy("success")
    await here.hears(old, "success")
    assert await here.hears(here.deploy("in_progress", "failure"), "failure") == ()
    assert await here.stands() == ("waiting_data", "", old.id)


async def test_one_that_was_begun_without_a_deployment_ends_when_none_serves(here: Here) -> None:
    await here.begins_by_the_api()
    old, new = here.deploy("success"), here.deploy("failure")
    await here.hears(new, "failure")
    assert await here.stands() == ("waiting_data", "", old.id)
    here.repo.report_deployment(old.id, "error")
    await here.hears(old, "error")
    assert await here.stands() == ("inconclusive", "stopped", old.id)


async def test_what_serves_elsewhere_is_no_canary_and_one_that_failed_before_any_served_ends_it(here: Here) -> None:
    await here.begins_by_the_api()
    here.deploy("success", environment="production")
    await here.hears(here.deploy("failure"), "failure")
    assert await here.stands() == ("inconclusive", "stopped", None)


async def test_while_github_is_away_nothing_is_ended(here: Here) -> None:
    old = here.deploy("success")
    await here.hears(old, "success")
    here.repo.report_deployment(old.id, "inactive")
    here.sandbox.faults.add(ServerError(), path="*/deployments*", times=50)
    with pytest.raises(Unavailable):
        await here.hears(old, "inactive")
    assert await here.stands() == ("waiting_data", "", old.id)


@pytest.mark.parametrize("as_it_is", ["open", "merged"])
async def test_word_of_a_closing_that_came_late_ends_nothing(here: Here, as_it_is: str) -> None:
    await here.hears(here.deploy("success"), "success")
    (number,) = here.repo.state.pulls
    if as_it_is == "merged":
        here.repo.merge(number)
    closed = Trigger(Kind.CANARY, "octo/shop", number=number, head_sha=here.sha, reason="pull_request.closed")
    assert (await here.beginnings(closed)).then == ()
    assert (await here.stands())[0] == "waiting_data"
