"""An issue is assigned to an agent in the name of somebody who signed in: GitHub takes that from no App."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from app.github.auth import Identity
from app.github.client import GitHub
from app.github.errors import Denied
from app.github.repository import Repository
from app.github.sandbox.faults import AppliedThenCut
from app.model import AssignIssue, Cause, Outcome, Performed, Place, Stop, Stopped
from app.pages.behalf import InTheirName
from app.publish.publisher import Publisher
from tests.pages.signed import Guest, Site
from tests.pages.test_acquainted import process

AGENT = "copilot-swe-agent[bot]"


@pytest_asyncio.fixture
async def publisher(site: Site) -> AsyncIterator[Publisher]:
    """A worker's writer, over the database in which people are kept."""
    app = site.sandbox.app
    async with process(site) as known, aiohttp.ClientSession() as session:
        github = GitHub(Identity(app.app_id, app.private_key), session, api_url=site.sandbox.url)
        client = github.installation(site.sandbox.installation("octo").id)

        async def connect(place: Place) -> Repository:
            return Repository(client, place.repository)

        kept = site.stores
        yield Publisher(connect, kept.effects, app.app_id, kept.provenance, in_name_of=InTheirName(known))


def action(site: Site, behalf: str = "alice") -> AssignIssue:
    """On a pull request, which is opened once."""
    site.sandbox.world.account(AGENT, "Bot")
    if not site.shop.state.pulls:
        site.shop.begin({"a.py": "x = 1\n"})
        site.shop.commit("agent/x", {"a.py": "x = 2\n"})
        site.shop.open_pull("Pay", "agent/x")
    (pull,) = site.shop.state.pulls.values()
    return AssignIssue("try 1", "Mend pull request #1", "Please.", AGENT, behalf, pull.head_sha)


async def perform(publisher: Publisher, deed: AssignIssue) -> Outcome:
    (outcome,) = await publisher.perform(Place("octo/shop", number=1), (deed,), Cause("test"))
    return outcome


def issues(site: Site) -> list[Any]:
    return list((site.shop.state.issues or {}).values())


async def test_the_issue_is_theirs_and_the_agent_s_and_there_is_one(
    site: Site, alice: Guest, publisher: Publisher
) -> None:
    deed = action(site)
    for _ in range(2):
        assert await perform(publisher, deed) == Performed(deed, 2)
    (issue,) = issues(site)
    assert (issue.user.login, [one.login for one in issue.assignees]) == ("alice", [AGENT])
    assert issue.body.endswith("\nPlease.")


async def test_cut_off_before_the_answer_it_is_found_again(site: Site, alice: Guest, publisher: Publisher) -> None:
    deed = action(site)
    site.sandbox.faults.add(AppliedThenCut(), method="POST", path="*/issues")
    with pytest.raises(Exception, match="issues"):
        await perform(publisher, deed)
    assert await perform(publisher, deed) == Performed(deed, 2)
    assert len(issues(site)) == 1
    assert await site.stores.effects.in_doubt() == []


async def test_nobody_who_has_not_signed_in_is_asked_for(site: Site, publisher: Publisher) -> None:
    outcome = await perform(publisher, action(site, "bob"))
    assert isinstance(outcome, Stopped)
    assert (outcome.why, outcome.detail) == (Stop.REFUSED, "`bob` has not signed in on the Decision Center")
    assert (issues(site), await site.stores.effects.in_doubt()) == ([], [])


async def test_whose_token_github_took_back_is_asked_for_no_longer(
    site: Site, alice: Guest, publisher: Publisher
) -> None:
    site.sandbox.revoke("alice")
    outcome = await perform(publisher, action(site))
    assert isinstance(outcome, Stopped)
    assert "GitHub lets nobody ask in the name of `alice` any longer" in outcome.detail
    assert (issues(site), await site.stores.effects.in_doubt()) == ([], [])


async def test_a_login_that_somebody_gave_up_is_nobody_s(site: Site, alice: Guest, publisher: Publisher) -> None:
    deed = action(site)
    site.sandbox.call("alice", "alicia")
    outcome = await perform(publisher, deed)
    assert isinstance(outcome, Stopped)
    assert outcome.detail == "who signed in as `alice` has another login now"
    assert issues(site) == []


async def test_an_agent_that_github_does_not_know_is_not_assigned_and_that_is_said_each_time(
    site: Site, alice: Guest, publisher: Publisher
) -> None:
    deed = action(site)
    del site.sandbox.world.accounts[AGENT]
    why = f"issue #2 is open, yet GitHub did not assign `{AGENT}`: may that be assigned here?"
    for _ in range(2):
        assert await perform(publisher, deed) == Stopped(deed, Stop.REFUSED, why)
    assert len(issues(site)) == 1


async def test_github_takes_an_agent_s_issue_from_no_app(site: Site, publisher: Publisher) -> None:
    deed = action(site)
    with pytest.raises(Denied, match="not accessible by integration"):
        await (await publisher.connect(Place("octo/shop"))).issues.assign(deed.title, deed.body, AGENT)
    assert issues(site) == []
