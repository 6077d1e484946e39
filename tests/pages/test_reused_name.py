"""A repository that bears the name of another, which was deleted, renamed or given up, shows nothing of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.model import Cause
from tests.pages.asked import Asked, asked
from tests.pages.pulled import NEXT, PULL, PullTrial, case, pull_trial

FIRST, SECOND = 77, 78  # GitHub's ids of both
SECRET = replace(PULL, title="Acquire ACME", repository_id=FIRST)
OWN = replace(PULL, title="Something else", repository_id=SECOND, head_sha=NEXT)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[PullTrial]:
    async with pull_trial(tmp_path) as opened:
        yield opened


async def told(here: PullTrial, path: str) -> tuple[int, bool]:
    """What alice, who may read whatever bears the name, is answered, and whether the secret is in it."""
    answer = await here.get(path, Cookie="as=alice")
    return answer.status, "ACME" in await answer.text()


async def test_what_was_decided_is_shown_to_whoever_reads_that_repository_and_not_its_name_alone(
    here: PullTrial,
) -> None:
    decision = await here.decide(case(SECRET))
    every = [here.path, here.api, f"{here.path}/history", f"{here.path}/history/{decision}"]
    assert [await told(here, path) for path in every] == [(200, True)] * 4
    assert await told(here, "/") == (200, True)
    here.people.id = SECOND
    assert [await told(here, path) for path in [*every, f"{here.path}/stream"]] == [(404, False)] * 5
    assert await told(here, "/") == (200, False)


async def test_what_was_kept_before_ids_were_is_believed_by_its_name(here: PullTrial) -> None:
    await here.decide(case(replace(SECRET, repository_id=0)))
    here.people.id = SECOND
    assert [await told(here, path) for path in (here.path, here.api, "/")] == [(200, True)] * 3


async def test_what_the_second_one_brings_shows_nothing_of_the_first(here: PullTrial) -> None:
    first = await here.decide(case(SECRET))
    await here.answer(await here.ask("retry", arguments="ACME"), "ACME")
    here.clock.at = 4_000_000_000.0
    second = await here.decide(case(OWN))
    here.people.id = SECOND
    for path in (here.path, here.api, f"{here.path}/history", f"{here.path}/history/{second}", "/"):
        assert await told(here, path) == (200, False), path
    assert (await told(here, f"{here.path}/history/{first}"))[0] == 404
    model = await (await here.get(here.api, Cookie="as=alice")).json()
    assert (model["commands"], [one["what"] for one in model["log"]]) == ([], ["ship"])
    here.people.id = FIRST
    assert await told(here, here.path) == (404, False), "the name is another's now"


async def test_nobody_asks_or_follows_a_command_in_the_place_of_another_repository(tmp_path: Path) -> None:
    async with asked(tmp_path) as here:
        action = (await (await here.post(here.wanted())).json())["action"]
        await named(here, FIRST)
        here.clock.at = 4_000_000_000.0
        later = (await (await here.post(here.wanted("escalate", "tests"))).json())["action"]
        here.visitors.id = SECOND
        assert (await here.post(here.wanted())).status == 404
        assert (await here.get(f"/api/commands/{later}")).status == 404
        assert (await here.get(f"/api/commands/{action}")).status == 200, "nobody knows which that one was of"


async def named(here: Asked, repository: int) -> None:
    """A decision on the head of the pull request, which tells the id of its repository."""
    snapshot = {"pull": {"base_ref": "main", "repository_id": repository}}
    record = json.dumps({"case": {"snapshot": snapshot}}).encode()
    await here.stores.decisions.keep("octo/shop", here.number, here.head, "hold", record, Cause())
