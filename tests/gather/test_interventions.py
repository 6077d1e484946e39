"""What a deployment brought, asked of a local GitHub over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
from aiohttp import ClientSession

from app.gather.interventions import Interventions
from app.github import limits
from app.github.auth import Identity
from app.github.caller import Tuning
from app.github.client import GitHub
from app.github.connecting import Connector
from app.github.sandbox import Repo, Sandbox
from app.github.sandbox.faults import ServerError
from app.github.sandbox.state import Deployment
from app.model import Intervention, Kind, Refusal, Trigger
from tests.road.stories import change, shop
from tests.road.town import github

RULES = """version: 1
impact:
  metrics: [{name: p95, better: lower}]
"""


@dataclass
class Here:
    """Octo/shop, and who deploys it."""

    sandbox: Sandbox
    repo: Repo
    interventions: Interventions

    def serves(self, sha: str, environment: str = "production") -> Trigger:
        """A deployment of `sha` serves from now on."""
        self.sandbox.advance(60)
        one = self.repo.deploy(sha, environment)
        self.repo.report_deployment(one.id, "success")
        return told(one)

    def change(self, name: str) -> int:
        number, _ = change(self.repo, name, **{f"{name}.py": "x = 1\n"})
        return number

    async def found(self, trigger: Trigger) -> Intervention:
        found = await self.interventions.found(trigger)
        assert not isinstance(found, Refusal), found
        return found[0]

    async def refused(self, trigger: Trigger) -> str:
        found = await self.interventions.found(trigger)
        assert isinstance(found, Refusal)
        return found.reason


def told(one: Deployment) -> Trigger:
    at = int(one.statuses[-1].created_at)  # GitHub tells whole seconds
    return Trigger(
        *(Kind.DEPLOYED, "octo/shop"),
        head_sha=one.sha,
        environment=one.environment,
        deployment=one.id,
        at=float(at),
    )


@pytest.fixture
async def here() -> AsyncIterator[Here]:
    async with github() as sandbox, ClientSession() as session:
        identity = Identity(sandbox.app.app_id, sandbox.app.private_key)
        connect = Connector(GitHub(identity, session, api_url=sandbox.url, tuning=Tuning(patience=0.2)))
        yield Here(sandbox, shop(sandbox, RULES), Interventions(connect))


async def test_all_pull_requests_since_the_deployment_before_came_with_it_however_they_were_merged(here: Here) -> None:
    early = here.change("early")
    await here.found(here.serves(here.repo.merge(early)))
    merged, squashed, rebased, left = (here.change(name) for name in ("one", "two", "three", "four"))
    here.repo.merge(merged)
    here.repo.squash(squashed)
    here.repo.commit("main", {"direct.py": "x = 1\n"})
    tip = here.repo.rebase(rebased)
    found = await here.found(here.serves(tip))
    assert found.pulls == (merged, squashed, rebased)
    assert left not in found.pulls
    assert (found.side, found.cut, found.sha) == ("", False, tip)


async def test_of_the_first_deployment_ever_only_its_own_commit_counts(here: Here) -> None:
    first, second = here.change("one"), here.change("two")
    here.repo.squash(first)
    assert (await here.found(here.serves(here.repo.squash(second)))).pulls == (second,)


async def test_what_never_served_is_not_the_deployment_before(here: Here) -> None:
    base = here.repo.tip()
    await here.found(here.serves(base))
    first, second = here.change("one"), here.change("two")
    failed = here.repo.deploy(here.repo.merge(first), "production")
    here.repo.report_deployment(failed.id, "failure")
    assert (await here.found(here.serves(here.repo.merge(second)))).pulls == (first, second)


async def test_what_served_until_then_is_what_began_to_last_whichever_was_asked_for_first(here: Here) -> None:
    here.serves(here.repo.tip())
    slow, quick, late = here.change("slow"), here.change("quick"), here.change("late")
    first = here.repo.deploy(here.repo.merge(slow), "production")
    assert (await here.found(here.serves(here.repo.merge(quick)))).pulls == (slow, quick)
    here.sandbox.advance(60)
    here.repo.report_deployment(first.id, "success")  # what `quick` brought is out of service from now on
    assert (await here.found(told(first))).pulls == ()
    assert (await here.found(here.serves(here.repo.merge(late)))).pulls == (quick, late)


async def test_of_two_that_begin_to_serve_in_one_second_each_brings_its_own(here: Here) -> None:
    here.serves(here.repo.tip())
    here.sandbox.advance(60)
    numbers = here.change("one"), here.change("two")
    both = [here.repo.deploy(here.repo.merge(number), "production") for number in numbers]
    for one in both:
        here.repo.report_deployment(one.id, "success")
    triggers = [replace(told(one), at=told(both[0]).at) for one in both]
    assert [(await here.found(trigger)).pulls for trigger in triggers] == [(number,) for number in numbers]


async def test_no_pull_request_of_a_commit_in_production_says_by_which_rules_it_is_studied(here: Here) -> None:
    """Whoever may open one onto a branch without rules would keep a deployment from being looked at."""
    here.serves(here.repo.tip())
    here.repo.commit("legacy", {".github/maestro.yml": "version: 1\n"}, parent=here.repo.tip())
    number = here.change("one")
    here.repo.squash(number)
    tip = here.repo.commit("main", {"direct.py": "x = 1\n"})
    here.repo.open_pull("Sync", "main", "legacy")
    assert (await here.found(here.serves(tip))).pulls == (number,)


async def test_a_canary_is_of_the_own_branch_before_a_fork_at_the_same_head(here: Here) -> None:
    sha = here.repo.commit("own", {"own.py": "x = 1\n"}, parent=here.repo.tip())
    here.repo.fork("mallory")
    here.repo.open_pull("Theirs", "mallory:own", author="mallory")
    number = here.repo.open_pull("Ours", "own")
    assert (await here.found(here.serves(sha, "canary"))).pulls == (number,)


async def test_a_name_of_an_environment_is_one_however_it_is_spelled(here: Here) -> None:
    before = here.serves(here.repo.tip())
    first, second = here.change("one"), here.change("two")
    here.repo.squash(first)
    found = await here.found(here.serves(here.repo.squash(second), "Production"))
    assert found.pulls == (first, second)
    (near,) = await here.interventions.neighbours(found, before.at, found.at)
    assert near.at == before.at


async def test_to_go_back_or_to_deploy_the_same_once_more_brings_nothing(here: Here) -> None:
    base = here.repo.tip()
    here.serves(base)
    tip = here.repo.merge(here.change("one"))
    assert len((await here.found(here.serves(tip))).pulls) == 1
    assert (await here.found(here.serves(tip))).pulls == ()
    assert (await here.found(here.serves(base))).pulls == ()


async def test_a_merged_branch_costs_one_question_whatever_it_holds(here: Here) -> None:
    here.serves(here.repo.tip())
    number = here.change("long")
    for place in range(6):
        here.repo.commit("long", {"long.py": f"x = {place}\n"})
    tip = here.repo.merge(number)
    trigger = here.serves(tip)
    asked = len(here.sandbox.requests)
    assert (await here.found(trigger)).pulls == (number,)
    questions = [one.path for one in here.sandbox.requests[asked:] if one.path.endswith("/pulls")]
    assert questions == [f"/repos/octo/shop/commits/{tip}/pulls"] * 2


async def test_a_pull_request_that_was_merged_into_another_ones_branch_came_too(here: Here) -> None:
    here.serves(here.repo.tip())
    outer = here.change("outer")
    here.repo.commit("inner", {"inner.py": "x = 1\n"}, parent=here.repo.tip("outer"))
    inner = here.repo.open_pull("Inner", "inner", "outer")
    here.repo.merge(inner)
    assert (await here.found(here.serves(here.repo.merge(outer)))).pulls == (outer, inner)


async def test_of_more_commits_than_github_lists_the_last_are_missing_but_for_its_own_and_that_is_said(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "COMPARE_COMMITS", 2)
    here.serves(here.repo.tip())
    numbers = [here.change(name) for name in ("one", "two", "three", "four")]
    for number in numbers:
        tip = here.repo.squash(number)
    found = await here.found(here.serves(tip))
    assert (found.pulls, found.cut) == ((numbers[0], numbers[1], numbers[3]), True)


async def test_where_the_history_was_written_anew_only_its_own_commit_counts(here: Here) -> None:
    here.serves(here.repo.tip())
    number = here.change("one")
    tip = here.repo.squash(number)
    here.sandbox.faults.add(ServerError(404), path="*/compare/*", times=1)
    assert (await here.found(here.serves(tip))).pulls == (number,)


async def test_the_canary_of_an_open_pull_request_is_a_side_and_of_a_merged_one_it_is_not(here: Here) -> None:
    number, sha = change(here.repo)
    found = await here.found(here.serves(sha, "Canary"))
    assert (found.pulls, found.side) == ((number,), "canary")
    tip = here.repo.merge(number)
    assert "are not studied" in await here.refused(here.serves(tip, "canary"))
    assert "are not studied" in await here.refused(here.serves(tip, "staging"))


async def test_where_nobody_asks_for_it_nothing_is_studied(here: Here) -> None:
    here.repo.commit("main", {".github/maestro.yml": "version: 1\nimpact: {mode: 'off'}\n"})
    assert "no block `impact`" in await here.refused(here.serves(here.repo.tip()))


async def test_neighbours_are_those_that_served_in_the_window_and_are_asked_for_once(here: Here) -> None:
    before, own = here.serves(here.repo.tip()), here.serves(here.repo.commit("main", {"a.py": "x = 2\n"}))
    one = await here.found(own)
    here.sandbox.advance(60)
    failed = here.repo.deploy(here.repo.tip(), "production")
    here.repo.report_deployment(failed.id, "failure")
    here.serves(here.repo.tip(), "staging")
    after = here.serves(here.repo.commit("main", {"a.py": "x = 3\n"}))
    near = await here.interventions.neighbours(one, own.at - 100, after.at + 1)
    assert [(other.at, other.what) for other in near] == [
        (before.at, f"deployment {before.deployment} of {before.head_sha[:7]}"),
        (after.at, f"deployment {after.deployment} of {after.head_sha[:7]}"),
    ]
    asked = len(here.sandbox.requests)
    assert len(await here.interventions.neighbours(one, own.at - 1, after.at + 1)) == 1
    statuses = [call.path for call in here.sandbox.requests[asked:] if call.path.endswith("/statuses")]
    assert statuses == [f"/repos/octo/shop/deployments/{failed.id}/statuses"], "what served once is remembered"


async def test_a_github_that_hides_deployments_knows_no_neighbours(here: Here) -> None:
    one = await here.found(here.serves(here.repo.tip()))
    here.sandbox.faults.add(ServerError(404), path="*/deployments", times=1)
    assert await here.interventions.neighbours(one, 0, one.at) == ()
